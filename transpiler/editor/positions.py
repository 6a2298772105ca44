"""Positions in a text, as editors count them: lines from 0, and columns in units of an encoding, mostly UTF-16.

An editor's lines end with CR, LF or both, and nothing else; ours also end where YAML 1.1 ends them. So positions are
converted by way of offsets.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from transpiler.diagnostics import Span
from transpiler.frontend.yaml.places import Places

_BREAK = re.compile("\r\n|\n|\r")
_UNITS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
_MARK = "\ufeff"


class Position(NamedTuple):
    """A place between two characters."""

    line: int
    character: int


class Range(NamedTuple):
    """From one place to before another."""

    start: Position
    end: Position


class Positions:
    """The lines of one text. Offsets are those of the text without a byte order mark, as the reader sees it."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self._text = text
        self._shift = len(_MARK) if text.startswith(_MARK) else 0
        self._starts = (0, *(found.end() for found in _BREAK.finditer(text)))
        self._codec, self._unit = _UNITS.get(encoding, _UNITS["utf-16"])
        self._places = Places("", text[self._shift :])

    def position(self, offset: int) -> Position:
        """Where an offset is."""
        at = min(max(offset + self._shift, 0), len(self._text))
        line = bisect_right(self._starts, at) - 1
        before = self._text[self._starts[line] : at]
        units = len(before) if before.isascii() else len(before.encode(self._codec, "surrogatepass")) // self._unit
        return Position(line, units)

    def offset(self, position: Position) -> int:
        """The offset of a position; that of the line's end if the line is shorter."""
        if position.line >= len(self._starts):
            return len(self._text) - self._shift
        start = self._starts[position.line]
        last = position.line + 1 == len(self._starts)
        line = self._text[start:] if last else self._text[start : self._starts[position.line + 1]].rstrip("\r\n")
        if line.isascii():
            return start + min(position.character, len(line)) - self._shift
        data = line.encode(self._codec, "surrogatepass")[: position.character * self._unit]
        return start + len(data.decode(self._codec, "ignore")) - self._shift

    def range(self, span: Span) -> Range:
        """Where a span is."""
        start, end = self.offsets(span)
        return Range(self.position(start), self.position(end))

    def offsets(self, span: Span) -> tuple[int, int]:
        """The offsets of a span; those of the text's end if the text is shorter."""
        return self._offset(span.line, span.column), self._offset(span.end_line, span.end_column)

    def _offset(self, line: int, column: int) -> int:
        try:
            return self._places.offset(line, column)
        except IndexError:
            return len(self._text) - self._shift
