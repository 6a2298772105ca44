"""What git's index holds, put where the compiler can look at it.

Of a repository of any size only what may count is taken: what lies where transpipe looks, and what such a file names.
This module must not know what fresh means.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from posixpath import dirname, join, normpath

from transpiler.app.place import WrongUsage
from transpiler.fast_path.fields import take_apart, unword
from transpiler.files import read
from transpiler.frontend.yaml.reader import MAX_BYTES
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
# What says which repository git is at; by `git rev-parse --local-env-vars`.
_OF_REPOSITORY = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_IMPLICIT_WORK_TREE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE",
})  # fmt: skip


def check_out(root: Path, copy: Path, profile: str) -> None:
    """Writes what may count of the index below another root: the profile that was named ("": none was), what lies
    where transpipe looks, and every file that one of these names. Raises WrongUsage, OSError."""
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
    for entry in filter(None, git(root, "ls-files", "--stage", "-z", folder=folder).split("\0")):
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
        above = git(root, "rev-parse", "--show-prefix", folder=folder).rstrip("\n")
        sparse = git(root, "config", "--default", "false", "--bool", "--get", "core.sparseCheckout", folder=folder)
        options = ["--ignore-skip-worktree-bits"] if sparse == "true\n" else []
        with tempfile.TemporaryDirectory(prefix=".git-", dir=copy) as place:
            options += ["-z", "--stdin", f"--prefix={place}/"]
            git(root, "checkout-index", *options, given="\0".join(names), folder=folder)
            for name in names:
                written = Path(place, above, name)
                if os.path.lexists(written):
                    (copy / folder / name).parent.mkdir(parents=True, exist_ok=True)
                    written.rename(copy / folder / name)


def status(root: Path, *names: str, own: bool = True) -> dict[str, str]:
    """Git's two letters for each of these that is not as it is committed, by its path below the root; by the commit's
    `own` index, which may be another than the repository's. Raises WrongUsage."""
    options = ("--porcelain", "-z", "--no-renames", "--untracked-files=all")
    told = git(root, "status", *options, "--", *names, own=own) if names else ""
    above = git(root, "rev-parse", "--show-prefix").rstrip("\n")
    return {entry[3:].removeprefix(above): entry[:2] for entry in told.split("\0") if entry}


def git(root: Path, *arguments: str, given: str = "", folder: str = "", own: bool = True) -> str:
    """What git prints in a folder of the repository, or in the submodule `folder` of it; with the commit's `own` index
    where git has named one. Raises WrongUsage."""
    ran = subprocess.run(
        ["git", *arguments], cwd=root / folder, input=os.fsencode(given), capture_output=True, check=False,
        env={**_environment(root, own=own and not folder), "GIT_OPTIONAL_LOCKS": "0"},
    )  # fmt: skip
    if ran.returncode:
        raise WrongUsage(f"git {arguments[0]} failed: {os.fsdecode(ran.stderr).strip()}")
    return os.fsdecode(ran.stdout)


def _environment(root: Path, *, own: bool) -> dict[str, str]:
    """The environment in which git finds the repository from the folder that it is called in. In a hook, variables name
    the repository without its root, and git would take that folder for the root."""
    top = next((folder for folder in (root, *root.absolute().parents) if (folder / ".git").exists()), None)
    if top is None:
        return dict(os.environ)  # variables alone say where it is
    kept = {name: value for name, value in os.environ.items() if name not in _OF_REPOSITORY}
    index = os.environ.get("GIT_INDEX_FILE", "") if own else ""
    return kept | ({"GIT_INDEX_FILE": str(top.absolute() / index)} if index else {})
