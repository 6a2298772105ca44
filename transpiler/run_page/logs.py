"""The end of a log as text to show: no colours, nothing that a terminal would obey, and not more than a page takes."""

from __future__ import annotations

from pathlib import Path

from transpiler.local.lines import plain
from transpiler.records import dataclass

_MOST = 256 * 1024
_MOST_LINES = 2_000


@dataclass(frozen=True, slots=True)
class Log:
    """The text, the path of the whole log, and how much of it is left out, in words; "" for nothing."""

    text: str
    path: str
    left_out: str


def read(log: Path | None) -> Log:
    """The end of a log. A log that cannot be read is empty."""
    if log is None:
        return Log("", "", "")
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _MOST))
            content = file.read()
    except OSError:
        return Log("", str(log), "")
    lines = content.decode("utf-8", "replace").split("\n")
    more = "" if size <= _MOST else f"{(size - _MOST) / 1_000_000:.1f} MB"
    if more:
        lines = lines[1:]
    if len(lines) > _MOST_LINES + 1:
        more = more or f"{len(lines) - _MOST_LINES - 1} lines"
        lines = lines[-_MOST_LINES - 1 :]
    return Log("\n".join(map(plain, lines)).strip("\n"), str(log), more)
