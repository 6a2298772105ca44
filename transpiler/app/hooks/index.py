"""What git's index holds, put where the compiler can look at it.

Of a repository of any size only what may count is taken: what lies where transpipe looks, and what such a file names.
This module must not know what fresh means.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from posixpath import dirname, join, normpath

from transpiler.fast_path.fields import take_apart, unword
from transpiler.files import read
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.git import Git
from transpiler.targets import TARGETS

_PLACES = frozenset(place for target in TARGETS.values() for place in (target.place, *target.looks_in))
# What stands before the last dot of a divided output is the place of the one output.
_BEGINNINGS = (
    ".pipeline/",
    *(f"{folder}/" for target in TARGETS.values() for folder in target.folders),
    *(target.place for target in TARGETS.values() if target.divided),
)
_BETWEEN_PATHS = re.compile(r"[\s\"'`,:=#\[\]{}()]+")
_SUBMODULE = "160000"


def check_out(root: Path, copy: Path, profile: str) -> None:
    """Writes what may count of the index below another root: the profile that was named ("": none was), what lies
    where transpipe looks, and every file that one of these names. Raises OSError."""
    left = _tracked(root)
    chosen = {name for name in left if name == profile or name in _PLACES or name.startswith(_BEGINNINGS)}
    first = True
    while chosen:
        _copy(root, copy, {name: left.pop(name) for name in chosen})
        texts = {name: _text(copy / name) for name in chosen}
        # Profiles name profiles, and the headers of outputs name outputs; whatever else there is names nothing more.
        found = (t for n, t in texts.items() if first or n.endswith((".yaml", ".yml")) or take_apart(t))
        words = frozenset(word for text in found for word in _words(text))
        chosen = {name for name in left if _is_named(name, words)} | (left.keys() & _led_to(copy, chosen))
        first = False


def _text(file: Path) -> str:
    """A file's text, as far as one that counts would go; nothing of what a link leads to."""
    content = None if file.is_symlink() else read(file, MAX_BYTES)
    return (content or b"").decode("utf-8", "replace")


def _words(text: str) -> Iterator[str]:
    """What may be a path in a text, and its last part, for whoever is named by a relative one."""
    for word in _BETWEEN_PATHS.split(text):
        yield unword(word)
        yield unword(word.rpartition("/")[2])


def _is_named(path: str, words: Set[str]) -> bool:
    # With a file for each pipeline the profile names what stands before the last dot.
    name, stem = path.rpartition("/")[2], path.rpartition(".")[0]
    if name in words or (stem and stem in words):
        return True
    # A name that holds what stands between words: its words are there, one by one.
    parts = _BETWEEN_PATHS.split(name)
    return len(parts) > 1 and words >= {part for part in parts if part}


def _led_to(copy: Path, chosen: Iterable[str]) -> set[str]:
    """Where those that are links lead to, one step."""
    links = [name for name in chosen if (copy / name).is_symlink()]
    return {normpath(join(dirname(name), os.readlink(copy / name))) for name in links}


def _tracked(root: Path, folder: str = "") -> dict[str, str]:
    """Every path in the index below the root, and the folder of the submodule whose index it is in ("": none)."""
    found: dict[str, str] = {}
    for entry in _git(root, folder).names("ls-files", "--stage", "-z"):
        about, _, name = entry.partition("\t")
        path = f"{folder}{name}"
        if not about.startswith(_SUBMODULE):
            found[path] = folder
        elif (root / path / ".git").exists():
            found |= _tracked(root, f"{path}/")
    return found


def _copy(root: Path, copy: Path, chosen: Mapping[str, str]) -> None:
    """Files out of the index that each is in. What a submodule has checked out counts, as for those who build."""
    for folder in set(chosen.values()):
        names = [name.removeprefix(folder) for name, own in chosen.items() if own == folder]
        # Git counts from its own root, which may lie above: what it writes goes where that root would be.
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
    """Git's two letters for each of these that is not as it is committed, by its path below the root; by the commit's
    `own` index, which may be another than the repository's. Raises OSError."""
    if not names:
        return {}
    git = Git(root, of_commit=own)
    options = ("--porcelain", "-z", "--no-renames", "--untracked-files=all")
    entries = git.names("status", *options, "--", *names)
    above = git.text("rev-parse", "--show-prefix")
    return {entry[3:].removeprefix(above): entry[:2] for entry in entries}


def _git(root: Path, folder: str) -> Git:
    """Git at the root, for the commit that is being made, or in the submodule `folder`, which has no part in it."""
    return Git(root / folder, of_commit=not folder)
