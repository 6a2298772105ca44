"""Turns character offsets of one text into spans.

PyYAML's marks count lines and columns its own way in corner cases; their offsets are plain characters in both
loaders, so spans are made from offsets alone, with the same notion of a line as `Document.excerpt`. Knows no YAML.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from transpiler.diagnostics import Span


class Places:
    """The lines of one file's text."""

    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._length = len(text)
        # The "x" stands for what comes after the text, so that a final line break starts a line of its own.
        lines = f"{text}x".splitlines(keepends=True)
        self._starts = (0, *accumulate(map(len, lines[:-1])))

    def span(self, start: int, end: int) -> Span:
        """The stretch from offset `start` to before offset `end`, cut to the text."""
        start = min(max(start, 0), self._length)
        return Span(self._file, *self._place(start), *self._place(min(max(end, start), self._length)))

    def offset(self, line: int, column: int) -> int:
        """The way back: the offset at which a span of this text starts or ends."""
        return self._starts[line - 1] + column - 1

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
