"""`deploy` → `helm install` and `helm test`, and `helm uninstall` in the teardown."""

from __future__ import annotations

import re
from collections.abc import Mapping

from transpiler import ir
from transpiler.expressions import Map, Ref, Source, Text, Value, literal
from transpiler.lowering import cluster_state, json_text, release, words
from transpiler.lowering.body import Body
from transpiler.lowering.program_scope import Draft, Scope, guard, inside
from transpiler.lowering.shell import Lines, call, command, indent, join_commands
from transpiler.lowering.words import Part, Variable
from transpiler.program import Deployment
from transpiler.quoting import sh

_PIECES = re.compile(r"(\$\{(?:imageFullName|imageTag|registry)\})")
"""The words in a text of `kubernetes.image-values` that stand for a part of the image's name."""


def lower(step: ir.Deploy, draft: Draft, body: Body) -> None:
    """Adds the lines that install and test a release, and binds its name."""
    body.programs.append(draft.site.profile.kubernetes.helm[0])
    if step.release:
        body.add("deploy", _released(step, step.release, draft))
        body.credentials += release.credential(step.release, draft)
        place = "/".join(filter(None, (step.cluster, step.release.namespace, step.release.name)))
        body.deployment = Deployment(place, step.release.environment, step.release.url)
        return
    body.add("deploy", _lines(step, draft))
    body.releases = draft.site.flow.files[draft.stage.name, "releaseName"].file
    body.uninstall = _uninstall(step, draft)


def _lines(step: ir.Deploy, draft: Draft) -> Lines:
    scope = Scope(draft)
    site = draft.site.profile.kubernetes
    cluster = site.clusters[step.cluster]
    helm = call(site.helm)
    namespace = f"--namespace {sh(cluster.namespace)}" if cluster.namespace else ""
    lines: list[str] = []
    if cluster.config:
        lines.append(f"export KUBECONFIG={sh(cluster.config)}")
    lines.append("releaseName=ci-$(od -An -N 5 -t x1 /dev/urandom | tr -d ' \\n')")
    draft.own["releaseName"] = (Variable("releaseName"),)
    lines.append(draft.write("releaseName"))
    lines += _values(step, scope)
    prepare, chart, source = _chart(step, scope)
    lines += prepare
    guarded = chart.startswith("-- ")  # after `--` helm takes no option
    install = command(
        f'{helm} install "$releaseName"' + ("" if guarded else f" {chart}"),
        namespace,
        f'--values "{draft.file("helm.json")}"',
        f"--wait --timeout {step.timeout or site.timeout}s",
        *source,
        chart if guarded else "",
    )
    lines += join_commands(install, " || {")
    removing = command(f'{helm} uninstall "$releaseName"', namespace, "|| true")
    lines += indent((cluster_state.shown(helm, namespace, draft), *removing, "exit 1"))
    lines.append("}")
    if step.test:
        lines += command(f'{helm} test "$releaseName"', namespace, "--logs")
    return tuple(lines)


def _released(step: ir.Deploy, to: ir.Release, draft: Draft) -> Lines:
    """The lines for a deployment that stays."""
    scope = Scope(draft)
    cluster = draft.site.profile.kubernetes.clusters.get(step.cluster)
    lines: list[str] = []
    if release.credential(to, draft):
        lines.append(f'export KUBECONFIG="${release.KUBECONFIG}"')
    elif cluster and cluster.config:
        lines.append(f"export KUBECONFIG={sh(cluster.config)}")
    lines.append(release.named(to))
    lines += draft.bind("releaseName", Variable("releaseName"))
    lines += release.url(to, draft)
    before, files = release.files(to, scope)
    lines += (*before, *_values(step, scope))
    prepare, chart, source = _chart(step, scope)
    lines += prepare
    guarded = chart.startswith("-- ")  # after `--` helm takes no option
    ordered = (*source, chart) if guarded else (chart, *source, "")
    lines += release.lines(step, to, draft, ordered, (*files, f'--values "{draft.file("helm.json")}"'))
    return tuple(lines)


def _uninstall(step: ir.Deploy, draft: Draft) -> Lines:
    """The teardown of the release. It may run before the release was installed, or after it was removed."""
    site = draft.site.profile.kubernetes
    cluster = site.clusters[step.cluster]
    helm = call(site.helm)
    file = draft.value_file("releaseName")
    return command(
        f'[ ! -s "{file}" ] ||',
        *((f"KUBECONFIG={sh(cluster.config)}",) if cluster.config else ()),
        f'{helm} uninstall "$(cat "{file}")"',
        f"--namespace {sh(cluster.namespace)}" if cluster.namespace else "",
    )


