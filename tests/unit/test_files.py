"""Reading no more of a file than is wanted, and all that is wanted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from transpiler.files import exists, is_file, is_folder, read


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


LONG = "a" * 5_000


@pytest.mark.parametrize("name", ["no", LONG, f"file/{LONG}", "file/b", "a\0b", "loop"])
def test_a_name_that_no_file_can_have_is_no_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    assert (exists(tmp_path / name), is_file(tmp_path / name), is_folder(tmp_path / name)) == (False, False, False)


def test_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert (exists(tmp_path / "file"), is_file(tmp_path / "file"), is_folder(tmp_path / "file")) == (True, True, False)
    assert (exists(tmp_path), is_file(tmp_path), is_folder(tmp_path)) == (True, False, True)


def test_no_module_asks_pathlib_which_fails_for_a_name_that_is_too_long() -> None:
    package = Path(__file__).parents[2] / "transpiler"
    asking = re.compile(r"\.(exists|is_file|is_dir)\(\)")
    found = [path.name for path in package.rglob("*.py") if asking.search(path.read_text())]
    assert found == []
