"""Copies files from git's index to a directory, where the compiler can read them.

To be fast in large repositories, it copies only files that may matter: those at paths that transpipe reads, and those
that such a file names. It does not know when outputs are fresh.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from posixpath import dirname, join, normpath

from transpiler.fast_path.digests import copy_of
from transpiler.fast_path.fields import take_apart, unword
from transpiler.files import exists, read
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.git import Git
from transpiler.targets import TARGETS

_PLACES = frozenset(place for target in TARGETS.values() for place in (target.place, *target.looks_in))
# In `<place>.<pipeline>`, the part before the last dot is the place of an output with all pipelines.
_BEGINNINGS = (
    ".pipeline/",
    *(f"{folder}/" for target in TARGETS.values() for folder in target.folders),
    *(target.place for target in TARGETS.values() if target.divided),
)
_BETWEEN_PATHS = re.compile(r"[\s\"'`,:=#\[\]{}()]+")
_SUBMODULE = "160000"


def check_out(root: Path, copy: Path, profile: str) -> None:
    """Copies the files of the index that may matter to the directory `copy`: the profile that the user named ("" if
    none), files at paths that transpipe reads, and files that one of these names. Raises OSError."""
    left, named = _tracked(root), (profile, copy_of(profile))
    chosen = {name for name in left if name in named or name in _PLACES or name.startswith(_BEGINNINGS)}
    first = True
    while chosen:
        _copy(root, copy, {name: left.pop(name) for name in chosen})
        texts = {name: _text(copy / name) for name in chosen}
        # Of the files that were named by others, only profiles and outputs name further files.
        found = (t for n, t in texts.items() if first or n.endswith((".yaml", ".yml")) or take_apart(t))
        words = frozenset(word for text in found for word in _words(text))
        chosen = {name for name in left if _is_named(name, words)} | (left.keys() & _led_to(copy, chosen))
        first = False


def _text(file: Path) -> str:
    """The text of a file; "" if it is a link, or longer than any file that transpipe reads."""
    content = None if file.is_symlink() else read(file, MAX_BYTES)
    return (content or b"").decode("utf-8", "replace")


def _words(text: str) -> Iterator[str]:
    """The words of a text that may be paths, and the last part of each, because relative paths are possible."""
    for word in _BETWEEN_PATHS.split(text):
        yield unword(word)
        yield unword(word.rpartition("/")[2])


def _is_named(path: str, words: Set[str]) -> bool:
    # For outputs at `<place>.<pipeline>`, the profile has only the part before the last dot.
    name, stem = path.rpartition("/")[2], path.rpartition(".")[0]
    if name in words or (stem and stem in words):
        return True
    # If the name contains separators, it was split into several words: all of them must be there.
    parts = _BETWEEN_PATHS.split(name)
    return len(parts) > 1 and words >= {part for part in parts if part}


def _led_to(copy: Path, chosen: Iterable[str]) -> set[str]:
    """The targets of those paths that are links; links to links are not followed further."""
    links = [name for name in chosen if (copy / name).is_symlink()]
    return {normpath(join(dirname(name), os.readlink(copy / name))) for name in links}


def _tracked(root: Path, folder: str = "") -> dict[str, str]:
    """Every path in the index below the root, with the folder of the submodule whose index has it ("" if none)."""
    found: dict[str, str] = {}
    for entry in _git(root, folder).names("ls-files", "--stage", "-z"):
        about, _, name = entry.partition("\t")
        path = f"{folder}{name}"
        if not about.startswith(_SUBMODULE):
            found[path] = folder
        elif exists(root / path / ".git"):
            found |= _tracked(root, f"{path}/")
    return found


def _copy(root: Path, copy: Path, chosen: Mapping[str, str]) -> None:
    """Copies each file from its index. For submodules that is the index of their checkout, as a build would use it."""
    for folder in set(chosen.values()):
        names = [name.removeprefix(folder) for name, own in chosen.items() if own == folder]
        # Git writes files at their paths below the repository's top folder, which may be above `root`.
        git = _git(root, folder)
        above = git.text("rev-parse", "--show-prefix")
        sparse = git.answer("config", "--bool", "--get", "core.sparseCheckout")
        options = ["--ignore-skip-worktree-bits"] if sparse == "true" else []
        with tempfile.TemporaryDirectory(prefix=".git-", dir=copy) as place:
            options += ["-z", "--stdin", f"--prefix={place}/"]
            git.run("checkout-index", *options, given=names)
            for name in names:
                written = Path(place, above, name)
                if os.path.lexists(written):
                    (copy / folder / name).parent.mkdir(parents=True, exist_ok=True)
                    written.rename(copy / folder / name)


def status(root: Path, *names: str, own: bool = True) -> dict[str, str]:
    """The two status letters of git for each of these files that differs from the last commit, by its path below the
    root. `own` uses the index of the commit that is being made, which may not be the repository's. Raises OSError."""
    if not names:
        return {}
    git = Git(root, of_commit=own)
    options = ("--porcelain", "-z", "--no-renames", "--untracked-files=all")
    entries = git.names("status", *options, "--", *names)
    above = git.text("rev-parse", "--show-prefix")
    return {entry[3:].removeprefix(above): entry[:2] for entry in entries}


def _git(root: Path, folder: str) -> Git:
    """Git at the root, with the index of the commit that is being made, or in the submodule `folder`, with its own."""
    return Git(root / folder, of_commit=not folder)
