"""Surveys a repository: what can be built, its path on its server, and the CI definitions that it has already.

It reads only files at the usual places in the repository, and writes nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from transpiler.files import exists, is_folder, read
from transpiler.first_config.beside import report, services
from transpiler.first_config.images import Recipe, blubber, dockerfile
from transpiler.git import Git, host_of, project_of
from transpiler.targets import TARGETS

LOOKED_FOR = (
    ".pipeline/blubber.yaml, .pipeline/<service>/blubber.yaml and other YAML files there with Blubber's `variants:`",
    "blubber.yaml",
    "Dockerfile, Dockerfile.<service>, <service>.Dockerfile and Containerfile, here and up to three folders deep",
)
"""The places where `survey` looks, for a message."""

_DEFINITIONS = tuple(place for target in TARGETS.values() for place in target.looks_in or (target.place,))
_DEEPEST = 3
_MOST_BYTES = 1 << 20
_PASSED_OVER = (
    "node_modules",
    "vendor",
    "third_party",
    "venv",
    "dist",
    "target",
    "test",
    "tests",
    "testdata",
    "fixtures",
    "examples",
)
_DOCKERFILE = re.compile(r"(?:Dockerfile|Containerfile)(?:\.(?P<after>[\w-]+))?|(?P<before>[\w-]+)\.Dockerfile")


class Service(NamedTuple):
    """Something that is built: a file and what it makes. `name` is "" if it is the only service; `file` and `directory`
    are relative to the repository's root. `report` is the JUnit report that its tests write, as `beside.report` says
    it."""

    name: str
    file: str
    is_blubber: bool
    directory: str
    recipe: Recipe
    report: str | None = None


class Seen(NamedTuple):
    """A target that a repository seems to need, with the reason. `setting` is a line that the profile then needs, "" if
    it needs none."""

    target: str
    reason: str
    setting: str = ""


class Survey(NamedTuple):
    """What a repository holds. `project` is the path that `origin` points to, "" without one; `definitions` are the CI
    definitions that exist already; `passed` are files that could be built from, but were passed over because a service
    has a file that takes precedence. `targets` are those that the repository seems to need. `branch` is the default
    branch of `origin`, "" if git does not know it. `folder` is the name of the repository's folder. `compose` is a
    compose file, "" if there is none, and `beside` are its services: name and image."""

    project: str
    services: tuple[Service, ...]
    submodules: tuple[str, ...]
    definitions: tuple[str, ...]
    passed: tuple[str, ...] = ()
    targets: tuple[Seen, ...] = ()
    branch: str = ""
    folder: str = ""
    compose: str = ""
    beside: tuple[tuple[str, str], ...] = ()


def survey(root: Path, *, blubber_read: bool = True) -> Survey:
    """Surveys the repository. `blubber_read`: the site can build from Blubber files, which are then preferred to
    Dockerfiles. Raises OSError."""
    blubbers = tuple(_blubbers(root))
    dockerfiles = tuple(_dockerfiles(root))
    chosen, passed = (blubbers, dockerfiles) if blubbers and blubber_read else (dockerfiles, blubbers)
    origin = _git(root, "remote", "get-url", "origin")
    return Survey(
        project_of(origin),
        _named(chosen),
        tuple(_submodules(root)),
        tuple(name for name in _DEFINITIONS if exists(root / name)),
        tuple(service.file for service in passed),
        tuple(_targets(root, host_of(origin))),
        _git(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").strip().partition("/")[2],
        root.resolve().name,
        *services(root),
    )


# ---- what can be built ----


def _blubbers(root: Path) -> Iterator[Service]:
    folder = root / ".pipeline"
    named = sorted(folder.glob("*/blubber.yaml")) + sorted(folder.glob("*/blubber.yml"))
    flat = sorted((*folder.glob("*.yaml"), *folder.glob("*.yml")))
    for path in (*flat, *named, root / "blubber.yaml"):
        recipe = blubber(data, path.name) if (data := _content(root, path)) is not None else None
        if not recipe:
            continue
        name = path.parent.name if path in named else path.stem.lower().replace("blubber", "").strip("-_.")
        places = (".", name, f"src/{name}", f"services/{name}") if name else (".",)
        directory = _directory(root, recipe.needs, places)
        yield Service(name, _below(root, path), True, directory, recipe, report(data) if data else None)


def _dockerfiles(root: Path) -> Iterator[Service]:
    for path in _walk(root):
        match = _DOCKERFILE.fullmatch(path.name)
        recipe = dockerfile(data) if match and (data := _content(root, path)) is not None else None
        if not match or not recipe:
            continue
        folder = _below(root, path.parent)
        name = match["after"] or match["before"] or (path.parent.name if folder != "." else "")
        directory = _directory(root, recipe.needs, (folder, "."))
        yield Service(name, _below(root, path), False, directory, recipe, report(data) if data else None)


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        depth = len(PurePosixPath(_below(root, Path(folder))).parts)
        folders[:] = sorted(
            name
            for name in folders
            if depth < _DEEPEST and not name.startswith(".") and name.lower() not in _PASSED_OVER
        )
        if folder == os.fspath(root) and is_folder(root / ".pipeline"):
            folders.insert(0, ".pipeline")
        yield from (Path(folder, name) for name in sorted(files))


def _directory(root: Path, needs: tuple[str, ...], places: tuple[str, ...]) -> str:
    """The place that has the most of the needed files; the first one if several have as many."""

    def found(place: str) -> int:
        return sum(exists(root / place / need.lstrip("/")) for need in needs)

    there = [place for place in places if is_folder(root / place)]
    return max(there, key=found, default=".")


def _named(services: tuple[Service, ...]) -> tuple[Service, ...]:
    """The services with names that tell them apart; a single one needs none."""
    if len(services) == 1:
        return (services[0]._replace(name=""),)
    taken: dict[str, int] = {}
    named = []
    for service in services:
        name = re.sub(r"[^A-Za-z0-9]+", "-", service.name).strip("-").lower() or "main"
        taken[name] = taken.get(name, 0) + 1
        named.append(service._replace(name=name if taken[name] == 1 else f"{name}-{taken[name]}"))
    return tuple(named)


def _content(root: Path, path: Path) -> bytes | None:
    """A file's bytes; None if there is no such file, if it is a link out of the repository, or if it is too large to be
    such a file."""
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        return None
    content = read(path, _MOST_BYTES + 1)
    return content if content is not None and len(content) <= _MOST_BYTES else None


def _below(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


# ---- where it comes from ----


def _git(root: Path, *words: str) -> str:
    """What git prints about this repository itself, not one around it; "" if it prints nothing or is not installed."""
    return Git(root).answer(*words) if exists(root / ".git") else ""


def _targets(root: Path, host: str) -> Iterator[Seen]:
    words = re.split(r"[.-]", host)
    for target in TARGETS.values():
        there = [place for place in target.looks_in or (target.place,) if exists(root / place)]
        # A server with a folder of its own ignores the usual one where its own exists, so its own counts first.
        own = [(place, line) for word, line in target.flavours.items() for place in there if f".{word}/" in place]
        named = [line for word, line in target.flavours.items() if word in words]
        if target.host and target.host in words:
            yield Seen(target.name, f"`origin` is on {host}")
        elif named:
            yield Seen(target.name, f"`origin` is on {host}", named[0])
        elif own:
            yield Seen(target.name, f"there is {own[0][0]}", own[0][1])
        elif there:
            yield Seen(target.name, f"there is {there[0]}")


def _submodules(root: Path) -> Iterator[str]:
    output = _git(root, "config", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$")
    yield from (line.partition(" ")[2] for line in output.splitlines())
