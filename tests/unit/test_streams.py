"""Who may speak: commands return values, and only `cli/` writes to the terminal."""

import re
from pathlib import Path

import transpiler

PACKAGE = Path(transpiler.__file__).parent
STREAMS = re.compile(r"\bsys\.(stdout|stderr)\b|\bprint\(")


def test_only_the_command_line_writes_to_a_stream() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if STREAMS.search(path.read_text("utf-8"))]
    speaking = {path.relative_to(PACKAGE).as_posix() for path in files}
    others = {path for path in speaking if not path.startswith("cli/")}
    # It tells of an interruption; the other is the text of a program that GitHub's runner runs.
    assert others == {"entry.py", "targets/github/summary.py"}
