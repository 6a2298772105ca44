"""The lines that report a run on the terminal. Control characters in text from users and programs are made visible."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from transpiler.local.outcome import End, StageOutcome
from transpiler.report import visible

_COLOURS = {
    End.SUCCEEDED: "32",
    End.ALLOWED: "33",
    End.FAILED: "1;31",
    End.PREPARED: "32",
    End.STOPPED: "33",
    End.NOT_STARTED: "33",
}
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TAIL = 20
_LONG = 4096


def title(pipeline: str, stage: str) -> str:
    """The name of a stage, as it is written on the command line."""
    return one_line(f"{pipeline}/{stage}")


def one_line(text: str) -> str:
    """The text on one line, without escape sequences for colours, and with other control characters made visible."""
    return visible(_ESCAPES.sub("", text).replace("\n", " "))


def plain(line: str) -> str:
    """A line of a log as a terminal would leave it: of texts that replace each other by `\\r`, only the last."""
    return visible(_ESCAPES.sub("", line.rstrip("\r").rpartition("\r")[2]).expandtabs())


def duration(seconds: float) -> str:
    """A duration for people: `0.4 s`, `12 s`, `2 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def coloured(end: End, *, colour: bool, width: int = 0) -> str:
    """The word for how a stage ended, padded to `width`."""
    word = f"{end.value:<{width}}"
    return f"\x1b[{_COLOURS[end]}m{word}\x1b[0m" if colour else word


def end_lines(outcome: StageOutcome, width: int, *, colour: bool) -> Iterator[str]:
    """The lines that report how a stage ended; if it failed, allowed or not, with the end of its log."""
    spent = f" in {duration(outcome.seconds)}" if outcome.end is not End.NOT_STARTED else ""
    why = f": {one_line(outcome.why)}" if outcome.why else ""
    name = title(outcome.pipeline, outcome.stage)
    yield f"{name:<{width}}  {coloured(outcome.end, colour=colour)}{spent}{why}"
    for note in outcome.notes:
        yield f"    {one_line(note)}"
    if outcome.end in (End.FAILED, End.ALLOWED) and outcome.log:
        for line in last_lines(outcome.log, _TAIL):
            yield f"    | {one_line(line)}"


def last_lines(log: Path, count: int) -> tuple[str, ...]:
    """The last `count` lines of a log that are not empty. It reads only the end of the log, and returns no lines if the
    log does not exist yet."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - count * _LONG))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ()
    # tools show progress by `\r` and a new text on the same line: only the last text counts
    written = [line.rstrip("\r").rpartition("\r")[2].rstrip() for line in text.split("\n")]
    return tuple([line for line in written if line][-count:])
