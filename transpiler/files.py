"""Files of a repository that nobody vouches for: whether a path stays inside, and reading no more than is wanted.

What a repository holds is the business of whoever may propose a change to it: links, devices, files without end. This
module must not know what any file means.
"""

from __future__ import annotations

import errno
import os
import stat
from itertools import accumulate
from pathlib import Path

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG})


def real(root: Path, path: str) -> Path:
    """Where the path leads, links followed; a loop of links leads nowhere, and stays as it is."""
    return Path(os.path.realpath(root / path))


def inside(root: Path, path: str) -> bool:
    """Whether the path, links followed, is one of the repository's files: neither its root nor git's."""
    found, top = real(root, path), Path(os.path.realpath(root))
    return found != top and found.is_relative_to(top) and ".git" not in found.relative_to(top).parts


def stays(root: Path, path: str) -> bool:
    """Whether a normalised path below the root, links followed, leads to the root or below it: no other part of it is
    looked at than those below the root, unless one is a link."""
    parts = accumulate(path.split("/"), os.path.join, initial=os.fspath(root))
    next(parts)
    return not any(map(os.path.islink, parts)) or real(root, path).is_relative_to(os.path.realpath(root))


def read(path: Path, most: int) -> bytes | None:
    """At most so many bytes of a regular file, None where there is none. Raises OSError if it cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise
