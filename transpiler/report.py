"""Diagnostics for people (a snippet with a caret under the place) and for programs (JSON).

A user's text never reaches the terminal raw: control characters are shown as escapes. This module knows neither YAML
nor any engine, and writes nothing.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from transpiler.cells import first, last, width
from transpiler.diagnostics import Change, Diagnostic, Severity, Span

_WIDTH = 100
_TAB = 4
_CUT = "…"
_COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}


def text(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, colour: bool = False) -> str:
    """All diagnostics, a blank line between two; "" if there are none. `sources` maps a file to its text, for the
    snippets; a file that is not in it gets no snippet."""
    known: dict[str, list[str]] = {}
    return "\n".join(_one(diagnostic, sources, known, colour=colour) for diagnostic in diagnostics)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 note`; "" if there is nothing to count."""
    severities = [diagnostic.severity for diagnostic in diagnostics]
    counts = [(severities.count(severity), severity.value) for severity in Severity]
    return ", ".join(f"{count} {word}{'s' if count > 1 else ''}" for count, word in counts if count)


def json_array(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """Yields the pieces of a JSON array with an object for each diagnostic, as they arrive; the position is null if
    there is none, and so is the file if it is about none."""
    before = "["
    for diagnostic in diagnostics:
        text = json.dumps(plain(diagnostic), ensure_ascii=False, indent=2)
        yield before + "\n  " + text.replace("\n", "\n  ")
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def page(code: str) -> str:
    """Where a diagnostic is explained: a path in the documentation, the same in the repository and on the site."""
    return f"docs/diagnostics.md#{code.replace('.', '')}"  # as forges name the place of a heading


def visible(words: str) -> str:
    """The text with every control character but the newline as an escape, so that the terminal does not execute it."""
    return "".join(c if c == "\n" or _printable(c) else _escape(c) for c in words)


def lines(source: str) -> list[str]:
    """The lines of a text, as YAML and editors count them."""
    # Not splitlines: it also splits at characters that are line ends in neither.
    return source.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def plain(diagnostic: Diagnostic) -> dict[str, Any]:
    """A diagnostic as JSON has it."""
    fix = diagnostic.fix
    return {
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        **_place(diagnostic.span, diagnostic.file),
        "fix": [_change(change) for change in fix.changes] if fix else None,
    }


def _change(change: Change) -> dict[str, Any]:
    """A change of the diagnostic's file."""
    place = _place(change.span)
    return {**{name: place[name] for name in place if name != "file"}, "text": change.text}


def _place(span: Span | None, file: str = "") -> dict[str, str | int | None]:
    return span._asdict() if span else {**dict.fromkeys(Span._fields), "file": file or None}


def _one(diagnostic: Diagnostic, sources: Mapping[str, str], lines_of: dict[str, list[str]], *, colour: bool) -> str:
    paint = _COLOURS[diagnostic.severity] if colour else ""
    span = diagnostic.span
    place = f"{visible(span.file)}:{span.line}:{span.column}: " if span else ""
    severity = _painted(f"{diagnostic.severity.value}:", paint)
    message = visible(diagnostic.message).replace("\n", "\n  ")
    shown = [f"{place}{severity} {message} [{diagnostic.code}]"]
    if span and span.file in sources:
        if span.file not in lines_of:
            lines_of[span.file] = lines(sources[span.file])
        shown += snippet(lines_of[span.file], span, paint)
    if diagnostic.hint:
        shown.append(f"  hint: {visible(diagnostic.hint)}".replace("\n", "\n  "))
    return "\n".join(shown) + "\n"


def snippet(lines: Sequence[str], span: Span, paint: str = "") -> list[str]:
    """The line where the span starts, and carets under what it covers there; nothing if there is no such line. `paint`
    is the colour of the carets for a terminal, "" for none."""
    if not 0 < span.line <= len(lines) or not lines[span.line - 1].strip():
        return []
    line = lines[span.line - 1]
    start = min(span.column - 1, len(line))
    end = span.end_column - 1 if span.end_line == span.line else len(_without_comment(line))
    before, covered, after = _cells(line[:start], 0), "", ""
    covered = _cells(line[start:end], width(before))
    after = _cells(line[max(start, end) :].rstrip(), width(before + covered))
    before, covered, after = _cut(before, covered, after)
    gutter = f"{span.line:>5} | "
    carets = "^" * max(1, width(covered))
    return [f"{gutter}{before}{covered}{after}", " " * 5 + " | " + " " * width(before) + _painted(carets, paint)]


def _without_comment(line: str) -> str:
    """The line up to a comment at its end. A `#` within quotes begins no comment: the number of quotes before it is
    odd."""
    at = line.find(" #")
    while at >= 0 and (line.count("'", 0, at) % 2 or line.count('"', 0, at) % 2):
        at = line.find(" #", at + 1)
    return (line[:at] if at >= 0 else line).rstrip()


def _cells(words: str, column: int) -> str:
    """The text as a terminal shows it from that column on: tabs as spaces, control characters as escapes."""
    if words.isascii() and words.isprintable():
        return words
    shown: list[str] = []
    for c in words:
        cell = " " * (_TAB - column % _TAB) if c == "\t" else c if _printable(c) else _escape(c)
        column += width(cell)
        shown.append(cell)
    return "".join(shown)


def _cut(before: str, covered: str, after: str) -> tuple[str, str, str]:
    """The three parts, cut to fit on a line together; the start of `covered` stays."""
    if width(before + covered + after) <= _WIDTH:
        return before, covered, after
    if width(before) > _WIDTH // 2:
        before = _CUT + last(before, _WIDTH // 4)
    room = _WIDTH - width(before)
    if width(covered) > room - 1:
        return before, first(covered, room - 1) + _CUT, ""
    room -= width(covered)
    return before, covered, after if width(after) <= room else first(after, room - 1) + _CUT


def _printable(c: str) -> bool:
    # Format characters stay in words (ZWJ joins emoji), except those that change the direction of text.
    return c.isprintable() or c in "\u200c\u200d" or unicodedata.category(c) == "Zs"


def _escape(c: str) -> str:
    return f"\\x{ord(c):02x}" if ord(c) < 0x100 else f"\\u{ord(c):04x}"


def _painted(words: str, paint: str) -> str:
    return f"\x1b[{paint}m{words}\x1b[0m" if paint else words
