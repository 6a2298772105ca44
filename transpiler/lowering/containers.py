"""The words of `docker run`, whether it starts the container of `run` or one of its services. No secret is ever in a
command's arguments."""

from __future__ import annotations

from typing import TypeAlias

from transpiler import ir, taken_images
from transpiler.expressions import Ref
from transpiler.lowering import lists, logins
from transpiler.lowering.body import Body
from transpiler.lowering.origins import Place
from transpiler.lowering.program_scope import Draft, Scope, guard
from transpiler.lowering.shell import Lines, indent
from transpiler.lowering.words import word
from transpiler.profile import Pull
from transpiler.program import CredentialUse

Container: TypeAlias = ir.Run | ir.Service

_IMAGES = frozenset({"imageID", "imageLocalName", "publishedImage", "imageFullName"})


def image_word(container: Container, scope: Scope) -> str:
    """The image as a shell word, with a `--` before it where it might begin with a `-`."""
    return " ".join(filter(None, (_guard(container, scope), scope.word(container.image))))


def credential_uses(container: Container) -> tuple[CredentialUse, ...]:
    """The credentials that the engine must bind for this container."""
    return tuple(CredentialUse(c.id, c.kind, c.variables) for c in container.credentials)


def run_limit(draft: Draft) -> str:
    """The command that limits what a container, or a pull, may take."""
    seconds = draft.site.profile.run_timeout
    return f"timeout -k 10 {f'{seconds // 60}m' if seconds % 60 == 0 else f'{seconds}s'}"


def never_pulled(draft: Draft) -> str:
    """The option of `docker run` for a site that pulls no images."""
    return "--pull never" if draft.site.profile.pull is Pull.NEVER else ""


def killed_at_once(draft: Draft) -> str:
    """The option of `podman run` without which `podman rm --force` gives a container ten seconds to end by itself;
    docker's never does."""
    return "--stop-timeout=0" if draft.site.engine == "podman" else ""


def pulled(container: Container, draft: Draft, body: Body, image: str) -> Lines:
    """Pulls an image that is not here from a registry that wants a login, or that another stage has published, maybe on
    another daemon; `docker run` itself, which gives containers what the node's configuration says of proxies, goes on
    with that. `image` is the shell word, with a `--` before it where it might begin with a `-`."""
    site = draft.site
    come_from = site.origins.of(container.image)
    wanted, published = logins.of_image(come_from, site.profile), come_from is Place.PUBLISHED
    if site.profile.pull is Pull.NEVER or not (wanted or published):
        return ()
    logins.note(wanted, draft, body)
    word = '"$1"' if published else image
    pull = (f"{run_limit(draft)} {site.engine} pull --quiet {word}",)
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
    return (f"{name} pull_missing {Scope(draft).word(container.image)}",)


def words_of(container: Container, scope: Scope, image: str) -> tuple[Lines, tuple[str, ...], tuple[str, ...]]:
    """Returns lines that collect words in `$@`, the options that set the environment, and the image with its
    arguments."""
    credentials = tuple(_credentials(container))
    loose_env, loose_arguments = lists.is_dynamic(container.env), lists.is_dynamic(container.arguments)
    env_words = () if loose_env else tuple(_env(item, scope) for item in lists.known(container.env))
    given = () if loose_arguments else tuple(scope.word(item) for item in lists.known(container.arguments))
    if not loose_env and not loose_arguments:
        return (), (*env_words, *credentials), (image, *given)
    lines: Lines = ("set --",)
    if loose_env:
        lines += lists.arguments(container.env, scope, _env)
        if not loose_arguments:
            return _merged(lines), ('"$@"', *credentials), (image, *given)
        lines += (f'set -- "$@" {" ".join((*credentials, image))}',)
    lines += lists.arguments(container.arguments, scope, lambda item, inner: inner.word(item))
    if loose_env:
        return _merged(lines), (), ('"$@"',)
    return _merged(lines), (*env_words, *credentials), (image, '"$@"')


def secret_words(container: Container, scope: Scope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the assignments before the command, and the options `--env NAME` that pass them on. `--env NAME=VALUE`
    would show the secret in the output of `ps`."""
    variables = lists.known(container.secret_env)
    prefix = tuple(f"{variable.name}={scope.word(variable.value)}" for variable in variables)
    return prefix, tuple(f"--env {variable.name}" for variable in variables)


def _merged(lines: Lines) -> Lines:
    """Merges `set --` and a `set -- "$@" x` that follows it to `set -- x`."""
    if len(lines) > 1 and lines[1].startswith('set -- "$@" '):
        return ("set -- " + lines[1].removeprefix('set -- "$@" '), *lines[2:])
    return lines


def _credentials(container: Container) -> list[str]:
    words: list[str] = []
    for credential in container.credentials:
        for name in credential.variables:
            if credential.kind.is_file:
                words.append(f'--volume "${name}:${name}:ro"')
            words.append(f"--env {name}")
    return words


def _env(item: ir.Variable, scope: Scope) -> str:
    name = scope.parts(item.name)
    return f"--env {word((*name, '=', *scope.parts(item.value)))}" if name else ""


def _guard(container: Container, scope: Scope) -> str:
    only = container.image.parts[0] if len(container.image.parts) == 1 else ""
    safe = isinstance(only, Ref) and scope.is_step_output(only) and only.key in _IMAGES and not only.default
    return guard(scope.parts(container.image), safe=safe)
