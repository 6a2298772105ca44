"""Finds the repository, config and profile of a command, from its arguments, the environment and the disk."""

from __future__ import annotations

import os
import sys
from codecs import BOM_UTF8
from contextlib import suppress
from pathlib import Path

from transpiler import work_tree
from transpiler.fast_path.places import OWN_PROFILE, usual_places
from transpiler.files import exists, is_file, is_folder
from transpiler.freshness.verdicts import profile_of
from transpiler.records import dataclass

CONFIG = ".pipeline/config.yaml"


class WrongUsage(Exception):
    """The command's arguments make no sense; the message says why, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Place:
    """A repository's root, its config's path below it, and the root's path from the current directory ("" if it is the
    current directory). `folder` is the root's path in its git repository: "" unless the config is in a subfolder
    there, which is then a repository of its own to transpipe."""

    root: Path
    config: str
    shown: str
    folder: str = ""

    def call(self, path: str) -> str:
        """A path below the root, as it is written from the current directory."""
        return f"{self.shown}/{path}" if self.shown else path


def find(path: str | None) -> Place:
    """The place that an argument names: a repository's root or a config. None: the repository around the current
    directory. Raises WrongUsage if there is no config."""
    if path is None:
        return _around(Path.cwd())
    given = Path(path)
    if is_folder(given):
        if not is_file(given / CONFIG):
            raise WrongUsage(f"there is no {CONFIG} in {path}")
        return _place(given, CONFIG)
    if not is_file(given):
        raise WrongUsage(f"there is no file or directory {path}")
    root = _root(given)
    return _place(root, Path(os.path.abspath(given)).relative_to(os.path.abspath(root)).as_posix())


def repository(path: str | None) -> Place:
    """The place of a first config: the named directory; without one, the repository around the current directory, or
    else the current directory. Raises WrongUsage if there is no such directory."""
    if path is not None:
        if not is_folder(path):
            raise WrongUsage(f"there is no directory {path}")
        return _place(Path(path), CONFIG)
    here = Path.cwd()
    return _place(next((f for f in (here, *here.parents) if exists(f / ".git")), here), CONFIG)


def hooked(path: str | None) -> Place:
    """The place that a hook processes: the named folder; without one, that of the config around the current directory,
    or else the repository around it. Raises WrongUsage if there is no such directory."""
    if path is None:
        with suppress(WrongUsage):
            return _around(Path.cwd())
    return repository(path)


def _around(start: Path) -> Place:
    for folder in (start, *start.parents):
        if is_file(folder / CONFIG):
            return _place(folder, CONFIG)
        if exists(folder / ".git"):
            raise WrongUsage(f"there is no {CONFIG} in the repository {folder}")
    raise WrongUsage(f"there is no {CONFIG} here or in any directory above")


def _root(config: Path) -> Path:
    folder = Path(os.path.abspath(config)).parent
    if folder.name == ".pipeline":
        return folder.parent
    return next((parent for parent in (folder, *folder.parents) if exists(parent / ".git")), folder)


def _place(root: Path, config: str) -> Place:
    shown = os.path.relpath(root)
    return Place(root, config, "" if shown == "." else Path(shown).as_posix(), _folder(root))


def _folder(root: Path) -> str:
    """The root's path in its git repository. Raises WrongUsage if no output could name it."""
    folder = work_tree.folder_of(str(root))
    if folder is None:
        from transpiler.git import Git  # most runs ask git nothing

        folder = Git(root).answer("rev-parse", "--show-prefix").rstrip("/")
    if not folder.isprintable():
        raise WrongUsage(f"the name of the folder {folder!r} is not printable text: rename it")
    return folder


def paths_in(file: Path) -> list[str]:
    """The repositories that a file (`-`: stdin) lists, one on each line, relative to the file, without duplicates; `#`
    begins a comment. Names are read as bytes, as on the disk. Raises OSError."""
    data = sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
    lines = (line.partition(b"#")[0].strip() for line in data.removeprefix(BOM_UTF8).splitlines())
    return list(dict.fromkeys(os.path.normpath(file.parent / os.fsdecode(line)) for line in lines if line))


def profile(place: Place, given: str | None) -> str:
    """The profile to use, the first of: the option, `TRANSPIPE_PROFILE`, the repository's own, the one that its outputs
    were made with, the user's, `default`. Raises OSError."""
    if given or (given := os.environ.get("TRANSPIPE_PROFILE")):
        return given
    if is_file(place.root / OWN_PROFILE):
        return str(place.root / OWN_PROFILE)
    if made := _made_with(place):
        return made
    from platformdirs import user_config_path  # most runs have found a profile by now

    own = user_config_path("transpipe") / "profile.yaml"
    return str(own) if is_file(own) else "default"


def _made_with(place: Place) -> str:
    """The profile that the outputs' headers name, if it still exists; else "". So when one clone was compiled with
    `--profile`, all other clones use the same profile without the option."""
    from transpiler.frontend.profiles.load import built_in

    name = profile_of(place.root, place.config, usual_places(str(place.root)))
    if not name or name in built_in():
        return name
    file = place.root / name
    return str(file) if is_file(file) and portable(place, str(file)) else ""


def portable(place: Place, name: str) -> bool:
    """Whether every clone of the repository has the profile: it is built in, or is a file of the repository."""
    from transpiler.frontend.profiles.load import built_in

    return name in built_in() or Path(os.path.realpath(name)).is_relative_to(os.path.realpath(place.root))
