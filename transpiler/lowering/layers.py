"""The layers of earlier builds, which a build takes from the registry and may leave there (the profile's `cache`).

What cannot be read or written is a line in the log, and never the end of a program. A run learns from its event whether
it may write: one that has none, as on a person's machine, only reads.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import TypeAlias

from transpiler.lowering import logins, pushing
from transpiler.lowering.logins import Login
from transpiler.lowering.program_scope import Draft
from transpiler.lowering.shell import Lines, command, indent, join_commands
from transpiler.profile import Pull
from transpiler.program import EVENT, CredentialUse, setup_variable
from transpiler.quoting import sh
from transpiler.records import dataclass

_NO_NAME = re.compile("[^a-z0-9]+")
_LONGEST = 40  # of each of the words in the name of a repository that are for people
_DIGEST = 32
_PATIENCE = "timeout -k 10 10m"
_LAST = '$(printf %s "$said" | tail -n 1)'
# The quotes part the braces, as in `registry_login`.
_NAMES = "{''{.Repository}}:{''{.Tag}}"


Building: TypeAlias = Callable[..., Lines]
"""Returns the command of a build with these options of ours."""


@dataclass(frozen=True, slots=True)
class Layers:
    """How one build uses layers. `name` is the end of the repository's name, as a text for the inside of double
    quotes; `project` are the lines that it needs; `events` are those of the pipeline that may write."""

    engine: str
    name: str
    project: Lines
    events: tuple[str, ...]
    elsewhere: bool

    @property
    def options(self) -> tuple[str, ...]:
        """The options of the build."""
        read = '${cached:+--cache-from "$cache"}'
        if self.engine == "podman":
            return ("--layers", read)
        return (read, *(("${writes:+--build-arg BUILDKIT_INLINE_CACHE=1}",) if self.events else ()))

    @property
    def target(self) -> str:
        """The shell word of what is written."""
        return f'"$push_registry/{self.name}"' if self.elsewhere else '"$cache"'


def of_build(draft: Draft) -> Layers | None:
    """How the stage's build uses layers; None if it does not. Notes what the program needs for that."""
    profile, site = draft.site.profile, draft.site
    if not profile.cache.is_on or profile.pull is Pull.NEVER:
        return None
    draft.layers = draft.registry = True
    events = tuple(event.value for event in site.events if event in profile.cache.write)
    if events and _can_write(draft):
        draft.setup[EVENT] = None
        draft.push_registry |= pushing.elsewhere(draft)
    else:
        events = ()
    project, name = _name(draft)
    return Layers(site.engine, f"{profile.cache.repository}/{name}", project, events, pushing.elsewhere(draft))


def _can_write(draft: Draft) -> bool:
    """podman pushes layers itself, so no command of the site can do it."""
    return draft.site.engine != "podman" or draft.site.profile.registry.method == "docker-push"


def credentials(layers: Layers | None, draft: Draft) -> tuple[CredentialUse, ...]:
    """What writing needs."""
    writes = layers is not None and layers.events
    return pushing.credentials(draft.site.profile.registry, optional=True) if writes else ()


def _name(draft: Draft) -> tuple[Lines, str]:
    """The lines before, and the last part of the repository's name: some words for people, and a digest of all that
    tells one build from another, so that no project, config, pipeline or stage meets the layers of another one."""
    site, stage = draft.site, draft.stage.name
    names = (site.folder, site.pipeline, stage)
    short = "" if site.project is None else site.project.rpartition("/")[2]
    shown = "-".join(filter(None, (_plain(name) for name in (short, site.pipeline, stage))))
    if site.project is not None:
        return (), f"{shown}-{digest((site.project, *names))}"
    draft.setup["project"] = None
    words = " ".join(map(sh, names))
    cut = f"sha256sum | cut -c 1-{_DIGEST}"
    return (f"project=$(printf '%s\\n' \"$setup_project\" {words} | {cut})",), f"{shown}-$project"


def digest(names: tuple[str, ...]) -> str:
    """What `sha256sum` makes of these names, a line each."""
    text = "".join(f"{name}\n" for name in names)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]


def _plain(text: str) -> str:
    return _NO_NAME.sub("-", text.lower()).strip("-")[:_LONGEST].rstrip("-")


def around(
    layers: Layers, wanted: tuple[Login, ...], building: Building, usual: tuple[str, ...], draft: Draft
) -> Lines:
    """The lines of a build, with what it does about layers. `building` returns its command with options of ours, which
    are the `usual` ones and those about layers; `wanted` are its logins."""
    build = building(*usual, *layers.options)
    first = _before(layers, logins.using(wanted, draft))
    built = logins.around(wanted, build, draft, first=first, last=_forgotten(layers), status="built")
    return (*built, *_written(layers, building(f"--layers --cache-to {layers.target}"), draft))


def _before(layers: Layers, login: str) -> Lines:
    """The lines before the build, which find out what there is to read. `login` is the assignment before a command that
    pulls, with a space after it, "" without a login.

    docker pulls the image: a build that meets a damaged layer in a registry waits for ever, while a pull tells. podman
    goes on without what it cannot pull, but asks for each step several times where there is no registry."""
    asking = "podman search --list-tags --limit 1" if layers.engine == "podman" else "docker pull --quiet"
    event = setup_variable(EVENT)
    writes = ("writes=", *(f'[ "${{{event}-}}" != {name} ] || writes=yes' for name in layers.events))
    return (
        *layers.project,
        f'cache="$registry/{layers.name}"' if "$" in layers.name else f"cache=$registry/{layers.name}",
        *(writes if layers.events else ()),
        "cached=",
        "built=0",
        *command(f"if said=$({login}{_PATIENCE}", f'{asking} "$cache" 2>&1); then'),
        "    cached=yes",
        "else",
        f'    echo "cache: nothing is read: {_LAST}" >&2',
        "fi",
    )


def _written(layers: Layers, again: Lines, draft: Draft) -> Lines:
    """The lines after a build that has succeeded, which write its layers. podman does so in a build (`again`) that
    finds all its steps done: the first one would end where it cannot."""
    if not layers.events:
        return ()
    failed = f'|| echo "cache: nothing is written: {_LAST}" >&2'
    login = pushing.using(draft)
    if layers.engine == "podman":
        tried = join_commands((f"{login}{_PATIENCE} {again[0]}", *again[1:]), " 2>&1)")
        lines: Lines = (f"said=$({tried[0]}", *tried[1:-1], f"{tried[-1]} \\", f"    {failed}")
    else:
        image = f'docker tag "$(cat "{draft.file("iid")}")" {layers.target} 2>&1'
        push = f"{login}{_PATIENCE} {pushing.pusher(draft, '--quiet', started=True)} {layers.target} 2>&1"
        lines = command(f"said=$({image} &&", f"{push})", failed)
    inside = (*pushing.login(draft, optional=True), *lines, *pushing.logout(draft))
    return ('if [ -n "$writes" ]; then', *indent(inside), "fi")


def _forgotten(layers: Layers) -> Lines:
    """The lines that take off this machine what the build has read: it is nothing of the run's, but nobody else's
    either. podman keeps the steps below the image that it has built, with which they go."""
    if layers.engine == "podman":
        found = f"podman images --format '{_NAMES}' --filter \"reference=$cache\""
        return (f"for tag in $({found}); do", '    podman untag "$tag" || :', "done")
    return ('[ -z "$cached" ] || docker rmi "$cache" > /dev/null 2>&1 || :',)
