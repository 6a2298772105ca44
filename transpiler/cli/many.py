"""Prints the reports of `generate` and `lint` on repositories as they arrive; keeps nothing but counts.

Results go to stdout; messages and the summary of several repositories go to stderr, with a progress bar on a terminal.
A document for another program (`transpiler.formats`) is the only thing on stdout.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from transpiler import formats
from transpiler.app.generate import Options, run_all
from transpiler.app.results import Report, Result
from transpiler.cli import tell
from transpiler.cli.progress_bar import Progress
from transpiler.diagnostics import Severity
from transpiler.formats.finding import Finding, Found, Unprocessed
from transpiler.records import replace
from transpiler.report import lines, page

INTERRUPTED = 130
_ON_STDOUT = ("lint", "fix", "check", "diff-check")
"""The modes in which diagnostics are the result, and so go to stdout."""


def report_all(paths: list[str | None], options: Options, jobs: int, form: str) -> int:
    """Processes the repositories, prints the reports in a form (`text` or one of `formats.DOCUMENTS`), and returns the
    worst exit status."""
    reporter = _Reporter(paths, options, form)
    with closing(run_all(paths, options, jobs)) as reports:
        try:
            found = (one for made in reports for one in reporter.report(made))
            for piece in formats.pieces(form)(found) if form != formats.TEXT else ("" for _ in found):
                tell.put(piece)
        except KeyboardInterrupt:
            reporter.end("interrupted: ")
            return INTERRUPTED
    reporter.end()
    return reporter.code


def words(made: Report, options: Options, *, document: bool = False, path: str | None = None) -> tuple[str, str]:
    """What to print of a report on stdout and on stderr; without its diagnostics if they are in a document."""
    if made.failure:
        return "", tell.failure(made.failure, path)
    if made.place is None:
        return made.output, ""
    on_stdout = options.mode in _ON_STDOUT
    colour = tell.coloured(sys.stdout if on_stdout else sys.stderr)
    text = "" if document else tell.text(made.place, made.diagnostics, made.sources, colour=colour)
    done = _done(made, options) if options.mode in ("write", "fix", "fix-diff") else ""
    if options.verbose:
        codes = sorted({diagnostic.code for diagnostic in made.diagnostics})
        done += "".join(f"{code} is explained in {page(code)}\n" for code in codes)
    if options.verbose and made.profile:
        done += f"profile: {made.profile}\n" + "".join(f"fresh {made.place.call(name)}\n" for name in made.fresh)
    return (made.output + text, done) if on_stdout else (made.output, text + done)


def findings(made: Report, path: str | None) -> Iterator[Found]:
    """What a document says of a report; `path` is the argument that named the repository."""
    if made.failure:
        name = f"{path}: " if made.failure.bug and path else ""
        yield Unprocessed(f"{name}{'a bug: ' if made.failure.bug else ''}{made.failure.message}")
    if not made.place:
        return
    known = {name: lines(text) for name, text in made.sources.items()}
    placed = tell.placed(made.place, made.diagnostics)
    for diagnostic, shown in zip(made.diagnostics, placed, strict=True):
        span = diagnostic.span
        text = known.get(span.file, []) if span else []
        line = text[span.line - 1] if span and 0 < span.line <= len(text) else ""
        yield Finding(shown, made.place.call(made.place.config), line)


def _done(made: Report, options: Options) -> str:
    shown = options.out.as_posix() if options.out else made.place.shown if made.place else ""
    return "".join(f"{what} {shown + '/' if shown else ''}{path}\n" for what, path in made.done)


class _Reporter:
    """Prints reports; keeps the worst exit status and the counts so far."""

    def __init__(self, paths: list[str | None], options: Options, form: str) -> None:
        self.code = 0
        self._paths = iter(paths)
        self._options, self._form = options, form
        self._total = len(paths)
        self._counts: Counter[Result] = Counter()
        self._once = tell.Once()
        self._progress = Progress(len(paths))

    def report(self, made: Report) -> Iterator[Found]:
        """Prints the report on one repository; yields what a document says of it, if it is for one."""
        self.code = max(self.code, made.status)
        if self._options.quiet:
            wrong = tuple(d for d in made.diagnostics if d.severity is Severity.ERROR)
            made = replace(made, diagnostics=wrong, done=())
        self._counts[made.result] += 1
        made, path, document = self._once.untold(made), next(self._paths), self._form != formats.TEXT
        out, talk = words(made, self._options, document=document, path=path)
        if out or talk or made.diagnostics:
            self._progress.close()
        tell.put(out)
        self._talk(talk)
        said_nothing = self._total == 1 and self._options.mode == "write" and not self._options.quiet
        if made.result is Result.FRESH and said_nothing:
            self._talk("nothing to do: all outputs are fresh\n")
        if document:
            yield from findings(made, path)
        self._progress.step()

    def _talk(self, talk: str) -> None:
        tell.put(formats.harmless(self._form)(talk), sys.stderr)

    def end(self, how: str = "") -> None:
        """Prints the summary if there was more than one repository."""
        self._progress.close()
        if self._total != 1:
            counts = ", ".join(f"{self._counts[result]:,} {result}" for result in Result if self._counts[result])
            tell.put(f"{how}{self._total:,} repositories{': ' if counts else ''}{counts}\n", sys.stderr)