def _chart(step: ir.Deploy, scope: Scope) -> tuple[Lines, str, tuple[str, ...]]:
    """Returns lines that must come first, the chart as shell words, and the options that name its repository and
    version (none if the chart is a URL or a path in the checkout)."""
    found, repository = scope.parts(step.chart), scope.draft.site.profile.kubernetes.repository
    if ir.is_in_checkout(step.chart):
        path = _path(found, scope.draft)
        return _built(path, scope.draft), path, ()
    version = (f"--version {scope.word(step.version)}",) if step.version else ()
    source = (f"--repo {sh(repository)}", *version)
    chart = " ".join(filter(None, (guard(found, safe=False), words.word(found))))
    if found and isinstance(found[0], str) and found[0].startswith("oci://"):
        return (), chart, version
    if any(isinstance(part, str) and "://" in part for part in found):
        return (), chart, ()
    if words.known(found) is not None:
        return (), chart, source
    return _known_later(words.word(found), source, version, scope.draft), '-- "$chart"', ('"$@"',)


def _path(found: tuple[Part, ...], draft: Draft) -> str:
    """The path of a chart in the checkout as a shell word, whatever the stage's directory is."""
    first = found[0]
    if draft.stage.directory == "." or not isinstance(first, str):
        return words.word(found)
    draft.root = True
    return words.word((Variable("root"), first.removeprefix("."), *found[1:]))


def _built(path: str, draft: Draft) -> Lines:
    """The lines that make a chart in the checkout ready."""
    return (inside(draft, path), f"{call(draft.site.profile.kubernetes.helm)} dependency build {path}")


def _known_later(word: str, source: tuple[str, ...], version: tuple[str, ...], draft: Draft) -> Lines:
    """The lines for a chart that only the run knows: they leave it in `chart`, and its options in `$@`."""
    at_root = ("chart=$root/${chart#./}",) if draft.stage.directory != "." else ()
    draft.root = draft.root or bool(at_root)
    return (
        f"chart={word}",
        "case $chart in",
        *indent(
            (
                *((f"oci://*) set -- {version[0]} ;;",) if version else ()),
                "*://*) set -- ;;",
                "./*)",
                *indent((*at_root, *_built('"$chart"', draft), "set --", ";;")),
                f"*) set -- {' '.join(source)} ;;",
            )
        ),
        "esac",
    )


def _values(step: ir.Deploy, scope: Scope) -> Lines:
    file = f'"{scope.draft.file("helm.json")}"'
    before: Lines = ()
    if not scope.draft.site.profile.registry.public:
        before = ("host=${registry%%/*} repository=${registry#*/}",)
        names = ("host", "repository", "registry")
        scope = scope.inside(((name, name) for name in names), splitting=False)
    image_values = scope.draft.site.profile.kubernetes.image_values
    known = _image(step, image_values, scope) if image_values else _defaults(step, scope)
    lines = json_text.writer(_merged(known, step.overrides), scope)
    return (*before, *json_text.into(lines, file))


def _defaults(step: ir.Deploy, scope: Scope) -> Map:
    profile = scope.draft.site.profile
    registry = literal(profile.registry.public)
    image = Text(((f"{profile.registry.repository}/" if profile.registry.repository else ""), *step.image.parts))
    image = Text(tuple(part for part in image.parts if part != ""))
    if not profile.registry.public:  # the registry that comes with the engine: its host, then the project's path
        scope.draft.registry = True
        registry = Text((Ref(Source.LOOP, "host"),))
        image = Text((Ref(Source.LOOP, "repository"), "/", *step.image.parts))
    pairs: dict[str, dict[str, Text]] = {
        "docker": {"registry": registry, "pull_policy": literal(profile.kubernetes.pull_policy)},
        "main_app": {"image": image, "version": step.tag},
    }
    return Map(
        tuple((literal(key), Map(tuple((literal(k), v) for k, v in inner.items()))) for key, inner in pairs.items())
    )


def _image(step: ir.Deploy, values: Mapping[str, str], scope: Scope) -> Map:
    """The values by which a chart knows its image, as the profile says."""
    profile = scope.draft.site.profile
    host, whole = literal(profile.registry.public), literal(profile.registry.name)
    if not profile.registry.public:  # the registry that comes with the engine: its host, then the project's path
        scope.draft.registry = True
        host, whole = Text((Ref(Source.LOOP, "host"),)), Text((Ref(Source.LOOP, "registry"),))
    parts = {
        "imageFullName": (*whole.parts, "/", *step.image.parts),
        "imageTag": step.tag.parts,
        "registry": host.parts,
    }
    found = Map(())
    for path, text in values.items():
        value: Value = Text(tuple(part for piece in _PIECES.split(text) for part in parts.get(piece[2:-1], (piece,))))
        for key in reversed(path.split(".")):
            value = Map(((literal(key), value),))
        merged = _merged(found, value)
        assert isinstance(merged, Map)
        found = merged
    return found


def _merged(base: Value, over: Value) -> Value:
    """Merges two mappings at every depth; `over` wins."""
    if not (isinstance(base, Map) and isinstance(over, Map)):
        return over
    changed = {key.parts: value for key, value in over.entries}
    kept = tuple(
        (key, _merged(value, changed.pop(key.parts)) if key.parts in changed else value) for key, value in base.entries
    )
    return Map((*kept, *((key, value) for key, value in over.entries if key.parts in changed)))
