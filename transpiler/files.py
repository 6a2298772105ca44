"""Files of a repository that nobody vouches for: whether a path stays inside, and reading no more than is wanted.

What a repository holds is the business of whoever may propose a change to it: links, devices, files without end. This
module must not know what any file means.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG})
_NO_NAMES = frozenset({"", ".", "..", ".git"})


def real(root: Path, path: str) -> Path:
    """Where the path leads, links followed; a loop of links leads nowhere, and stays as it is."""
    return Path(os.path.realpath(root / path))


def inside(root: Path, path: str) -> bool:
    """Whether the path, links followed, is one of the repository's files: neither its root nor git's."""
    parts = path.split("/")
    if _NO_NAMES.isdisjoint(parts) and not _linked(root, parts):
        return True
    found, top = real(root, path), Path(os.path.realpath(root))
    return found != top and found.is_relative_to(top) and ".git" not in found.relative_to(top).parts


def stays(root: Path, path: str) -> bool:
    """Whether a normalised path below the root, links followed, leads to the root or below it: no other part of it is
    looked at than those below the root, unless one is a link."""
    return not _linked(root, path.split("/")) or within(os.path.realpath(root / path), os.path.realpath(root))


def within(path: str, folder: str) -> bool:
    """Whether the one path, both absolute and normalised, is the other or below it."""
    return path == folder or path.startswith(folder if folder.endswith("/") else f"{folder}/")


def _linked(root: Path, parts: list[str]) -> bool:
    """Whether one of these names, each in the one before it, is a link."""
    found = os.fspath(root)
    for part in parts:
        found = f"{found}/{part}"
        if os.path.islink(found):
            return True
    return False


def read(path: Path, most: int) -> bytes | None:
    """At most so many bytes of a regular file, None where there is none. Raises OSError if it cannot be read."""
    try:
        there = os.stat(path)
        if not stat.S_ISREG(there.st_mode):
            return None
        with open(path, "rb", buffering=0) as file:
            # What is asked for is taken of memory: ask for what seems to be there, then for the rest if there is any.
            content = file.read(min(most, there.st_size + 1))
            return content + file.read(most - len(content)) if len(content) > there.st_size else content
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise
