"""Characters that look like a space or like nothing: no-break and zero-width spaces, marks that change the direction of
text, fillers. An editor does not show them, so messages name them by their code point.

This module does not know where a text comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from transpiler.diagnostics import Diagnostic, Span
from transpiler.records import replace

_FILLERS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")
_JOINERS = "\u200c\u200d"
_LONGEST = 80


def first(text: str) -> str:
    """The first such character of a text as a phrase, "U+00A0 (no-break space)"; "" if there is none. A joiner between
    two letters that are not ASCII belongs to how some languages and emoji are written."""
    if text.isascii():
        return ""
    import unicodedata  # noqa: PLC0415  # a config in ASCII needs no such table

    for i, c in enumerate(text):
        odd = c in _FILLERS or (not c.isascii() and unicodedata.category(c) in {"Zs", "Zl", "Zp", "Cf"})
        between = "".join((text[i - 1 : i], text[i + 1 : i + 2]))
        if odd and not (c in _JOINERS and len(between) == 2 and not any(map(str.isascii, between))):
            return f"U+{ord(c):04X} ({unicodedata.name(c, 'a control character').lower()})"
    return ""


def pointed_out(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    """The diagnostics; if the key or the name that one points to contains such a character, its message says so.
    `sources` are the texts of the files that they point to, by name."""
    lines = {name: text.splitlines() for name, text in sources.items() if not text.isascii()}
    return tuple(_one(diagnostic, lines) if lines else diagnostic for diagnostic in diagnostics)


def _one(diagnostic: Diagnostic, lines: Mapping[str, list[str]]) -> Diagnostic:
    span = diagnostic.span
    found = first(_covered(span, lines, whole=diagnostic.code == "yaml-syntax")) if span else ""
    if not found or "U+" in diagnostic.message:
        return diagnostic
    if diagnostic.code == "yaml-syntax":
        message = f"{diagnostic.message} The line contains {found}."
        return replace(diagnostic, message=message, hint="Write a space for this character, or remove it.", fix=None)
    return replace(diagnostic, message=f"{diagnostic.message} The text here contains {found}.")


def _covered(span: Span, lines: Mapping[str, list[str]], *, whole: bool) -> str:
    """What a span of one line covers; the whole line where the place of a mistake is only a guess."""
    own = lines.get(span.file, [])
    if not 0 < span.line <= len(own) or (span.end_line != span.line and not whole):
        return ""
    text = own[span.line - 1] if whole else own[span.line - 1][span.column - 1 : span.end_column - 1]
    return text if whole or len(text) <= _LONGEST else ""
