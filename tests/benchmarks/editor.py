"""How long an editor waits: `python tests/benchmarks/editor.py [LINES]` types into a config of that many lines (500),
in a real `transpipe lsp`, and prints the time from a keystroke to its diagnostics."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lsprotocol import types
from support.language_server import Editor, editor

KEYSTROKES = 60
AIM = 50
STAGES = """\
  service-{0}:
    dockerfile: Dockerfile
    execution:
      - [build, unit]
      - [build, lint]
    stages:
      - name: build
        build: test
      - name: unit
        run:
          image: '${{build.imageID}}'
          arguments: [unit, --all]
          env:
            MODE: ci
      - name: lint
        run:
          image: '${{build.imageID}}'
          arguments: [lint]
"""


def config(lines: int) -> str:
    """A config of about that many lines, without mistakes."""
    parts = ["project: team/ores\npipelines:\n"]
    while sum(part.count("\n") for part in parts) < lines:
        parts.append(STAGES.format(len(parts)))
    return "".join(parts)


async def typed(ed: Editor, uri: str, text: str) -> list[float]:
    """Milliseconds from each keystroke to its diagnostics; a name is typed in the middle of the file."""
    line = next(i for i, one in enumerate(text.splitlines()) if i > text.count("\n") // 2 and "[build, lint]" in one)
    column = text.splitlines()[line].index("]")
    found = []
    for i in range(KEYSTROKES):
        at = types.Position(line, column + i % 4)
        begun = time.perf_counter()
        if i % 8 < 4:
            ed.write(uri, i + 2, "lint"[i % 4], types.Range(at, at))
        else:
            back = types.Position(line, column + 3 - i % 4)
            ed.write(uri, i + 2, "", types.Range(back, types.Position(line, back.character + 1)))
        await ed.diagnostics(uri, i + 2)
        found.append((time.perf_counter() - begun) * 1000)
    return found


def processor_time(ed: Editor) -> float:
    """Milliseconds of processor time that the server has used so far; 0 where that is not told."""
    server = getattr(ed.client, "_server", None)
    stat = Path(f"/proc/{server.pid}/stat") if server else Path()
    if not stat.is_file():
        return 0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


async def main(lines: int) -> None:
    """Prints one line."""
    text = config(lines)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / ".pipeline").mkdir()
        (root / "Dockerfile").write_text("FROM scratch AS test\n")
        async with editor() as ed:
            uri = ed.open(root / ".pipeline/config.yaml", text)
            await ed.diagnostics(uri)
            before = processor_time(ed)
            found = sorted(await typed(ed, uri, text))
            used = (processor_time(ed) - before) / KEYSTROKES
    median, late = statistics.median(found), found[len(found) * 95 // 100]
    print(
        f"{text.count(chr(10))} lines, {KEYSTROKES} keystrokes: diagnostics after {median:.0f} ms in the median, "
        f"{late:.0f} ms for the slowest 5 %, {used:.0f} ms of processor time each (aim: {AIM} ms in the median on an "
        f"idle machine; {median / AIM:.2f} of it)"
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
