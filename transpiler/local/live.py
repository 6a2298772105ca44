"""Reports progress during a run: as plain lines, or on a terminal also with a line for each running stage."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from transpiler.local.lines import duration, end_lines, last_lines, one_line, title
from transpiler.local.outcome import StageOutcome
from transpiler.records import dataclass

Write = Callable[[str], None]


@dataclass(slots=True)
class Plain:
    """A watcher that writes a line when a stage starts and when it ends. `width` is the length of the longest name."""

    write: Write
    width: int
    colour: bool = False

    def stage_started(self, pipeline: str, stage: str, log: Path) -> None:  # noqa: ARG002
        """Writes a line."""
        self.write(f"{title(pipeline, stage):<{self.width}}  started\n")

    def stage_ended(self, outcome: StageOutcome) -> None:
        """Writes how the stage ended, and why."""
        self.write("".join(f"{line}\n" for line in end_lines(outcome, self.width, colour=self.colour)))

    def teardown_started(self, pipeline: str, log: Path) -> None:
        """Does nothing."""

    def teardown_ended(self, pipeline: str) -> None:
        """Does nothing."""

    def message(self, line: str) -> None:
        """Writes the line."""
        self.write(f"{line}\n")

    def tick(self) -> None:
        """Does nothing, because no line shows a time."""


@dataclass(slots=True)
class Live:
    """A watcher for a terminal. The last lines of the screen are the running stages, each with its time and the last
    line of its log; above them are lines for stages that have ended."""

    write: Write
    width: int
    colour: bool = True
    clock: Callable[[], float] = time.monotonic
    _running: dict[str, tuple[float, Path]] = field(default_factory=dict)
    _drawn: int = 0

    def stage_started(self, pipeline: str, stage: str, log: Path) -> None:
        """Adds a line for the stage."""
        self._running[title(pipeline, stage)] = (self.clock(), log)
        self._draw()

    def stage_ended(self, outcome: StageOutcome) -> None:
        """Replaces the line of the stage by lines that report how it ended."""
        self._running.pop(title(outcome.pipeline, outcome.stage), None)
        self._draw("".join(f"{line}\n" for line in end_lines(outcome, self.width, colour=self.colour)))

    def teardown_started(self, pipeline: str, log: Path) -> None:
        """Adds a line for the teardown."""
        self.stage_started(pipeline, "teardown", log)

    def teardown_ended(self, pipeline: str) -> None:
        """Removes the line of the teardown."""
        self._running.pop(title(pipeline, "teardown"), None)
        self._draw()

    def message(self, line: str) -> None:
        """Writes the line above the running stages."""
        self._draw(f"{line}\n")

    def tick(self) -> None:
        """Redraws the running stages."""
        self._draw()

    def _draw(self, above: str = "") -> None:
        columns, rows = shutil.get_terminal_size()
        # Lines must not wrap, and must all be on the screen: the next redraw moves the cursor up by their number.
        shown = [self._line(name)[: columns - 1] for name in self._running][: max(1, rows - 3)]
        back = f"\x1b[{self._drawn}A" if self._drawn else ""
        self.write(f"{back}\r\x1b[J{above}" + "".join(f"{line}\n" for line in shown))
        self._drawn = len(shown)

    def _line(self, name: str) -> str:
        since, log = self._running[name]
        last = last_lines(log, 1)
        progress = f"  {one_line(last[0]).strip()}" if last else ""
        return f"{name:<{self.width}}  {duration(self.clock() - since):>10}{progress}"
