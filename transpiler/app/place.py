"""Which repository, config and profile a command is about, from its arguments, the environment and the disk."""

from __future__ import annotations

import os
import sys
from codecs import BOM_UTF8
from contextlib import suppress
from pathlib import Path

from transpiler.fast_path.check import PLACES
from transpiler.freshness.verdicts import profile_of
from transpiler.records import dataclass

CONFIG = ".pipeline/config.yaml"
PROFILE = ".pipeline/profile.yaml"


class WrongUsage(Exception):
    """The command makes no sense as it was given; the message says why and what would."""


@dataclass(frozen=True, slots=True)
class Place:
    """A repository's root, its config's path below it, and the root as people at the terminal call it ("": here)."""

    root: Path
    config: str
    shown: str

    def call(self, path: str) -> str:
        """What a path below the root is called from the current directory."""
        return f"{self.shown}/{path}" if self.shown else path


def find(path: str | None) -> Place:
    """The place that an argument names: a repository's root or a config; None: what is around the current directory.
    Raises WrongUsage if there is no config."""
    if path is None:
        return _around(Path.cwd())
    given = Path(path)
    if given.is_dir():
        if not (given / CONFIG).is_file():
            raise WrongUsage(f"there is no {CONFIG} in {path}")
        return _place(given, CONFIG)
    if not given.is_file():
        raise WrongUsage(f"there is no file or directory {path}")
    root = _root(given)
    return _place(root, Path(os.path.abspath(given)).relative_to(os.path.abspath(root)).as_posix())


def repository(path: str | None) -> Place:
    """The place of a first config: the directory that is named, or the repository around the current one, or that
    directory itself. Raises WrongUsage if there is no such directory."""
    if path is not None:
        if not Path(path).is_dir():
            raise WrongUsage(f"there is no directory {path}")
        return _place(Path(path), CONFIG)
    here = Path.cwd()
    return _place(next((f for f in (here, *here.parents) if (f / ".git").exists()), here), CONFIG)


def hooked(path: str | None) -> Place:
    """The place that a hook is about: the folder that is named, or the config around the current directory, or the
    repository around it. Raises WrongUsage if there is no such directory."""
    if path is None:
        with suppress(WrongUsage):
            return _around(Path.cwd())
    return repository(path)


def _around(start: Path) -> Place:
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            return _place(folder, CONFIG)
        if (folder / ".git").exists():
            raise WrongUsage(f"there is no {CONFIG} in the repository {folder}")
    raise WrongUsage(f"there is no {CONFIG} here or in any directory above")


def _root(config: Path) -> Path:
    folder = Path(os.path.abspath(config)).parent
    if folder.name == ".pipeline":
        return folder.parent
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


def _place(root: Path, config: str) -> Place:
    shown = os.path.relpath(root)
    return Place(root, config, "" if shown == "." else Path(shown).as_posix())


def paths_in(file: Path) -> list[str]:
    """The repositories that a file (`-`: stdin) lists, one a line, relative to the file, each once; `#` begins a
    comment. Names are bytes, as on the disk. Raises OSError."""
    data = sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
    lines = (line.partition(b"#")[0].strip() for line in data.removeprefix(BOM_UTF8).splitlines())
    return list(dict.fromkeys(os.path.normpath(file.parent / os.fsdecode(line)) for line in lines if line))


def profile(place: Place, given: str | None) -> str:
    """The profile to use: the option, `TRANSPIPE_PROFILE`, the repository's own, the one that the outputs there were
    made with, the user's, `default`. Raises OSError."""
    if given or (given := os.environ.get("TRANSPIPE_PROFILE")):
        return given
    if (place.root / PROFILE).is_file():
        return str(place.root / PROFILE)
    if made := _made_with(place):
        return made
    from platformdirs import user_config_path  # most runs have found a profile by now

    own = user_config_path("transpipe") / "profile.yaml"
    return str(own) if own.is_file() else "default"


def _made_with(place: Place) -> str:
    """The profile that the headers of outputs name, as far as it is there still: what one clone says for once with
    `--profile`, every other clone does. "" where there is none."""
    from transpiler.frontend.profiles.load import built_in

    name = profile_of(place.root, place.config, PLACES)
    if not name or name in built_in():
        return name
    file = place.root / name
    return str(file) if file.is_file() and portable(place, str(file)) else ""


def portable(place: Place, name: str) -> bool:
    """Whether every clone of the repository has the profile: it is built in, or a file of the repository."""
    from transpiler.frontend.profiles.load import built_in

    return name in built_in() or Path(os.path.realpath(name)).is_relative_to(os.path.realpath(place.root))
