"""Writes outputs to the disk: all or none, each by a rename, and never through a link that leads out of the repository.

The checks that report files which must not be overwritten run before anything is written. This module knows nothing of
the contents of files.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from transpiler.diagnostics import Diagnostics
from transpiler.files import exists, inside, is_file, is_folder, real
from transpiler.freshness.verdicts import State, Verdict
from transpiler.targets import TARGETS, Target

STAGING = ".transpipe-new"
"""A directory below the root that exists only while outputs are written."""

_TAKEN = frozenset({".git", STAGING})

UPDATE = "Update transpipe, or go back to this version"
"""The first half of the hint about a file that a newer transpipe wrote."""


def check_paths(root: Path, paths: tuple[str, ...], diagnostics: Diagnostics) -> None:
    """Reports outputs whose path is outside the repository, in `.git`, or a directory."""
    for path in paths:
        if not _TAKEN.isdisjoint(PurePosixPath(path.casefold()).parts) or not inside(root, path):
            message = f"The path of the output `{path}` is outside the repository, or in `.git` or `{STAGING}`."
            hint = "In the profile, give it a path below the repository's root that follows no link out of it."
            diagnostics.error("output-outside", message, None, hint)
        elif is_folder(root / path):
            message = f"`{path}` is a directory, so transpipe cannot write an output there."
            diagnostics.error("output-is-directory", message, None, "Give the output another path in the profile.")


def check_hidden(root: Path, target: Target, path: str, ours: frozenset[str], diagnostics: Diagnostics) -> None:
    """Reports an output that its engine would ignore because of another file. `ours` are files that transpipe is about
    to delete, which do not count."""
    place = PurePosixPath(path).parts[0]
    for hiding in target.hiding(PurePosixPath(path).as_posix()):
        found = root / hiding
        if (is_file(found) and hiding not in ours) or (is_folder(found) and any(found.iterdir())):
            places = ", ".join(target.looks_in)
            message = (
                f"{target.title} would ignore `{path}`: of {places} it reads only the first that exists, which is "
                f"`{hiding}`."
            )
            goal = f"a file in `{place}/`" if place in target.folders else f"`{place}`"
            hint = f"Move the contents of `{hiding}` to {goal}."
            diagnostics.error("hidden-output", message, None, hint)


def check_verdicts(
    verdicts: tuple[Verdict, ...], diagnostics: Diagnostics, *, force: bool, command: str = "transpipe generate --force"
) -> None:
    """Reports files that must not be overwritten without `force` because a person wrote or edited them, and orphans
    that are kept. `command` is the command in hints that overwrites such files."""
    for path, state, moves in verdicts:
        if state is State.EDITED_ORPHAN:
            message = f"transpipe no longer generates `{path}`, but keeps it because it was edited by hand."
            diagnostics.warning("edited-orphan", message, None, "Delete it when you no longer need the edits.")
        elif state is State.FOREIGN and not force:
            hint = f"{_elsewhere(path)}, choose other targets with `-t`, or overwrite it with `{command}`."
            diagnostics.error("foreign-output", f"`{path}` was {state}.", None, hint)
        elif any(move.newer for move in moves) and not force:
            hint = f"{UPDATE} with `{command}`."
            diagnostics.error("stale-output", f"A newer transpipe wrote `{path}`.", None, hint)
        elif told := None if force else formatted(Verdict(path, state, moves)):
            message, hint = told
            diagnostics.error("edited-output", message, None, f"{hint} Then run `{command}`.")
        elif state is State.EDITED and not force:
            hint = f"Make the change in the config instead, or overwrite the file with `{command}`."
            diagnostics.error("edited-output", f"`{path}` was {state}.", None, hint)


class Told(NamedTuple):
    """A message and the first half of its hint."""

    message: str
    hint: str


def formatted(verdict: Verdict) -> Told | None:
    """What to say of an output in which only the layout was changed, None of any other. No person lost anything, but a
    formatter will do it again."""
    if not any(move.what == "layout" for move in verdict.moves):
        return None
    message = f"`{verdict.path}` was rewritten by a formatter: it differs in white space and quotes alone."
    return Told(message, "Keep the formatter off generated files: `docs/hooks.md` shows how.")


def _elsewhere(path: str) -> str:
    """How to have an output at `path` written elsewhere."""
    found = [target for target in TARGETS.values() for place in target.folders if path.startswith(f"{place}/")]
    return (found or [*TARGETS.values()])[0].elsewhere


def apply(root: Path, files: Mapping[str, str], verdicts: tuple[Verdict, ...]) -> tuple[tuple[str, str], ...]:
    """Writes the files whose verdict is not FRESH and deletes the orphans. If that fails, it restores the old state and
    raises OSError. Returns pairs of "wrote" or "deleted" and a path.

    If the process is killed, each file is either old or new. All new files are on the disk before the first rename, so
    only a kill between two renames can leave some files old and others new. The first of `files` is renamed last,
    because its header has a digest of all other headers: until then the outputs count as stale, and the next run writes
    them again. For the same reason orphans are deleted before the header that lists them is replaced, and among the
    orphans the one whose header lists the others is deleted last.
    """
    writes = {path: files[path] for path, state, _ in verdicts if path in files and state is not State.FRESH}
    orphans = [path for path, state, _ in verdicts if state is State.ORPHAN and inside(root, path)]
    if not writes and not orphans and not os.path.lexists(root / STAGING):
        return ()
    with _naming(next(iter(writes), orphans[0] if orphans else "")), _staging(root) as place:
        staged = {path: _stage(root, path, text, place / str(i)) for i, (path, text) in enumerate(writes.items())}
        _put(root, staged, orphans, next(iter(files), ""))
    for path in orphans:
        _remove_empty(root, path)
    return (*(("wrote", path) for path in writes), *(("deleted", path) for path in orphans))


def write(root: Path, path: str, text: str) -> None:
    """Writes one file of the repository completely or not at all. Raises OSError."""
    with _naming(path), _staging(root) as place:
        _put(root, {path: _stage(root, path, text, place / "0")}, (), "")


def leads_out(root: Path, path: str) -> bool:
    """Whether a path leads out of the repository, by a link or by `..`."""
    return not inside(root, path)


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Names this output in an OSError that names a file which only exists while outputs are written, or none. Nobody
    knows that file."""
    try:
        yield
    except OSError as error:
        # The first file of a failed rename is the new content, the second one the output.
        named = str(error.filename or "")
        if path and (not named or STAGING in Path(os.fsdecode(named)).parts):
            raise OSError(error.errno, _reason(error), path) from error
        raise


