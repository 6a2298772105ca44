"""Converts character offsets in a text to spans.

PyYAML's marks count lines and columns differently in corner cases, but their offsets are characters in both loaders; so
spans are made from offsets only, with the same definition of a line as `Document.excerpt`. Knows no YAML.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from transpiler.diagnostics import Span


class Places:
    """The lines of one file's text."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._length = len(text)
        # The "x" represents the end of the text, so that a final line break starts another line; the last line ends
        # where the "x" ends.
        self._starts = (0, *accumulate(map(len, f"{text}x".splitlines(keepends=True))))

    def span(self, start: int, end: int) -> Span:
        """The span from offset `start` to before offset `end`, limited to the text."""
        if not 0 <= start <= end <= self._length:
            start = min(max(start, 0), self._length)
            end = min(max(end, start), self._length)
        starts = self._starts
        line = end_line = bisect_right(starts, start)
        if end >= starts[line]:
            end_line = bisect_right(starts, end)
        return Span(self.file, line, start - starts[line - 1] + 1, end_line, end - starts[end_line - 1] + 1)

    def offset(self, line: int, column: int) -> int:
        """The inverse: the offset at which a span of this text starts or ends."""
        return self._starts[line - 1] + column - 1
