"""What is about to be committed, judged as it would be checked out: for a plain git hook.

The pre-commit program puts aside what is not staged before it runs hooks; plain git does not. So the files that count
are taken from the index into a directory of their own and checked there. The working tree is only written to when what
is staged is not fresh.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Set
from pathlib import Path, PurePosixPath

from transpiler.cli import hooking
from transpiler.cli.generate import Options
from transpiler.cli.place import CONFIG, Place, WrongUsage, hooked
from transpiler.cli.tell import Exit, Said
from transpiler.freshness.fields import take_apart
from transpiler.freshness.quick import OWN_PROFILE, PLACES
from transpiler.records import replace

_FOLDERS = (".pipeline/", ".zuul.d/", "zuul.d/")
_FILES = (*PLACES, "zuul.yaml", ".zuul.yaml")
_BETWEEN_WORDS = re.compile(r"[\s/\"'`,:=#\[\]{}()]+")
_SUBMODULE = "160000"
# `git rev-parse --local-env-vars` lists them.
_OF_REPOSITORY = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE",
)  # fmt: skip


def judged(path: str | None, options: Options) -> Said:
    """Whether what is staged is fresh; if not, and unless only a check was asked for, the working tree is brought in
    step and the command that stages it shown. Raises WrongUsage, OSError."""
    place = hooked(path)
    with tempfile.TemporaryDirectory(prefix="transpipe-") as temporary:
        copy = replace(place, root=Path(temporary).resolve())
        named = _named_profile(place, options.profile)
        _check_out(place.root, copy.root, named)
        own = replace(options, mode="check", profile=str(copy.root / named) if named else options.profile)
        said = _said(copy, path, own)
        # What the check prints is about the repository, not about the copy.
        said = replace(said, out=said.out.replace(f"{copy.root}/", ""), talk=said.talk.replace(f"{copy.root}/", ""))
    if said.code != Exit.FINDINGS:
        return said
    head = "What is staged is not fresh:\n"
    if options.mode == "check":
        return replace(said, out=head + said.out)
    # `git commit -a` has an index of its own, which goes when it fails: what it would stage must be staged again.
    inputs = _unstaged(place.root, (CONFIG, OWN_PROFILE))
    worked = hooking.work(path, options, inputs)
    # The same mistake in what is staged and in the working tree is told once.
    first = "" if said.out in (worked.out, worked.talk) else said.out
    talk = head + first + said.talk + worked.out + worked.talk
    if worked.code == Exit.FINE and (changed := [*inputs, *_unstaged(place.root, (name for _, name in said.done))]):
        names = [f"{place.shown}/{name}" if place.shown else name for name in changed]
        talk += f"The working tree is. Stage it: {shlex.join(['git', 'add', '--', *names])}\n"
    return Said(max(said.code, worked.code), talk=talk + _half_staged(place.root))


def _said(copy: Place, path: str | None, options: Options) -> Said:
    if not (copy.root / copy.config).is_file():
        return hooking.without_config(copy, options)
    return hooking.in_place(copy, path, options)


def _named_profile(place: Place, given: str | None) -> str:
    """The path below the root of the profile that was named, "" where it is none of the repository's files."""
    named = given or os.environ.get("TRANSPIPE_PROFILE")
    file, root = Path(named or "").resolve(), place.root.resolve()
    return file.relative_to(root).as_posix() if named and file.is_file() and file.is_relative_to(root) else ""


def _check_out(root: Path, copy: Path, profile: str) -> None:
    """Writes what may count of the index below another root: the profile that was named, what lies where transpipe
    looks, and every file whose name stands in one that names files."""
    left = _tracked(root)
    chosen = {n for n in left if n == profile or n in _FILES or n.startswith((*_FOLDERS, "Jenkinsfile"))}
    names = ""
    while chosen:
        _copy(root, copy, {name: left.pop(name) for name in chosen})
        texts = {n: (copy / n).read_bytes().decode("utf-8", "replace") for n in chosen if (copy / n).is_file()}
        # Profiles name profiles, and the headers of outputs name outputs; whatever else there is names nothing more.
        names = "\n".join(t for n, t in texts.items() if not names or n.endswith((".yaml", ".yml")) or take_apart(t))
        words = frozenset(_BETWEEN_WORDS.split(names))
        chosen = {name for name in left if _named(name, words, names)}


def _named(path: str, words: Set[str], text: str) -> bool:
    """Whether a file's name stands in a text, of which these are the words: to search for each file of a large
    repository in it would take minutes."""
    name = path.rpartition("/")[2]
    if name in words or (_BETWEEN_WORDS.search(name) and name in text):
        return True
    # With a file for each pipeline the profile names what stands before the last dot.
    stem = name.rpartition(".")[0]
    return bool(stem) and stem in words and path.rpartition(".")[0] in text


def _tracked(root: Path, folder: str = "") -> dict[str, str]:
    """Every path in the index below the root, and the folder of the submodule whose index it is in ("": none)."""
    found: dict[str, str] = {}
    for entry in filter(None, _git(root, "ls-files", "--stage", "-z", folder=folder).split("\0")):
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
        above = _above(root, folder)
        with tempfile.TemporaryDirectory(prefix=".git-", dir=copy) as place:
            _git(root, "checkout-index", "-z", "--stdin", f"--prefix={place}/", given="\0".join(names), folder=folder)
            for name in names:
                written = Path(place, above, name)
                if os.path.lexists(written):
                    (copy / folder / name).parent.mkdir(parents=True, exist_ok=True)
                    written.rename(copy / folder / name)


def _half_staged(root: Path) -> str:
    """What to do where a part of the config's changes is staged and another is not."""
    if _git(root, "status", "--porcelain", "-z", "--", CONFIG)[:2] not in ("MM", "AM"):
        return ""
    return (
        f"Only a part of {CONFIG} is staged, and outputs are made of all that is in the working tree. To commit that\n"
        "part alone: `git stash push --keep-index`, `transpipe generate`, stage what it wrote, commit,\n"
        "`git stash pop`.\n"
    )


def _unstaged(root: Path, names: Iterable[str]) -> list[str]:
    """Which of these are not staged as they are, whatever index the commit has."""
    wanted = ("--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *names)
    status = _git(root, "status", *wanted, without=("GIT_INDEX_FILE",)) if wanted[-1] != "--" else ""
    above = f"{_above(root)}/".removeprefix("./")
    return sorted({entry[3:].removeprefix(above) for entry in status.split("\0") if entry[1:2] not in ("", " ")})


def _above(root: Path, folder: str = "") -> PurePosixPath:
    """The way from git's own root to this folder."""
    return PurePosixPath(_git(root, "rev-parse", "--show-prefix", folder=folder).rstrip("\n"))


def _git(root: Path, *arguments: str, given: str = "", folder: str = "", without: tuple[str, ...] = ()) -> str:
    """What git prints, in the `folder` of a submodule where one is named, and without these of its variables. Raises
    WrongUsage."""
    # A hook's git says by variables which repository it is at: not this one.
    without = _OF_REPOSITORY if folder else without
    environment = {name: value for name, value in os.environ.items() if name not in without}
    ran = subprocess.run(
        ["git", *arguments], cwd=root / folder, input=os.fsencode(given), capture_output=True, check=False,
        env={**environment, "GIT_OPTIONAL_LOCKS": "0"},
    )  # fmt: skip
    if ran.returncode:
        raise WrongUsage(f"git {arguments[0]} failed: {os.fsdecode(ran.stderr).strip()}")
    return os.fsdecode(ran.stdout)
