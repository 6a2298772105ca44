"""What the repository holds: sources, and nothing that was built or downloaded."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 300_000


def test_no_file_is_large_or_binary() -> None:
    """A tracked file that is a link, is gone from the working tree, or is a submodule has no content to judge."""
    listed = subprocess.run(("git", "ls-files", "-z"), cwd=ROOT, capture_output=True, check=True).stdout
    names = [name.decode() for name in listed.split(b"\0") if name]
    assert len(names) > 500, "git lists the repository's files"
    contents = {name: (ROOT / name).read_bytes() for name in names if (ROOT / name).is_file()}
    assert {name: len(content) for name, content in contents.items() if len(content) > LARGEST} == {}
    assert [name for name, content in contents.items() if b"\0" in content] == []
