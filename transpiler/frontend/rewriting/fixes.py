"""Makes the fixes of diagnostics: what a hint says to write, as changes of the file's text.

Each function looks at the text first, and returns None where the edit would not be sure: where an escape, an anchor or
a comment is in the way, or where a node was made from another one. This module must not know what a config means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from transpiler.diagnostics import Change, Diagnostic, Fix, Severity, Span
from transpiler.frontend.yaml.places import Places
from transpiler.nodes import Document, Mapping, Node, Scalar
from transpiler.quoting import yaml_scalar
from transpiler.records import replace

if TYPE_CHECKING:
    from transpiler.frontend.rewriting.source import Source

_SAFE = re.compile(r"[\w./:@+-]+")
"""Text that means the same in both kinds of quotes, and without any inside of `[]`."""


def written(span: Span, text: str) -> Fix:
    """Writes this text for what the span covers."""
    return Fix((Change(span, text),))


def word(document: Document, span: Span, old: str, new: str) -> Fix | None:
    """Writes another string for a scalar, in the quotes that it has."""
    source = _source(document, span)
    if source == old:
        return written(span, yaml_scalar(new))
    if source in (f"'{old}'", f'"{old}"') and _SAFE.fullmatch(new):
        return written(span, f"{source[0]}{new}{source[0]}")
    return None


def part(document: Document, span: Span, old: str, new: str) -> Fix | None:
    """Writes another text for a part of a scalar, such as a reference."""
    return written(span, new) if _source(document, span) == old and new.isprintable() else None


def quoted(document: Document, node: Scalar) -> Fix | None:
    """Writes a plain scalar in quotes."""
    if "'" in node.text or _source(document, node.span) != node.text:
        return None
    return written(node.span, f"'{node.text}'")


def bare(document: Document, node: Scalar, text: str) -> Fix | None:
    """Writes a plain word for a scalar, whatever its quotes."""
    at_hand = (node.text, f"'{node.text}'", f'"{node.text}"')
    return written(node.span, text) if _source(document, node.span) in at_hand else None


def around(document: Document, node: Scalar, before: str, after: str) -> Fix | None:
    """Puts a scalar on one line into brackets, with what else belongs there."""
    source = _source(document, node.span)
    if not source or len(source.splitlines()) > 1:
        return None
    if source == node.text and not _SAFE.fullmatch(source):
        source = f"'{node.text}'" if "'" not in source else ""
    return written(node.span, f"{before}{source}{after}") if source else None


def indented(document: Document, above: Scalar, inner: Scalar, key: Scalar, value: Node) -> Fix | None:
    """Indents an entry of a block mapping so that it belongs to the entry above it, whose value is a block that begins
    with the key `inner`."""
    width = inner.span.column - above.span.column
    if width <= 0 or inner.span.line <= above.span.line or key.span.column != above.span.column:
        return None
    starts = (Span(document.file, line, 1, line, 1) for line in range(key.span.line, value.span.end_line + 1))
    lines = document.text.splitlines()
    filled = (span for span in starts if lines[span.line - 1].strip())
    return Fix(tuple(Change(span, " " * width) for span in filled))


def without(document: Document, mapping: Mapping, key: Scalar) -> Fix | None:
    """Removes an entry of a mapping that has others, too."""
    places = _places(document)
    value = next((value for k, value in mapping.entries if k is key), None)
    if value is None or len(mapping.entries) < 2 or key.span.file != document.file:
        return None
    text, offset = document.text, places.offset
    start, end = offset(key.span.line, key.span.column), offset(value.span.end_line, value.span.end_column)
    if end < start or re.search(r"[#&]", text[offset(key.span.end_line, key.span.end_column) : end]):
        return None
    if _source(document, mapping.span).startswith("{"):
        start, end = _flow_entry(text, start, end)
    else:
        following = min((at for k, _ in mapping if (at := offset(k.span.line, k.span.column)) > start), default=None)
        found = _block_entry(text, start, end, following)
        if found is None:
            return None
        start, end = found
    return written(places.span(start, end), "")


def _flow_entry(text: str, start: int, end: int) -> tuple[int, int]:
    """The range of an entry with one of the commas beside it."""
    if after := re.compile(r"[ \t]*,[ \t]*").match(text, end):
        return start, after.end()
    before = re.search(r"[ \t]*,\s*$", text[:start])
    return (before.start() if before else start), end


def _block_entry(text: str, start: int, end: int, following: int | None) -> tuple[int, int] | None:
    """The range of the lines of an entry; if it begins on the line of a list's `- `, that up to the next entry."""
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    rest = re.compile(r"[ \t]*(\r?\n|$)").match(text, end)
    if rest is None:
        return None
    if not text[line:start].strip():
        return line, rest.end()
    if following is None or text[end:following].strip():
        return None
    return start, following


def with_entries(document: Document, mapping: Mapping, entries: Iterable[tuple[str, str]]) -> Fix | None:
    """Adds entries to a mapping that has some already. Both parts of an entry are YAML for one line."""
    key = mapping.entries[0][0] if mapping.entries else None
    lines = [f"{name}: {value}" for name, value in entries]
    if not key or key.span.file != document.file:
        return None
    newline = "\r\n" if "\r\n" in document.text else "\n"
    span = key.span
    joint = ", " if _source(document, mapping.span).startswith("{") else f"{newline}{' ' * (span.column - 1)}"
    return written(span._replace(end_line=span.line, end_column=span.column), "".join(f"{e}{joint}" for e in lines))


def entry(document: Document, key: Scalar, old: Node, new: Node) -> Fix | None:
    """Writes a new value for an entry of a mapping; the parts of the old value that it holds are copied."""
    # Imported here because hardly a config needs it.
    from transpiler.frontend.rewriting import edits  # noqa: PLC0415

    source = scanned(document)
    edit = edits.entry(source, key, old, new)
    return written(source.places.span(edit.start, edit.end), edit.text) if edit else None


_scanned: list[Source] = []
_placed: list[tuple[Document, Places]] = []
"""Of the last document: each of its diagnostics may need them."""


def scanned(document: Document) -> Source:
    """What a document's text holds beside its nodes."""
    from transpiler.frontend.rewriting.scanner import scan  # noqa: PLC0415

    kept = next(iter(_scanned), None)
    if kept is None or kept.document is not document:
        kept = scan(document)
        _scanned[:] = [kept]
    return kept


def _places(document: Document) -> Places:
    kept = next(iter(_placed), None)
    if kept is None or kept[0] is not document:
        kept = (document, Places(document.file, document.text))
        _placed[:] = [kept]
    return kept[1]


def _source(document: Document, span: Span) -> str:
    """The source text that a span covers; "" for a span of another file."""
    if span.file != document.file:
        return ""
    offset = _places(document).offset
    return document.text[offset(span.line, span.column) : offset(span.end_line, span.end_column)]


def sure(document: Document | None, diagnostics: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The diagnostics, without fixes that would change more than what they are about, because an alias repeats it.
    Notes keep theirs: they never change a meaning."""
    spans = document.repeated if document else ()
    for one in diagnostics:
        if one.fix and spans and one.severity is not Severity.NOTE and any(_within(one.fix, span) for span in spans):
            yield replace(one, fix=None)
        else:
            yield one


def _within(fix: Fix, span: Span) -> bool:
    start, end = span[1:3], span[3:]
    return any(change.span.file == span.file and start <= change.span[1:3] <= end for change in fix.changes)
