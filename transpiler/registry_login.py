"""Shell code with which a program logs in to a registry: it writes a docker or podman configuration with one login.

`docker login` is not used: it prints a warning that the password is stored unencrypted, or stores it in the node's
credential helper, from which no teardown would remove it. The configuration is a separate file; the node's own is
neither changed nor used.
"""

from __future__ import annotations

_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})
_FUNCTION = "write_login"
_ADDING = "add_login"
CONTEXTS = "${DOCKER_CONFIG:-${HOME-}/.docker}/contexts"
"""Where docker has its contexts, unquoted. Without the directory there is `default` alone, and nobody need ask docker,
which takes longer than many a stage's other calls."""
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
    f"    contexts={CONTEXTS} context=default",
    '    if [ -d "$contexts" ]; then',
    '        ln -s "$contexts" "$1/contexts"',
    f"        context={CURRENT_CONTEXT}",
    "    fi",
    f"    {_ENCODED}",
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


# Docker and podman put the entries of a mapping together that stands twice in their JSON, as Go's library does: so a
# login is added without a program that knows JSON. An empty helper means the file itself.
_COPY_DOCKER = (
    f"{_ADDING}() ( # DIRECTORY REGISTRY USER PASSWORD: adds this login to a copy of docker's own configuration",
    "    umask 077",
    "    own=${DOCKER_CONFIG:-${HOME-}/.docker} file=$1/config.json",
    '    if [ ! -d "$1" ]; then',
    '        mkdir "$1"',
    '        for part in "$own"/*; do',
    '            [ ! -e "$part" ] || [ "$part" = "$own/config.json" ] || ln -s "$part" "$1"',
    "        done",
    '        if [ -s "$own/config.json" ]; then cat "$own/config.json"; else echo "{}"; fi > "$file"',
    "    fi",
)
_COPY_PODMAN = (
    f"{_ADDING}() ( # FILE REGISTRY USER PASSWORD: adds this login to a copy of podman's own configuration",
    "    umask 077",
    "    file=$1",
    '    for own in "${REGISTRY_AUTH_FILE-}" "${XDG_RUNTIME_DIR-}/containers/auth.json" \\',
    '        /run/containers/0/auth.json "${HOME-}/.docker/config.json"; do',
    '        [ -e "$file" ] || [ ! -s "$own" ] || cat "$own" > "$file"',
    "    done",
    '    [ -e "$file" ] || echo "{}" > "$file"',
)
_ADD = (
    '    [ -n "$4" ] || exit 0',
    f"    {_ENCODED}",
    "    # all of it but for the last brace",
    "    all=$(tr -d '\\n' < \"$file\" | sed 's/[[:space:]]*}[[:space:]]*$//; /^[[:space:]]*{$/!s/$/,/')",
)
_AUTHS = '    printf \'%s "auths": {"%s": {"auth": "%s"}}'


def adding_function(engine: str) -> tuple[str, tuple[str, ...]]:
    """The name of the shell function that adds a login to what is otherwise the node's own configuration, which builds
    need (proxies, plugins, other logins), and its lines. Its arguments are those of `function`'s; without a password
    it adds nothing."""
    if engine == "podman":
        return _ADDING, (*_COPY_PODMAN, *_ADD, f'{_AUTHS}}}\\n\' "$all" "$2" "$login" > "$file"', ")")
    printed = f'{_AUTHS}, "credHelpers": {{"%s": ""}}}}\\n\' "$all" "$2" "$login" "$2" > "$file"'
    return _ADDING, (*_COPY_DOCKER, *_ADD, printed, ")")


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


def place(engine: str) -> str:
    """What the configuration that holds logins is called: docker's is a directory, podman's a file."""
    return "auth.json" if engine == "podman" else "docker"
