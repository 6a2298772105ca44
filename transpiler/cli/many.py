"""Tells what came of the repositories of `generate` and `lint`, as it comes: counts are all that is kept of one.

Results go to stdout, talk and the summary of several repositories to stderr, with a progress bar on a terminal.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from transpiler import report
from transpiler.app import tell
from transpiler.app.generate import Options, run_all
from transpiler.app.progress_bar import Progress
from transpiler.app.tell import Result, Said
from transpiler.diagnostics import Diagnostic

INTERRUPTED = 130


def tell_all(paths: list[str | None], options: Options, jobs: int) -> int:
    """Compiles them, tells, and returns the exit status: the worst of all."""
    teller = _Teller(len(paths), options.mode)
    with closing(run_all(paths, options, jobs)) as all_said:
        try:
            found = (diagnostic for said in all_said for diagnostic in teller.tell(said))
            if options.form == "json":
                for piece in report.json_array(found):
                    tell.put(piece)
            else:
                for _ in found:
                    pass
        except KeyboardInterrupt:
            teller.end("interrupted: ")
            return INTERRUPTED
    teller.end()
    return teller.code


class _Teller:
    """The worst exit status and the counts so far."""

    def __init__(self, total: int, mode: str) -> None:
        self.code = 0
        self._one_written = total == 1 and mode == "write"
        self._total = total
        self._counts: Counter[Result] = Counter()
        self._progress = Progress(total)

    def tell(self, said: Said) -> Iterator[Diagnostic]:
        """Says what came of one repository, and gives its diagnostics, where they are not words already."""
        self.code = max(self.code, said.code)
        self._counts[said.result] += 1
        if said.out or said.talk or said.diagnostics:
            self._progress.close()
        tell.put(said.out)
        tell.put(said.talk, sys.stderr)
        if said.result is Result.FRESH and self._one_written:
            tell.put("nothing to do: all outputs are fresh\n", sys.stderr)
        yield from said.diagnostics
        self._progress.step()

    def end(self, how: str = "") -> None:
        """The summary, where there was more than one repository to see."""
        self._progress.close()
        if self._total != 1:
            counts = ", ".join(f"{self._counts[result]:,} {result}" for result in Result if self._counts[result])
            tell.put(f"{how}{self._total:,} repositories{': ' if counts else ''}{counts}\n", sys.stderr)
