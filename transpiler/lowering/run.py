"""`run` → `docker run` (LANGUAGE 1.4). Arguments reach the entry point byte for byte; a secret is never in argv."""

from __future__ import annotations

import re

from transpiler import ir
from transpiler.expressions import List, Loop, Map, Ref, Source, Text, Value
from transpiler.expressions import refs as references
from transpiler.lowering import lists
from transpiler.lowering.program_scope import Draft, Scope, guard, read_file
from transpiler.lowering.shell import Lines, command
from transpiler.lowering.words import Variable, word

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IMAGES = frozenset({"imageID", "imageLocalName", "publishedImage", "imageFullName"})


def run(step: ir.Run, draft: Draft) -> Lines:
    """The lines that run a container, and bind what is read."""
    scope = Scope(draft)
    container = f"$run-{draft.slug}"
    lines = [f"container={container}"]
    lines += draft.bind("container", Variable("container"))
    entries = _without_credentials(step)
    secret = _secret_entries(entries, step)
    env = List(tuple(item for item in entries if item not in secret))
    image = " ".join(filter(None, (_guard(step, scope), scope.word(step.image))))
    before, environment, rest = _words(step, scope, env, image)
    lines += before
    prefix, taken = _secret_words(secret, scope)
    lines += command(
        *prefix,
        f"timeout -k 10 {_duration(draft.site.profile.run_timeout)} {draft.site.engine} run",
        '--name "$container"',
        '--label "ci.run=$run"',
        *environment,
        *taken,
        *rest,
    )
    lines += _output(step, draft)
    return tuple(lines)


def _words(step: ir.Run, scope: Scope, env: List, image: str) -> tuple[Lines, tuple[str, ...], tuple[str, ...]]:
    """The lines that collect words in `$@`, the words of the environment and those after."""
    credentials = tuple(_credentials(step))
    loose_env, loose_arguments = lists.is_dynamic(env), lists.is_dynamic(step.arguments)
    env_words = () if loose_env else tuple(_env(item, scope) for item in env.items)
    given = () if loose_arguments else tuple(scope.word(_text(item)) for item in step.arguments.items)
    if not loose_env and not loose_arguments:
        return (), (*env_words, *credentials), (image, *given)
    lines: Lines = ("set --",)
    if loose_env:
        lines += lists.arguments(env, scope, _env)
        if not loose_arguments:
            return _merged(lines), ('"$@"', *credentials), (image, *given)
        lines += (f'set -- "$@" {" ".join((*credentials, image))}',)
    lines += lists.arguments(step.arguments, scope, lambda item, inner: inner.word(_text(item)))
    if loose_env:
        return _merged(lines), (), ('"$@"',)
    return _merged(lines), (*env_words, *credentials), (image, '"$@"')


def _merged(lines: Lines) -> Lines:
    """`set --` and `set -- "$@" x` after it are `set -- x`."""
    if len(lines) > 1 and lines[1].startswith('set -- "$@" '):
        return ("set -- " + lines[1].removeprefix('set -- "$@" '), *lines[2:])
    return lines


def _credentials(step: ir.Run) -> list[str]:
    words: list[str] = []
    for credential in step.credentials:
        for name in credential.variables:
            if credential.kind in (ir.CredentialKind.FILE, ir.CredentialKind.SSH_KEY):
                words.append(f'--volume "${name}:${name}:ro"')
            words.append(f"--env {name}")
    return words


def _env(item: Value | Loop, scope: Scope) -> str:
    key, value = _entry(item)
    return f"--env {word((*scope.parts(key), '=', *scope.parts(value)))}" if scope.parts(key) else ""


def _entry(item: Value | Loop) -> tuple[Text, Text]:
    match item:
        case Map(entries=((key, Text() as value),)):
            return key, value
    raise TypeError("an item of `env` is a mapping of one entry; the front end refuses others")


def _text(item: object) -> Text:
    if not isinstance(item, Text):
        raise TypeError("an argument is a text; the front end refuses others")
    return item


def _without_credentials(step: ir.Run) -> tuple[Value | Loop, ...]:
    """The environment without the entries that a credential replaces."""
    replaced = {name for credential in step.credentials for name in credential.variables}
    return tuple(
        item for item in step.env.items if not (isinstance(item, Map) and _entry(item)[0].literal in replaced)
    )


def _secret_entries(entries: tuple[Value | Loop, ...], step: ir.Run) -> tuple[Value | Loop, ...]:
    """The entries that hold a credential's variable: `ps` would show them as `--env K=V`."""
    names = {name for credential in step.credentials for name in credential.variables}

    def is_secret(ref: Ref) -> bool:
        return ref.source is Source.ENVIRONMENT and ref.key in names

    return tuple(item for item in entries if isinstance(item, Map) and any(map(is_secret, references(item))))


def _secret_words(secret: tuple[Value | Loop, ...], scope: Scope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Assignments before the command, and the `--env` that pass them on by name."""
    prefix, taken = [], []
    for item in secret:
        key, value = _entry(item)
        name = scope.known(key)
        if name is None or not _IDENTIFIER.fullmatch(name):
            raise ValueError("a variable made of a credential has a name that the shell knows too")
        prefix.append(f"{name}={scope.word(value)}")
        taken.append(f"--env {name}")
    return tuple(prefix), tuple(taken)


def _guard(step: ir.Run, scope: Scope) -> str:
    only = step.image.parts[0] if len(step.image.parts) == 1 else ""
    safe = isinstance(only, Ref) and only.key in _IMAGES and not only.default
    return guard(scope.parts(step.image), safe=safe)


def _duration(seconds: int) -> str:
    return f"{seconds // 60}m" if seconds % 60 == 0 else f"{seconds}s"


def _output(step: ir.Run, draft: Draft) -> Lines:
    """Writes `output`; `docker logs --tail` would count the lines of stderr too."""
    if not step.tail:
        return ()
    file = draft.value_file("output")
    select = f" | tail -n {step.tail} | awk 1" if step.tail > 0 else ""
    lines: tuple[str, ...] = (f'{draft.site.engine} logs "$container" 2>/dev/null{select} > "{file}"',)
    draft.own["output"] = (Variable("output"),)
    if "output" in draft.site.flow.own[draft.stage.name]:
        lines += (read_file("output", f'"{file}"', exact=True),)
    return lines
