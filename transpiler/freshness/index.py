"""Whether git's index holds files as they are on the disk, from what it remembers of them: no git process is started.

The answer is yes, or that only git can tell. The layout is that of git's Documentation/gitformat-index: entries of 62
bytes and a path, sorted. An index that compresses paths, or with longer object names, gives no yes. This module must
not grow imports.
"""

from __future__ import annotations

import os

from transpiler.freshness.digests import read

_FIXED, _HEADER = 62, 12
_LENGTH = 0x0FFF


def holds(root: str, paths: tuple[str, ...], absent: tuple[str, ...]) -> bool:
    """Whether the index has all these files as they are below the root, a folder of the working tree, and none of the
    absent. Raises OSError if there is no index."""
    top = root
    while not os.path.exists(os.path.join(top, ".git")) and top != os.path.dirname(top):
        top = os.path.dirname(top)
    below = os.path.relpath(root, top).replace(os.sep, "/") + "/" if top != root else ""
    file = _index(top)
    data = read(file)
    written = os.stat(file).st_mtime_ns
    if data[:4] != b"DIRC" or int.from_bytes(data[4:8]) not in (2, 3):
        return False
    if any(data.find(f"{below}{path}".encode() + b"\0") >= 0 for path in absent):
        return False
    return all(_same(data, top, f"{below}{path}", written) for path in paths)


def _index(root: str) -> str:
    if given := os.environ.get("GIT_INDEX_FILE"):
        return os.path.join(root, given)
    place = os.path.join(root, ".git")
    if os.path.isfile(place):
        place = os.path.join(root, read(place).decode().partition("gitdir:")[2].strip())
    return os.path.join(place, "index")


def _same(data: bytes, root: str, path: str, written: int) -> bool:
    start = _entry(data, path.encode())
    if start < 0:
        return False
    entry = data[start : start + _FIXED]
    now = os.lstat(os.path.join(root, path))
    seconds, nanoseconds = int.from_bytes(entry[8:12]), int.from_bytes(entry[12:16])
    # What was written in the moment when the index was may have changed since in the same moment.
    return (
        seconds * 10**9 + nanoseconds == now.st_mtime_ns < written
        and int.from_bytes(entry[20:24]) == now.st_ino & 0xFFFFFFFF
        and int.from_bytes(entry[24:28]) >> 12 == now.st_mode >> 12
        and int.from_bytes(entry[36:40]) == now.st_size & 0xFFFFFFFF
    )


def _entry(data: bytes, name: bytes) -> int:
    """Where the entry of that path begins, -1 where there is none that is merged and plain."""
    end = data.find(name + b"\0", _HEADER + _FIXED)
    while end >= 0:
        flags, start = int.from_bytes(data[end - 2 : end]), end - _FIXED
        if flags == min(len(name), _LENGTH) and (start - _HEADER) % 8 == 0:
            return start
        end = data.find(name + b"\0", end + 1)
    return -1
