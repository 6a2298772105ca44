"""Reading no more of a file than is wanted, and all that is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpiler.files import read


@pytest.mark.parametrize(("most", "content"), [(0, b""), (3, b"abc"), (5, b"abcde"), (9, b"abcde")])
def test_as_much_is_read_as_is_wanted_and_there(tmp_path: Path, most: int, content: bytes) -> None:
    (tmp_path / "file").write_bytes(b"abcde")
    assert read(tmp_path / "file", most) == content


def test_a_file_that_is_larger_than_it_seems_is_read_whole() -> None:
    """As one is that grows; the kernel says of its own that they are empty."""
    status = Path("/proc/self/status")
    assert status.stat().st_size == 0
    assert b"\nVmPeak:" in (read(status, 1 << 20) or b"")
    assert len(read(status, 10) or b"") == 10


def test_where_there_is_no_regular_file_there_is_nothing(tmp_path: Path) -> None:
    assert read(tmp_path / "none", 10) is None
    assert read(tmp_path, 10) is None
    assert read(Path("/dev/zero"), 10) is None
