"""What the compiler reports about a user's input: the place, the severity, what is wrong, and what to write instead.

A mistake in a config or a profile is a `Diagnostic`, never an exception; an exception is a bug, or a failure of the
disk or the network. This module knows nothing of YAML, CI or how a diagnostic is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from enum import StrEnum
from typing import NamedTuple

from transpiler.records import dataclass


class Severity(StrEnum):
    """The severity of a diagnostic; an error means that nothing is written."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Span(NamedTuple):
    """A range of a file. Lines and columns count from 1, columns in characters; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Change(NamedTuple):
    """A text that takes the place of what a span covers; a span that covers nothing says where to insert it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What a hint says to write, if that is one sure edit: changes, which do not overlap, to be made together."""

    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One reported problem or note. `code` has a file in `schemas/diagnostics/`; `hint` is what to write instead, and
    `fix` is the same as an edit: None if the hint leaves a choice to the author. `file` is the file that it is about if
    it points to no place in one, such as an output ("": none or many)."""

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    hint: str = ""
    file: str = field(default="", compare=False)
    fix: Fix | None = None

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """Sorts diagnostics by file, then place, then code."""
        file, line, column = (self.span.file, self.span.line, self.span.column) if self.span else ("", 0, 0)
        return (file, line, column, self.code, self.message)


class Diagnostics:
    """Collects what every phase of the compiler reports; equal diagnostics count once."""

    def __init__(self) -> None:
        self._all: dict[Diagnostic, None] = {}

    def error(self, code: str, message: str, span: Span | None = None, hint: str = "", fix: Fix | None = None) -> None:
        """Reports that the input cannot be compiled."""
        self.add(Diagnostic(code, Severity.ERROR, message, span, hint, fix=fix))

    def warning(
        self, code: str, message: str, span: Span | None = None, hint: str = "", fix: Fix | None = None
    ) -> None:
        """Reports that the input is probably not what its author wants."""
        self.add(Diagnostic(code, Severity.WARNING, message, span, hint, fix=fix))

    def note(self, code: str, message: str, span: Span | None = None, hint: str = "", fix: Fix | None = None) -> None:
        """Reports how something ambiguous was read, or that something is better written in another way."""
        self.add(Diagnostic(code, Severity.NOTE, message, span, hint, fix=fix))

    def add(self, diagnostic: Diagnostic) -> None:
        """Adds a diagnostic that was made elsewhere."""
        self._all[diagnostic] = None

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Adds all of these."""
        self._all.update(dict.fromkeys(diagnostics))

    @property
    def failed(self) -> bool:
        """Whether there is an error, so that nothing may be written."""
        return any(d.severity is Severity.ERROR for d in self._all)

    def __iter__(self) -> Iterator[Diagnostic]:
        """All of them, sorted by place."""
        return iter(sorted(self._all, key=lambda d: d.order))

    def __len__(self) -> int:
        return len(self._all)
