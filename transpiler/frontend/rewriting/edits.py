"""Edits of a text, and the two edits that write nodes: a whole document, and one entry of a mapping.

This module must not know what a config means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from transpiler.diagnostics import Fix
from transpiler.frontend.rewriting import yaml_lines
from transpiler.frontend.rewriting.layout import Layout, Spread, Unit, assign
from transpiler.frontend.rewriting.source import Source
from transpiler.frontend.yaml.places import Places
from transpiler.nodes import Mapping, Node, Scalar, Sequence


class Edit(NamedTuple):
    """Replaces the characters from `start` to before `end` with `text`."""

    start: int
    end: int
    text: str


def applied(text: str, edits: Iterable[Edit]) -> str:
    """The text after all edits, which must not overlap."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits):
        parts += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*parts, text[at:]))


def edits_of(fixes: Iterable[Fix], file: str, text: str) -> Iterator[tuple[Edit, ...]]:
    """Each fix as edits of a file's text; none for a fix that changes another file."""
    offset = Places(file, text).offset
    for fix in fixes:
        if all(change.span.file == file for change in fix.changes):
            yield tuple(
                Edit(offset(span.line, span.column), offset(span.end_line, span.end_column), new)
                for span, new in fix.changes
            )


def apart(found: Iterable[tuple[Edit, ...]]) -> list[tuple[Edit, ...]]:
    """Those that can be made together: of two that overlap, or that insert in one place, the first in the text."""
    each = [edits for edits in found if edits]
    dropped: set[int] = set()
    reach = -1
    for edit, i in sorted((edit, i) for i, edits in enumerate(each) for edit in edits):
        if edit.start < reach or (edit.start == edit.end == reach):
            dropped.add(i)
        reach = max(reach, edit.end)
    return [edits for i, edits in enumerate(each) if i not in dropped]


def whole(source: Source, root: Mapping, spread: Spread) -> Edit:
    """Replaces the document's root with `root`. The directives and comments before and after it stay."""
    extent = source.extent(source.document.root)
    assert extent
    start, end = extent.start, _with_comment(source, extent.end)
    unit = Layout(source, spread, set()).unit(root)
    assign(source, unit, start, end)
    before = source.text[source.lines.start(start) : start]
    column = len(before) if not before.strip() else 0
    lead = "" if not before.strip() else source.newline
    return Edit(start, end, lead + _joined(source, yaml_lines.document(unit), column))


def entry(source: Source, key: Scalar, old: Node, new: Node) -> Edit | None:
    """Replaces the value of one entry of a mapping; None if the new value cannot be written in that place."""
    at, extent = source.extent(key), source.extent(old)
    if not at or not extent or extent.end < at.inner:
        return None
    unit = _laid_out(source, key, new, at.inner)
    if extent.in_flow:
        assign(source, unit, at.inner, extent.end)
        line = None if unit.above or unit.beside or unit.below else yaml_lines.flow(unit)
        return None if line is None else Edit(at.inner, extent.end, line)
    end = _with_comment(source, extent.end)
    assign(source, unit, at.inner, end)
    return Edit(at.inner, end, _joined(source, yaml_lines.entry(unit), extent.around))


def _laid_out(source: Source, key: Scalar, new: Node, start: int) -> Unit:
    def as_it_was(node: Node, _depth: int) -> bool:
        at = source.start(node)
        return at is None or source.text[at : at + 1] != ("[" if isinstance(node, Sequence) else "{")

    return Layout(source, as_it_was, source.anchors_within(0, start)).unit(new, key)


def _with_comment(source: Source, end: int) -> int:
    """Where the line ends, if nothing but a comment follows on it."""
    rest = source.text[end : source.lines.end(end)].strip()
    return source.lines.end(end) if rest.startswith("#") else end


def _joined(source: Source, lines: list[str], column: int) -> str:
    first, *rest = lines
    return source.newline.join((first, *(f"{' ' * column}{line}" if line else "" for line in rest)))
