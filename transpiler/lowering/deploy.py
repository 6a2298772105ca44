"""`deploy` → `helm install` and `helm test`, and `helm uninstall` in the teardown."""

from __future__ import annotations

from transpiler import ir
from transpiler.expressions import Map, Ref, Source, Text, Value, literal
from transpiler.lowering import json_text, words
from transpiler.lowering.body import Body
from transpiler.lowering.program_scope import Draft, Scope, guard, inside
from transpiler.lowering.shell import Lines, call, command, indent, join_commands
from transpiler.lowering.words import Part, Variable
from transpiler.quoting import sh


def lower(step: ir.Deploy, draft: Draft, body: Body) -> None:
    """Adds the lines that install and test a release, and binds its name."""
    body.add("deploy", _lines(step, draft))
    body.programs.append(draft.site.profile.kubernetes.helm[0])
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
    lines += indent((*command(f'{helm} uninstall "$releaseName"', namespace, "|| true"), "exit 1"))
    lines.append("}")
    if step.test:
        lines += command(f'{helm} test "$releaseName"', namespace)
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
    if any(isinstance(part, str) and "://" in part for part in found):
        return (), chart, ()
    if words.known(found) is not None:
        return (), chart, source
    return _known_later(words.word(found), source, scope.draft), '-- "$chart"', ('"$@"',)


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


def _known_later(word: str, source: tuple[str, ...], draft: Draft) -> Lines:
    """The lines for a chart that only the run knows: they leave it in `chart`, and its options in `$@`."""
    at_root = ("chart=$root/${chart#./}",) if draft.stage.directory != "." else ()
    draft.root = draft.root or bool(at_root)
    return (
        f"chart={word}",
        "case $chart in",
        *indent(
            (
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
        scope = scope.inside((("host", "host"), ("repository", "repository")), splitting=False)
    lines = json_text.writer(_merged(_defaults(step, scope), step.overrides), scope)
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


def _merged(base: Value, over: Value) -> Value:
    """Merges two mappings at every depth; `over` wins."""
    if not (isinstance(base, Map) and isinstance(over, Map)):
        return over
    changed = {key.parts: value for key, value in over.entries}
    kept = tuple(
        (key, _merged(value, changed.pop(key.parts)) if key.parts in changed else value) for key, value in base.entries
    )
    return Map((*kept, *((key, value) for key, value in over.entries if key.parts in changed)))
