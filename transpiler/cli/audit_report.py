"""Reads the audits of repositories as they arrive, prints them, and writes the page."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transpiler import formats
from transpiler.app.audit import Options, audit_all
from transpiler.app.audit_totals import nothing
from transpiler.app.audited import Audited, Standing, plain
from transpiler.app.results import Exit
from transpiler.cli import audit_words as words
from transpiler.cli import tell
from transpiler.cli.audit import FailOn
from transpiler.cli.many import INTERRUPTED, findings
from transpiler.cli.progress_bar import Progress
from transpiler.diagnostics import Severity
from transpiler.formats.finding import Found
from transpiler.records import dataclass, replace

if TYPE_CHECKING:
    from transpiler.audit_page import Page


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of an audit: the form to print it in (`text`, `totals` or one of `formats.DOCUMENTS`), the profile
    (None: each repository's own), the file for the page (None: no page), what makes it fail, and whether to tell
    costs."""

    form: str
    profile: str | None
    html: Path | None
    fail_on: frozenset[FailOn]
    cost: bool = False


def report_audits(paths: list[str], wanted: Wanted, jobs: int) -> int:
    """Audits the repositories, prints what was found, writes the page, and returns the exit status. Raises OSError if
    the page cannot be written."""
    reader = _Reader(wanted, len(paths))
    options = Options(wanted.profile, pictures=wanted.html is not None, cost=wanted.cost)
    with closing(audit_all(paths, options, jobs)) as audits:
        try:
            for piece in _FORMS.get(wanted.form, _document)(reader, audits):
                if piece:
                    reader.progress.close()
                    tell.put(piece)
        except KeyboardInterrupt:
            reader.progress.talk("interrupted")
            return INTERRUPTED
    reader.progress.close()
    if reader.page and wanted.html:
        reader.page.write(wanted.html, reader.totals.plain())
        tell.put(f"wrote {wanted.html}\n", sys.stderr)
    return reader.code


class _Reader:
    """Takes in one audit after the other: the totals, the page, the exit status, and bugs, which are told at once."""

    def __init__(self, wanted: Wanted, number: int) -> None:
        self.totals, self.progress, self.code, self.form = nothing(), Progress(number), 0, wanted.form
        self.page: Page | None = None
        self.once = tell.Once()
        self._fail_on = wanted.fail_on
        if wanted.html:
            from transpiler.audit_page import Page

            self.page = Page()

    def data(self, audited: Audited) -> dict[str, Any]:
        """The data of the next audit."""
        data = plain(audited)
        self.totals.add(data)
        if self.page:
            self.page.add(data, tuple((pipeline.notation, pipeline.picture) for pipeline in audited.pipelines))
        if audited.standing is Standing.BUG and audited.report.failure:
            self.progress.close()
            tell.put(formats.harmless(self.form)(tell.failure(audited.report.failure, audited.name)), sys.stderr)
            self.code = max(self.code, audited.report.status)
        if any(_SIGNS[sign](audited) for sign in self._fail_on):
            self.code = max(self.code, Exit.FINDINGS)
        self.progress.step()
        return data


_SIGNS: Mapping[FailOn, Callable[[Audited], bool]] = {
    FailOn.STALE: lambda audited: audited.needs_work,
    FailOn.ERROR: lambda audited: audited.has(Severity.ERROR),
    FailOn.WARNING: lambda audited: audited.has(Severity.ERROR) or audited.has(Severity.WARNING),
}


def _text(reader: _Reader, audits: Iterable[Audited]) -> Iterator[str]:
    for audited in audits:
        yield words.of_repository(reader.data(audited))
    yield f"\n{words.of_totals(reader.totals.plain())}" if reader.totals.repositories != 1 else ""


def _totals(reader: _Reader, audits: Iterable[Audited]) -> Iterator[str]:
    for audited in audits:
        reader.data(audited)
        yield ""
    yield words.of_totals(reader.totals.plain())


def _json(reader: _Reader, audits: Iterable[Audited]) -> Iterator[str]:
    yield '{\n  "repositories": ['
    before = ""
    for audited in audits:
        # One line for each: quick to write, and to search.
        yield f"{before}\n    {json.dumps(reader.data(audited), ensure_ascii=False)}"
        before = ","
    yield "\n  ],\n" if before else "],\n"
    yield f'  "totals": {json.dumps(reader.totals.plain(), ensure_ascii=False)}\n}}\n'


def _document(reader: _Reader, audits: Iterable[Audited]) -> Iterator[str]:
    return formats.pieces(reader.form)(_found(reader, audits))


def _found(reader: _Reader, audits: Iterable[Audited]) -> Iterator[Found]:
    """The diagnostics of all repositories, with those about outputs; what several share is told once."""
    for audited in audits:
        reader.data(audited)
        whole = replace(audited.report, diagnostics=(*audited.report.diagnostics, *audited.stale))
        yield from findings(reader.once.untold(whole), audited.name)


_FORMS: Mapping[str, Callable[[_Reader, Iterable[Audited]], Iterator[str]]] = {
    formats.TEXT: _text,
    "totals": _totals,
    "json": _json,
}
"""The forms of its own; the others are documents of diagnostics."""
