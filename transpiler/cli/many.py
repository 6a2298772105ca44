"""Prints the reports of `generate` and `lint` on repositories as they arrive; keeps nothing but counts.

Results go to stdout; messages and the summary of several repositories go to stderr, with a progress bar on a terminal.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from transpiler import report
from transpiler.app.generate import Options, run_all
from transpiler.app.results import Report, Result
from transpiler.cli import tell
from transpiler.cli.progress_bar import Progress
from transpiler.diagnostics import Diagnostic

INTERRUPTED = 130
_ON_STDOUT = ("lint", "check", "diff-check")
"""The modes in which diagnostics are the result, and so go to stdout."""


def report_all(paths: list[str | None], options: Options, jobs: int, *, as_json: bool) -> int:
    """Processes the repositories, prints the reports, and returns the worst exit status."""
    reporter = _Reporter(paths, options, as_json=as_json)
    with closing(run_all(paths, options, jobs)) as reports:
        try:
            found = (diagnostic for made in reports for diagnostic in reporter.report(made))
            if as_json:
                for piece in report.json_array(found):
                    tell.put(piece)
            else:
                for _ in found:
                    pass
        except KeyboardInterrupt:
            reporter.end("interrupted: ")
            return INTERRUPTED
    reporter.end()
    return reporter.code


def words(made: Report, options: Options, *, as_json: bool = False, path: str | None = None) -> tuple[str, str]:
    """What to print of a report on stdout and on stderr; with `as_json`, without its diagnostics."""
    if made.failure:
        return "", tell.failure(made.failure, path)
    if made.place is None:
        return made.output, ""
    on_stdout = options.mode in _ON_STDOUT
    colour = tell.coloured(sys.stdout if on_stdout else sys.stderr)
    text = "" if as_json else tell.text(made.place, made.diagnostics, made.sources, colour=colour)
    done = _done(made, options) if options.mode == "write" else ""
    return (made.output + text, "") if on_stdout else (made.output, text + done)


def _done(made: Report, options: Options) -> str:
    shown = options.out.as_posix() if options.out else made.place.shown if made.place else ""
    return "".join(f"{what} {shown + '/' if shown else ''}{path}\n" for what, path in made.done)


class _Reporter:
    """Prints reports; keeps the worst exit status and the counts so far."""

    def __init__(self, paths: list[str | None], options: Options, *, as_json: bool) -> None:
        self.code = 0
        self._paths = iter(paths)
        self._options, self._as_json = options, as_json
        self._total = len(paths)
        self._counts: Counter[Result] = Counter()
        self._once = tell.Once()
        self._progress = Progress(len(paths))

    def report(self, made: Report) -> Iterator[Diagnostic]:
        """Prints the report on one repository; yields its diagnostics if they are to be printed as JSON."""
        self.code = max(self.code, made.status)
        self._counts[made.result] += 1
        made = self._once.untold(made)
        out, talk = words(made, self._options, as_json=self._as_json, path=next(self._paths))
        if out or talk or made.diagnostics:
            self._progress.close()
        tell.put(out)
        tell.put(talk, sys.stderr)
        if made.result is Result.FRESH and self._total == 1 and self._options.mode == "write":
            tell.put("nothing to do: all outputs are fresh\n", sys.stderr)
        if self._as_json and made.place:
            yield from tell.placed(made.place, made.diagnostics)
        self._progress.step()

    def end(self, how: str = "") -> None:
        """Prints the summary if there was more than one repository."""
        self._progress.close()
        if self._total != 1:
            counts = ", ".join(f"{self._counts[result]:,} {result}" for result in Result if self._counts[result])
            tell.put(f"{how}{self._total:,} repositories{': ' if counts else ''}{counts}\n", sys.stderr)
