"""Shell code with which a program logs in to a registry: it writes a docker or podman configuration with one login.

`docker login` is not used: it prints a warning that the password is stored unencrypted, or stores it in the node's
credential helper, from which no teardown would remove it. The configuration is a separate file; the node's own is
neither changed nor used.
"""

from __future__ import annotations

_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_FUNCTION = "write_login"
CURRENT_CONTEXT = "$(docker context inspect --format '{''{.Name}}' || echo default)"
"""A shell word whose value is the docker context in use: `default`, or another one, such as Docker Desktop's. Clients
older than 23 have no `docker context show`. The quotes separate the braces, because ansible-lint would take `{{` for a
Jinja expression."""

# The password is passed only through builtins and pipes, because `ps` shows the arguments of processes.
_ENCODED = "login=$(printf %s \"$3:$4\" | base64 | tr -d '\\n')"
_DOCKER = (
    f"{_FUNCTION}() ( # DIRECTORY REGISTRY USER PASSWORD: a configuration with this login, for the daemon in use",
    "    umask 077",
    '    rm -rf "$1"',
    '    mkdir "$1"',
    "    contexts=${DOCKER_CONFIG:-${HOME-}/.docker}/contexts",
    '    [ ! -d "$contexts" ] || ln -s "$contexts" "$1/contexts"',
    f"    {_ENCODED}",
    f"    context={CURRENT_CONTEXT}",
    '    printf \'{"auths": {"%s": {"auth": "%s"}}, "currentContext": "%s"}\\n\' "$2" "$login" "$context" \\',
    '        > "$1/config.json"',
    ")",
)
_PODMAN = (
    f"{_FUNCTION}() ( # FILE REGISTRY USER PASSWORD: a configuration with this login",
    "    umask 077",
    '    rm -rf "$1"',
    f"    {_ENCODED}",
    '    printf \'{"auths": {"%s": {"auth": "%s"}}}\\n\' "$2" "$login" > "$1"',
    ")",
)


def function(engine: str) -> tuple[str, tuple[str, ...]]:
    """The name and the lines of the shell function that writes a login. Its arguments are the place, the registry as
    `key` returns it, the user and the password."""
    return _FUNCTION, _PODMAN if engine == "podman" else _DOCKER


def using(engine: str, where: str) -> str:
    """The assignment to write before a command so that it uses the login in `where`, a shell word."""
    return f"{'REGISTRY_AUTH_FILE' if engine == 'podman' else 'DOCKER_CONFIG'}={where}"


def key(host: str) -> str:
    """The name of a registry in a configuration: its host, except Docker Hub, which has an old name there."""
    return "https://index.docker.io/v1/" if host in _HUB else host
