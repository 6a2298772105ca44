"""Workflow commands of GitHub, which Forgejo and Gitea read too: a line for each diagnostic, shown as an annotation of
the file.

The runner obeys any line of a job's log that looks like a command, so everything in a line that comes from a user is
escaped, and what else is printed beside these lines goes through `harmless`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transpiler.diagnostics import Diagnostic, Severity
from transpiler.formats.finding import Finding, Found
from transpiler.report import visible

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_OLD_PREFIX = "##["
"""How an older form of commands begins, anywhere in a line."""


def pieces(found: Iterable[Found]) -> Iterator[str]:
    """A line for each finding, and for each repository that could not be processed."""
    for finding in found:
        if isinstance(finding, Finding):
            yield _line(finding)
        else:
            yield f"::error title=transpipe::{_data(finding.message)}\n"


def harmless(text: str) -> str:
    """The text, changed where the runner would take a part of it for a command."""
    lines = text.replace(_OLD_PREFIX, "## [").replace("\r", "\n").split("\n")
    return "\n".join(f"| {line}" if line.lstrip().startswith("::") else line for line in lines)


def _line(finding: Finding) -> str:
    diagnostic = finding.diagnostic
    properties = {"file": finding.file, **_place(diagnostic), "title": diagnostic.code}
    words = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[diagnostic.severity]} {words}::{_data(finding.words)}\n"


def _place(diagnostic: Diagnostic) -> dict[str, int]:
    span = diagnostic.span
    if not span:
        return {}
    if span.line != span.end_line:
        return {"line": span.line, "endLine": span.end_line}  # it takes columns of one line only
    return {"line": span.line, "endLine": span.line, "col": span.column, "endColumn": span.end_column}


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
