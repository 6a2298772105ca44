"""Checkstyle's XML, which Jenkins' plugins and many other programs read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.sax.saxutils import quoteattr

from transpiler.diagnostics import Severity
from transpiler.formats.finding import Finding, Found
from transpiler.report import visible

_SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "info"}


def pieces(found: Iterable[Found]) -> Iterator[str]:
    """The document, as it arrives, with an element for each run of findings in one file; repositories that could not be
    processed are not in it."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<checkstyle version="4.3">\n'
    findings = (finding for finding in found if isinstance(finding, Finding))
    for file, of_file in groupby(findings, lambda finding: finding.file):
        yield f"  <file name={_quoted(file)}>\n"
        yield from map(_error, of_file)
        yield "  </file>\n"
    yield "</checkstyle>\n"


def _error(finding: Finding) -> str:
    diagnostic, span = finding.diagnostic, finding.diagnostic.span
    place = f' line="{span.line}" column="{span.column}"' if span else ""
    return (
        f'    <error{place} severity="{_SEVERITIES[diagnostic.severity]}" message={_quoted(finding.words)} '
        f'source="transpipe.{diagnostic.code}"/>\n'
    )


def _quoted(text: str) -> str:
    # XML has no control characters at all.
    return quoteattr(visible(text))
