"""Safe access to the files of an untrusted repository: checks that a path stays inside it, and reads files up to a
limit.

Anyone who may propose a change decides what a repository contains: links, devices, endless files. This module must not
know what any file means.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG})
_NO_NAMES = frozenset({"", ".", "..", ".git"})


def real(root: Path, path: str) -> Path:
    """The path with links followed; a path with a loop of links stays as it is."""
    return Path(os.path.realpath(root / path))


def inside(root: Path, path: str) -> bool:
    """Whether the path, links followed, is one of the repository's files: neither its root nor git's."""
    parts = path.split("/")
    if _NO_NAMES.isdisjoint(parts) and not _linked(root, parts):
        return True
    found, top = real(root, path), Path(os.path.realpath(root))
    return found != top and found.is_relative_to(top) and ".git" not in found.relative_to(top).parts


def stays(root: Path, path: str) -> bool:
    """Whether a normalised path below the root, links followed, leads to the root or below it. It examines only the
    path's parts below the root, unless one of them is a link."""
    return not _linked(root, path.split("/")) or within(os.path.realpath(root / path), os.path.realpath(root))


def below(root: Path, path: str) -> str:
    """A normalised path below the root with the links in it followed; a path that a link leads out of the root stays as
    it is."""
    if not _linked(root, path.split("/")):
        return path
    found, top = os.path.realpath(root / path), os.path.realpath(root)
    return os.path.relpath(found, top) if within(found, top) else path


def within(path: str, folder: str) -> bool:
    """Whether a path is a folder or below it; both are absolute and normalised."""
    return path == folder or path.startswith(folder if folder.endswith("/") else f"{folder}/")


def _linked(root: Path, parts: list[str]) -> bool:
    """Whether one of these names, each in the one before it, is a link."""
    found = os.fspath(root)
    for part in parts:
        found = f"{found}/{part}"
        if os.path.islink(found):
            return True
    return False


def exists(path: Path | str) -> bool:
    """Whether there is anything at a path; "no" for a name that no file can have. Raises OSError if nobody may look."""
    return _mode(path) is not None


def is_file(path: Path | str) -> bool:
    """Whether there is a regular file; see `exists`."""
    mode = _mode(path)
    return mode is not None and stat.S_ISREG(mode)


def is_folder(path: Path | str) -> bool:
    """Whether there is a directory; see `exists`."""
    mode = _mode(path)
    return mode is not None and stat.S_ISDIR(mode)


def _mode(path: Path | str) -> int | None:
    """The mode of a file. pathlib raises an error for a name that is too long, which a text may well hold."""
    try:
        return os.stat(path).st_mode
    except ValueError:  # a NUL character
        return None
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise


_unsaved: ContextVar[Mapping[str, bytes] | None] = ContextVar("unsaved", default=None)


@contextmanager
def unsaved(contents: Mapping[str, bytes]) -> Iterator[None]:
    """Lets contents stand for those of files: an editor's buffers, or what a file would be after a change. They are
    named by their paths with links followed."""
    token = _unsaved.set(contents)
    try:
        yield
    finally:
        _unsaved.reset(token)


def read(path: Path, most: int) -> bytes | None:
    """At most `most` bytes of a regular file; None if there is no such file. Raises OSError if it cannot be read."""
    held = _unsaved.get()
    if held and (content := held.get(os.path.realpath(path))) is not None:
        return content[:most]
    try:
        there = os.stat(path)
        if not stat.S_ISREG(there.st_mode):
            return None
        with open(path, "rb", buffering=0) as file:
            # `read` allocates as much memory as it is asked for: first ask for the file's apparent size, then for the
            # rest, if any.
            content = file.read(min(most, there.st_size + 1))
            return content + file.read(most - len(content)) if len(content) > there.st_size else content
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise
