"""What is about to be committed, judged as it would be checked out: for a plain git hook.

The pre-commit program puts aside what is not staged before it runs hooks; plain git does not. So the files that count
are taken from the index into a directory of their own and checked there. The working tree is only written to when what
is staged is not fresh.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from transpiler.cli import hooking
from transpiler.cli.generate import Options
from transpiler.cli.place import CONFIG, Place, WrongUsage, repository
from transpiler.cli.tell import Exit, Said
from transpiler.freshness.quick import PLACES
from transpiler.records import replace

_FOLDERS = (".pipeline/", ".zuul.d/", "zuul.d/")
_FILES = (*PLACES, "zuul.yaml", ".zuul.yaml")


def judged(path: str | None, options: Options) -> Said:
    """Whether what is staged is fresh; if not, and unless only a check was asked for, the working tree is brought in
    step and the command that stages it shown. Raises WrongUsage, OSError."""
    place = repository(path)
    with tempfile.TemporaryDirectory(prefix="transpipe-") as temporary:
        copy = replace(place, root=Path(temporary).resolve())
        _check_out(place.root, copy.root)
        # What the check prints is about the repository, not about the copy.
        own = replace(options, mode="check", profile=_profile(place, copy, options.profile))
        said = _said(copy, own)
    if said.code != Exit.FINDINGS:
        return said
    head = "What is staged is not fresh:\n"
    if options.mode == "check":
        return replace(said, out=head + said.out)
    worked = hooking.work(path, options)
    # The same mistake in what is staged and in the working tree is told once.
    first = "" if said.out in (worked.out, worked.talk) else said.out
    talk = head + first + said.talk + worked.out + worked.talk
    if worked.code == Exit.FINE:
        changed = _unstaged(place.root, (CONFIG, *(name for _, name in said.done)))
        names = [f"{place.shown}/{name}" if place.shown else name for name in changed]
        talk += f"The working tree is. Stage it: {shlex.join(['git', 'add', '--', *names])}\n" if names else ""
    return Said(max(said.code, worked.code), talk=talk)


def _said(copy: Place, options: Options) -> Said:
    if not (copy.root / copy.config).is_file():
        return hooking.without_config(copy, options)
    return hooking.in_place(copy, None, options)


def _profile(place: Place, copy: Place, given: str | None) -> str | None:
    """The profile that was named, as it is staged where it is the repository's."""
    file = Path(given or os.environ.get("TRANSPIPE_PROFILE") or "").resolve()
    if given is None and not os.environ.get("TRANSPIPE_PROFILE"):
        return None
    if not file.is_file() or not file.is_relative_to(place.root.resolve()):
        return given
    return str(copy.root / file.relative_to(place.root.resolve()))


def _check_out(root: Path, copy: Path) -> None:
    """Writes what may count of the index below another root: what lies where transpipe looks, and every file whose
    name stands in one of these."""
    listed = [name for name in _git(root, "ls-files", "-z").split("\0") if name]
    usual = [name for name in listed if name.startswith(_FOLDERS) or name in _FILES or name.startswith("Jenkinsfile")]
    _copy(root, copy, usual)
    texts = [(copy / name).read_bytes() for name in usual if (copy / name).is_file()]
    names = b"\n".join(texts).decode("utf-8", "replace")
    _copy(root, copy, set(listed) - set(usual), mentioned_in=names)


def _copy(root: Path, copy: Path, names: Iterable[str], mentioned_in: str | None = None) -> None:
    chosen = [n for n in names if mentioned_in is None or PurePosixPath(n).name in mentioned_in]
    if chosen:
        _git(root, "checkout-index", "-z", "--stdin", f"--prefix={copy}/", given="\0".join(chosen))


def _unstaged(root: Path, names: Iterable[str]) -> list[str]:
    """Which of these are not staged as they are."""
    status = _git(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *names)
    return sorted({entry[3:] for entry in status.split("\0") if entry[1:2] not in ("", " ")})


def _git(root: Path, *arguments: str, given: str = "") -> str:
    ran = subprocess.run(
        ["git", *arguments], cwd=root, input=os.fsencode(given), capture_output=True, check=False
    )  # fmt: skip
    if ran.returncode:
        raise WrongUsage(f"git {arguments[0]} failed: {os.fsdecode(ran.stderr).strip()}")
    return os.fsdecode(ran.stdout)
