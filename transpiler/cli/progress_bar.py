"""A progress bar, on a terminal only: one line that is redrawn in place, and erased before anything else is written."""

from __future__ import annotations

import os
import sys
import time

from transpiler.cli import tell

_WIDTH = 30
_PAUSE = 0.1


class Progress:
    """How many of `total` are done. Print lines through `line` and `talk`, which erase the bar first."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and total > 1
        self._drawn = 0.0

    def line(self, words: str) -> None:
        """Prints one line of results, on stdout."""
        self.close()
        tell.put(f"{words}\n")

    def talk(self, words: str) -> None:
        """Prints one line on stderr."""
        self.close()
        tell.put(f"{words}\n", sys.stderr)

    def step(self) -> None:
        """Counts one more as done."""
        self._done += 1
        if self._live and time.monotonic() - self._drawn > _PAUSE:
            self._drawn = time.monotonic()
            full = _WIDTH * self._done // max(self._total, 1)
            bar = f"[{'#' * full}{'.' * (_WIDTH - full)}] {self._done}/{self._total}"
            tell.put(f"\r{bar}\x1b[K", sys.stderr)

    def close(self) -> None:
        """Erases the bar."""
        if self._live and self._drawn:
            tell.put("\r\x1b[K", sys.stderr)
            self._drawn = 0.0
