"""`build` → `docker build`.

If the file to build, or its ignore file, must differ from what is in the checkout, `docker build` gets a copy in
`$values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from transpiler import ir, registry_login
from transpiler.expressions import texts
from transpiler.lowering import json_text, layers, lists, logins
from transpiler.lowering.body import Body
from transpiler.lowering.origins import Origin, Place
from transpiler.lowering.program_scope import Draft, Scope, inside, path_word
from transpiler.lowering.shell import Lines, command, indent, join_commands
from transpiler.lowering.words import Variable, word
from transpiler.profile import Builder, Pull
from transpiler.program import CredentialUse
from transpiler.quoting import sh

_URL = re.compile(r"[a-z][a-z+.-]*://|git@|github\.com/")


def lower(step: ir.Build, draft: Draft, body: Body) -> None:
    """Adds the lines that build the image, and binds the values that something reads."""
    scope = Scope(draft)
    prepare, file, private = _file(step, scope)
    ignored, file, ignore_option = _excludes(step, scope, file, private=private)
    local = draft.is_read("imageLocalName")
    target = scope.parts(step.variant)
    context, known = _context(step, scope), scope.known(step.context)
    kept = layers.of_build(draft)
    wanted = logins.of_build(_sources(step, draft) | ({Place.PUBLISHED} if kept else set()), draft.site.profile)
    logins.note(wanted, draft, body)

    def building(*own: str) -> Lines:
        return command(
            f"{draft.site.engine} build",
            f"--file {file}",
            ignore_option,
            f"--target {scope.word(step.variant)}" if target else "",
            *(f"--build-arg {word((*scope.parts(a.name), '=', *scope.parts(a.value)))}" for a in step.args),
            *_secrets(step),
            *own,
            f'--label {_label(draft)} --label {sh("ci.pipeline=" + draft.site.pipeline)} --label "ci.run=$run"',
            context,
        )

    found = (
        f'--iidfile "{draft.file("iid")}"',
        f'--tag "localhost/$run:{draft.slug}"' if local else "",
        _pull(step, draft),
    )
    lines = [
        *_buildkit(step, draft),
        *prepare,
        *ignored,
        *_guarded(context, known, draft),
        *(
            layers.around(kept, wanted, building, found, draft)
            if kept
            else logins.around(wanted, building(*found), draft)
        ),
    ]
    if draft.is_read("imageID"):
        lines.append(f'imageID=$(cut -d : -f 2 "{draft.file("iid")}")')
        lines += draft.bind("imageID", Variable("imageID"))
    if local:
        lines += draft.bind("imageLocalName", "localhost/", Variable("run"), f":{draft.slug}")
    body.add("build", tuple(lines))
    body.credentials += layers.credentials(kept, draft)
    body.credentials += (CredentialUse(c.id, c.kind, c.variables) for c in step.secrets)


def _secrets(step: ir.Build) -> Iterator[str]:
    """The options that pass on secrets by the name of their variable. The type is written for a file because podman
    would else take the content of the variable, which is the path, for the secret."""
    for credential in step.secrets:
        for name in credential.variables:
            yield (
                f'--secret "id={name},type=file,src=${name}"'
                if credential.kind.is_file
                else f"--secret id={name},env={name}"
            )


def _sources(step: ir.Build, draft: Draft) -> frozenset[Origin]:
    """Where the images come from that the strings of a build file in the config may name."""
    return frozenset(map(draft.site.origins.of, texts(step.file.inline)))


def _pull(step: ir.Build, draft: Draft) -> str:
    match draft.site.profile.pull:
        case Pull.ALWAYS:
            return "--pull" if step.pull else ""
        case Pull.NEVER if draft.site.engine == "podman":
            return "--pull=never"
    return ""  # no option keeps `docker build` from pulling a missing image


def _label(draft: Draft) -> str:
    project = draft.site.project
    if project is not None:
        return sh(f"ci.project={project}")
    draft.setup["project"] = None
    return '"ci.project=$setup_project"'


def _context(step: ir.Build, scope: Scope) -> str:
    text = scope.known(step.context)
    if text is None:
        return f"-- {scope.word(step.context)}"
    return path_word(scope, step.context)


def _guarded(context: str, known: str | None, draft: Draft) -> Lines:
    """Lines that end the program if the context turns out to lead out of the checkout: docker follows a link and sends
    everything behind it."""
    if known is not None and (known in ("", ".") or _URL.match(known)):
        return ()
    return (inside(draft, context.removeprefix("-- ")),)


def _with_frontend(step: ir.Build, draft: Draft) -> bool:
    return step.file.blubber and draft.site.profile.builder.kind == "buildkit"


def _buildkit(step: ir.Build, draft: Draft) -> Lines:
    """Selects the docker daemon's own builder. A node may use a builder that is a container (by `docker buildx install`
    or `$BUILDX_BUILDER`), which would not load the image into the daemon. Clients without buildx ignore the
    variable."""
    if draft.site.engine != "docker":
        return ()
    needed = _with_frontend(step, draft) or step.excludes.items or step.secrets or draft.layers
    return (
        *(("export DOCKER_BUILDKIT=1",) if needed else ()),
        "BUILDX_BUILDER=default",
        f'[ ! -d "{registry_login.CONTEXTS}" ] || BUILDX_BUILDER={registry_login.CURRENT_CONTEXT}',
        "export BUILDX_BUILDER # the daemon's own, called like the context",
    )


def _file(step: ir.Build, scope: Scope) -> tuple[Lines, str, bool]:
    """Returns the lines that prepare the file, the file as a shell word, and whether it is a copy in `$values`."""
    if step.file.inline is not None:
        return _inline(step, scope)
    assert step.file.path is not None
    path = path_word(scope, step.file.path, at_root=True)
    if not _with_frontend(step, scope.draft):
        return (), path, False
    copy = f'"{scope.draft.file("blubber.yaml")}"'
    return _private_copy(path, copy, scope.draft.site.profile.builder), copy, True


def _private_copy(path: str, copy: str, builder: Builder) -> Lines:
    """Copies a Blubber file; one line that names a frontend which the site allows replaces its leading comments."""
    find = f"""awk -F '[# =\\t\\r]+' '!/^#/ {{ exit }} $2 == "syntax" {{ image = $3 }} END {{ print image }}' {path}"""
    return (
        f"frontend=$({find})",
        "case $frontend: in # the site's, unless the file names one that is allowed here",
        *indent((*(f"{sh(image)}[:@]*) ;;" for image in builder.allowed), f"*) frontend={sh(builder.frontend)} ;;")),
        "esac",
        f"{{ echo \"# syntax=$frontend\"; awk '!/^#/ {{ body = 1 }} body' {path}; }} > {copy}",
    )


def _inline(step: ir.Build, scope: Scope) -> tuple[Lines, str, bool]:
    assert step.file.inline is not None
    copy = f'"{scope.draft.file("blubber.yaml")}"'
    lines = json_text.writer(step.file.inline, scope, f"# syntax={scope.draft.site.profile.builder.frontend}")
    return json_text.into(lines, copy), copy, True


def _excludes(step: ir.Build, scope: Scope, file: str, *, private: bool) -> tuple[Lines, str, str]:
    """Returns the lines that write an ignore file for this build only, the file to build, and podman's option.

    BuildKit looks for `<file>.dockerignore` beside the file. To leave the user's directory alone, docker then
    builds a copy of the file in `$values`; podman has an option for the ignore file.
    """
    if not step.excludes.items:
        return (), file, ""
    draft = scope.draft
    podman = draft.site.engine == "podman"
    before: Lines = ()
    if not podman and not private:
        copy = f'"{draft.file("Dockerfile")}"'
        before, file = (f"cp {file} {copy}",), copy
    target = f'"{draft.file("dockerignore")}"' if podman else f'{file[:-1]}.dockerignore"'
    if lists.is_dynamic(step.excludes):
        lines: Lines = ("set --", *lists.arguments(step.excludes, scope, lambda item, inner: inner.word(item)))
        # if the list turns out to be empty, the context's own ignore file applies
        lines += (f"{'' if podman else '[ $# -eq 0 ] || '}printf '%s\\n' \"$@\" > {target}",)
    else:
        given = (scope.word(item) for item in lists.known(step.excludes))
        lines = join_commands(command("printf '%s\\n'", *given), f" > {target}")
    return (*before, *lines), file, f"--ignorefile {target}" if podman else ""
