"""Whether git's index holds files as they are on the disk, from what it remembers of them: no git process is started.

The answer is yes, or that only git can tell. The layout is that of git's Documentation/gitformat-index: entries of 62
bytes and a path, sorted. An index that compresses paths, or with longer object names, gives no yes. This module must
not grow imports.
"""

from __future__ import annotations

import os

from transpiler import work_tree
from transpiler.fast_path.digests import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_FIXED, _HEADER = 62, 12
_LENGTH = 0x0FFF


def holds(root: str, paths: tuple[str, ...], beside: tuple[str, ...]) -> bool:
    """Whether the index has all these files as they are below the root, a folder of the working tree, and of those
    beside, and below folders (with a slash) beside, none that is not there or another. Raises OSError if there is no
    index, or where it has a file that is not there."""
    top, folder = work_tree.top(root), work_tree.folder_of(root)
    below = f"{folder}/" if folder else ""
    file = _index(top)
    data = read(file)
    written = os.stat(file).st_mtime_ns
    if data[:4] != b"DIRC" or int.from_bytes(data[4:8]) not in (2, 3):
        return False
    # A part of the entries is elsewhere in a split index, or in none in a sparse one.
    if b"link\0\0" in data or b"sdir\0\0" in data:
        return False
    starts = [f"{below}{path}{'' if path.endswith('/') else chr(0)}".encode() for path in beside]
    found = {os.fsdecode(name) for start in starts for name in _names(data, start)}
    return all(_same(data, top, path, written) for path in {*found, *(f"{below}{path}" for path in paths)})


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
    changed = int.from_bytes(entry[:4]) * 10**9 + int.from_bytes(entry[4:8])
    return (
        seconds * 10**9 + nanoseconds == now.st_mtime_ns < written
        and changed == now.st_ctime_ns
        and int.from_bytes(entry[20:24]) == now.st_ino & 0xFFFFFFFF
        and int.from_bytes(entry[24:28]) >> 12 == now.st_mode >> 12
        and int.from_bytes(entry[36:40]) == now.st_size & 0xFFFFFFFF
    )


def _names(data: bytes, start: bytes) -> Iterator[bytes]:
    """The paths of all entries, merged or not, that start so."""
    at = data.find(start, _HEADER + _FIXED)
    while at >= 0:
        name = data[at : data.find(b"\0", at)]
        # The flags before a path hold its length; with a further two bytes where they say so.
        lengths = {int.from_bytes(data[at - back : at - back + 2]) & _LENGTH for back in (2, 4)}
        if min(len(name), _LENGTH) in lengths:
            yield name
        at = data.find(start, at + 1)


def _entry(data: bytes, name: bytes) -> int:
    """Where the entry of that path begins, -1 where there is none that is merged and plain."""
    end = data.find(name + b"\0", _HEADER + _FIXED)
    while end >= 0:
        flags, start = int.from_bytes(data[end - 2 : end]), end - _FIXED
        if flags == min(len(name), _LENGTH) and (start - _HEADER) % 8 == 0:
            return start
        end = data.find(name + b"\0", end + 1)
    return -1