def _reason(error: OSError) -> str:
    why = error.strerror or str(error)
    if error.errno == errno.EBUSY:
        return f"{why}: it seems to be a mount of its own, which nothing can replace"
    return f"{why}: outputs are written beside each other first, in {STAGING}" if error.errno == errno.EXDEV else why


@contextmanager
def _staging(root: Path) -> Iterator[Path]:
    """A directory for new files until they are renamed. It removes one that a killed run left, and locks the root, so
    that only one run at a time writes."""
    root.mkdir(parents=True, exist_ok=True)
    place = root / STAGING
    handle = os.open(root, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system has locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        sweep(root)
        place.mkdir(0o700)
        try:
            yield place
        finally:
            sweep(root)
    finally:
        os.close(handle)


def sweep(root: Path) -> None:
    """Removes the staging directory that a killed run left. Raises OSError."""
    place = root / STAGING
    if place.is_symlink():
        place.unlink()
    elif is_folder(place):
        shutil.rmtree(place)


def _stage(root: Path, path: str, content: str | bytes, staged: Path) -> Path:
    """Writes the content to the file `staged`, flushes it to the disk, and gives it the mode of `path` if that
    exists."""
    with _naming(path):
        handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        there = _real(root, path)
        if exists(there):
            staged.chmod(stat.S_IMODE(there.stat().st_mode))
    return staged


def _put(root: Path, staged: Mapping[str, Path], orphans: Sequence[str], first: str) -> None:
    """Deletes the orphans and renames each file to its path, `first` last. If one fails, it restores all of them."""
    made: list[Path] = []
    done: list[str] = []
    paths = [*reversed(orphans), *sorted(staged, key=lambda path: path == first)]
    before = {path: _content(_real(root, path)) for path in paths}
    try:
        for path in staged:
            made += _make_folders(_real(root, path).parent)
        for path in paths:
            done.append(path)
            with _naming(path):
                if path in staged:
                    staged[path].replace(_real(root, path))
                else:
                    _real(root, path).unlink(missing_ok=True)
    except BaseException:
        for number, path in enumerate(reversed(done)):
            _put_back(root, path, before[path], root / STAGING / f"old{number}")
        for folder in reversed(made):
            _remove_if_empty(folder)
        raise


def _put_back(root: Path, path: str, old: bytes | None, staged: Path) -> None:
    if old is None:
        _real(root, path).unlink(missing_ok=True)
    elif _content(_real(root, path)) != old:
        _stage(root, path, old, staged).replace(_real(root, path))


def _make_folders(folder: Path) -> list[Path]:
    missing = [parent for parent in (folder, *folder.parents) if not exists(parent)]
    folder.mkdir(parents=True, exist_ok=True)
    return list(reversed(missing))


def _remove_empty(root: Path, path: str) -> None:
    with suppress(OSError):  # the folder was removed with another orphan, or another process added a file
        _remove_if_empty(_real(root, path).parent)


def _remove_if_empty(folder: Path) -> None:
    if is_folder(folder) and not any(folder.iterdir()):
        folder.rmdir()


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if is_file(path) else None


def _real(root: Path, path: str) -> Path:
    """The file to which the path leads, so that a link in the repository is written through and stays a link. Raises
    OSError if the path leads out of the repository; `check_paths` has reported that already, unless the link is new."""
    if not inside(root, path):
        raise PermissionError(errno.EPERM, "this path leads out of the repository's files", path)
    return real(root, path)
