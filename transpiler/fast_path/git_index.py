"""Checks whether git's index has files as they are on the disk, from the file status in the index, without running git.

The answer is yes, or that only git can decide. The format is that of git's Documentation/gitformat-index: sorted
entries of 62 bytes and a path. The answer is never yes for an index with compressed paths or longer object names. Do
not add imports.
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


def index_agrees(root: str, paths: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether the index has all of `paths` as they are on the disk, and has a file of `others` only if it is the same
    on the disk. A path of `others` that ends in a slash is a folder, and means all files in it. Paths are relative to
    `root`, a folder of the working tree. Raises OSError if there is no index, or if a file is missing on the disk."""
    top, folder = work_tree.top(root), work_tree.folder_of(root)
    below = f"{folder}/" if folder else ""
    file = _index(top)
    data = read(file)
    written = os.stat(file).st_mtime_ns
    if data[:4] != b"DIRC" or int.from_bytes(data[4:8]) not in (2, 3):
        return False
    # A split index has some of its entries in another file, and a sparse index leaves some out.
    if b"link\0\0" in data or b"sdir\0\0" in data:
        return False
    starts = [f"{below}{path}{'' if path.endswith('/') else chr(0)}".encode() for path in others]
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
    # A file whose time is not before the index's may have changed after that without getting another time.
    changed = int.from_bytes(entry[:4]) * 10**9 + int.from_bytes(entry[4:8])
    return (
        seconds * 10**9 + nanoseconds == now.st_mtime_ns < written
        and changed == now.st_ctime_ns
        and int.from_bytes(entry[20:24]) == now.st_ino & 0xFFFFFFFF
        and int.from_bytes(entry[24:28]) >> 12 == now.st_mode >> 12
        and int.from_bytes(entry[36:40]) == now.st_size & 0xFFFFFFFF
    )


def _names(data: bytes, start: bytes) -> Iterator[bytes]:
    """The paths of all entries that start with `start`, including those of unmerged files."""
    at = data.find(start, _HEADER + _FIXED)
    while at >= 0:
        name = data[at : data.find(b"\0", at)]
        # The flags before a path contain its length. An extended entry has two more bytes between them and the path.
        lengths = {int.from_bytes(data[at - back : at - back + 2]) & _LENGTH for back in (2, 4)}
        if min(len(name), _LENGTH) in lengths:
            yield name
        at = data.find(start, at + 1)


def _entry(data: bytes, name: bytes) -> int:
    """The offset of the entry of that path; -1 if there is none, or only an unmerged or extended one."""
    end = data.find(name + b"\0", _HEADER + _FIXED)
    while end >= 0:
        flags, start = int.from_bytes(data[end - 2 : end]), end - _FIXED
        if flags == min(len(name), _LENGTH) and (start - _HEADER) % 8 == 0:
            return start
        end = data.find(name + b"\0", end + 1)
    return -1
