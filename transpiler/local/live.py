"""What is told while a run goes on: plain lines, or on a terminal also a line for each stage that is running."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from transpiler.local.lines import duration, ended, last_lines, one_line, title
from transpiler.local.outcome import StageOutcome
from transpiler.records import dataclass

Write = Callable[[str], None]


@dataclass(slots=True)
class Plain:
    """A line when a stage starts and when it ends. `width` is that of the longest name."""

    write: Write
    width: int
    colour: bool = False

    def started(self, pipeline: str, stage: str, log: Path) -> None:  # noqa: ARG002
        """Says so."""
        self.write(f"{title(pipeline, stage):<{self.width}}  started\n")

    def ended(self, outcome: StageOutcome) -> None:
        """Says so, and why."""
        self.write("".join(f"{line}\n" for line in ended(outcome, self.width, colour=self.colour)))

    def cleaning(self, pipeline: str, log: Path) -> None:
        """Nothing."""

    def cleaned(self, pipeline: str) -> None:
        """Nothing."""

    def said(self, line: str) -> None:
        """Says it."""
        self.write(f"{line}\n")

    def tick(self) -> None:
        """Nothing: time is no news."""


@dataclass(slots=True)
class Live:
    """Ended stages scroll by; below them stand those that run, each with its time and the last line of its log."""

    write: Write
    width: int
    colour: bool = True
    clock: Callable[[], float] = time.monotonic
    _running: dict[str, tuple[float, Path]] = field(default_factory=dict)
    _drawn: int = 0

    def started(self, pipeline: str, stage: str, log: Path) -> None:
        """Adds a line."""
        self._running[title(pipeline, stage)] = (self.clock(), log)
        self._draw()

    def ended(self, outcome: StageOutcome) -> None:
        """Makes the line a final one."""
        self._running.pop(title(outcome.pipeline, outcome.stage), None)
        self._draw("".join(f"{line}\n" for line in ended(outcome, self.width, colour=self.colour)))

    def cleaning(self, pipeline: str, log: Path) -> None:
        """Adds a line."""
        self.started(pipeline, "teardown", log)

    def cleaned(self, pipeline: str) -> None:
        """Takes the line away."""
        self._running.pop(title(pipeline, "teardown"), None)
        self._draw()

    def said(self, line: str) -> None:
        """Puts it above the running stages."""
        self._draw(f"{line}\n")

    def tick(self) -> None:
        """Draws the running stages anew."""
        self._draw()

    def _draw(self, above: str = "") -> None:
        columns, rows = shutil.get_terminal_size()
        # no line wraps and none is lost above the screen, so that the way back is as long as the way here
        shown = [self._line(name)[: columns - 1] for name in self._running][: max(1, rows - 3)]
        back = f"\x1b[{self._drawn}A" if self._drawn else ""
        self.write(f"{back}\r\x1b[J{above}" + "".join(f"{line}\n" for line in shown))
        self._drawn = len(shown)

    def _line(self, name: str) -> str:
        since, log = self._running[name]
        last = last_lines(log, 1)
        said = f"  {one_line(last[0]).strip()}" if last else ""
        return f"{name:<{self.width}}  {duration(self.clock() - since):>10}{said}"
