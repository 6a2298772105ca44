"""`run` → `docker run`. Arguments reach the entry point byte for byte; no secret is ever in a command's arguments."""

from __future__ import annotations

from transpiler import ir, taken_images
from transpiler.expressions import Ref
from transpiler.lowering import lists, logins
from transpiler.lowering.body import Body
from transpiler.lowering.origins import Place
from transpiler.lowering.program_scope import Draft, Scope, guard, read_file
from transpiler.lowering.shell import Lines, command, indent, join_commands
from transpiler.lowering.words import Variable, word
from transpiler.profile import Pull
from transpiler.program import CredentialUse

_IMAGES = frozenset({"imageID", "imageLocalName", "publishedImage", "imageFullName"})


def lower(step: ir.Run, draft: Draft, body: Body) -> None:
    """Adds the lines that run a container, and binds the values that something reads."""
    scope = Scope(draft)
    container = f"$run-{draft.slug}"
    lines = [f"container={container}"]
    lines += draft.bind("container", Variable("container"))
    image = " ".join(filter(None, (_guard(step, scope), scope.word(step.image))))
    lines += _pulled(step, draft, body, image)
    before, environment, rest = _words(step, scope, image)
    lines += before
    prefix, taken = _secret_words(step, scope)
    running = command(
        "until" if draft.stage.attempts else "",
        *prefix,
        f"timeout -k 10 {_duration(draft.site.profile.run_timeout)} {draft.site.engine} run",
        '--name "$container"',
        '--label "ci.run=$run"',
        "--pull never" if draft.site.profile.pull is Pull.NEVER else "",
        *environment,
        *taken,
        *rest,
    )
    lines += _tried(running, draft.stage.attempts, draft) if draft.stage.attempts else running
    lines += _output(step, draft)
    body.add("run", tuple(lines))
    body.credentials += (CredentialUse(c.id, c.kind, c.variables) for c in step.credentials)


def _tried(running: Lines, attempts: int, draft: Draft) -> Lines:
    """Lines that try a run (`until` and the command) several times. The container of a failed attempt is removed, so
    that the next one has its name, and what follows finds only the last one."""
    number = draft.variables.take("attempt")
    return (
        f"{number}=1",
        f"echo 'attempt 1 of {attempts}' >&2",
        *join_commands(running, "; do"),
        *indent(
            (
                "rc=$?",
                f'[ "${number}" -lt {attempts} ] || exit "$rc"',
                f'{draft.site.engine} rm --force --volumes "$container" > /dev/null 2>&1 || :',
                f"{number}=$((1 + {number}))",
                f'echo "attempt ${number} of {attempts}, after exit status $rc" >&2',
            )
        ),
        "done",
    )


def _pulled(step: ir.Run, draft: Draft, body: Body, image: str) -> Lines:
    """Pulls an image that is not here from a registry that wants a login, or that another stage has published, maybe on
    another daemon; `docker run` itself, which gives containers what the node's configuration says of proxies, goes on
    with that. `image` is the shell word, with a `--` before it where it might begin with a `-`."""
    site = draft.site
    come_from = site.origins.of(step.image)
    wanted, published = logins.of_image(come_from, site.profile), come_from is Place.PUBLISHED
    if site.profile.pull is Pull.NEVER or not (wanted or published):
        return ()
    logins.note(wanted, draft, body)
    word = '"$1"' if published else image
    pull = (f"timeout -k 10 {_duration(site.profile.run_timeout)} {site.engine} pull --quiet {word}",)
    lines = (
        f"if ! {site.engine} image inspect {word} > /dev/null 2>&1; then",
        *indent(logins.around(wanted, pull, draft)),
        "fi",
    )
    if not published:
        return lines
    body.takes = True
    name, take = taken_images.function(site.engine)
    draft.functions["pull_missing"] = ("pull_missing() { # IMAGE", *indent(lines), "}")
    draft.functions[name] = take
    return (f"{name} pull_missing {Scope(draft).word(step.image)}",)


def _words(step: ir.Run, scope: Scope, image: str) -> tuple[Lines, tuple[str, ...], tuple[str, ...]]:
    """Returns lines that collect words in `$@`, the options that set the environment, and the image with its
    arguments."""
    credentials = tuple(_credentials(step))
    loose_env, loose_arguments = lists.is_dynamic(step.env), lists.is_dynamic(step.arguments)
    env_words = () if loose_env else tuple(_env(item, scope) for item in lists.known(step.env))
    given = () if loose_arguments else tuple(scope.word(item) for item in lists.known(step.arguments))
    if not loose_env and not loose_arguments:
        return (), (*env_words, *credentials), (image, *given)
    lines: Lines = ("set --",)
    if loose_env:
        lines += lists.arguments(step.env, scope, _env)
        if not loose_arguments:
            return _merged(lines), ('"$@"', *credentials), (image, *given)
        lines += (f'set -- "$@" {" ".join((*credentials, image))}',)
    lines += lists.arguments(step.arguments, scope, lambda item, inner: inner.word(item))
    if loose_env:
        return _merged(lines), (), ('"$@"',)
    return _merged(lines), (*env_words, *credentials), (image, '"$@"')


def _merged(lines: Lines) -> Lines:
    """Merges `set --` and a `set -- "$@" x` that follows it to `set -- x`."""
    if len(lines) > 1 and lines[1].startswith('set -- "$@" '):
        return ("set -- " + lines[1].removeprefix('set -- "$@" '), *lines[2:])
    return lines


def _credentials(step: ir.Run) -> list[str]:
    words: list[str] = []
    for credential in step.credentials:
        for name in credential.variables:
            if credential.kind.is_file:
                words.append(f'--volume "${name}:${name}:ro"')
            words.append(f"--env {name}")
    return words


def _env(item: ir.Variable, scope: Scope) -> str:
    name = scope.parts(item.name)
    return f"--env {word((*name, '=', *scope.parts(item.value)))}" if name else ""


def _secret_words(step: ir.Run, scope: Scope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the assignments before the command, and the options `--env NAME` that pass them on. `--env NAME=VALUE`
    would show the secret in the output of `ps`."""
    variables = lists.known(step.secret_env)
    prefix = tuple(f"{variable.name}={scope.word(variable.value)}" for variable in variables)
    return prefix, tuple(f"--env {variable.name}" for variable in variables)


def _guard(step: ir.Run, scope: Scope) -> str:
    only = step.image.parts[0] if len(step.image.parts) == 1 else ""
    safe = isinstance(only, Ref) and scope.is_step_output(only) and only.key in _IMAGES and not only.default
    return guard(scope.parts(step.image), safe=safe)


def _duration(seconds: int) -> str:
    return f"{seconds // 60}m" if seconds % 60 == 0 else f"{seconds}s"


def _output(step: ir.Run, draft: Draft) -> Lines:
    """Lines that write the last lines of standard output to the file of `output`. `docker logs --tail` cannot do that,
    because it also counts the lines of standard error."""
    if not step.tail:
        return ()
    file = draft.value_file("output")
    select = f" | tail -n {step.tail} | awk 1" if step.tail > 0 else ""
    lines: tuple[str, ...] = (f'{draft.site.engine} logs "$container" 2>/dev/null{select} > "{file}"',)
    draft.own["output"] = (Variable("output"),)
    if "output" in draft.site.flow.own[draft.stage.name]:
        lines += (read_file("output", f'"{file}"', exact=True),)
    return lines
