"""What a config's text holds beside its nodes: comments, blank lines, anchors, aliases, and how far each node reaches.

The reader drops these, since they do not affect the meaning, but the author of a config wants them kept. This module
knows YAML, and must not know what a config means.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from transpiler.frontend.yaml.places import Places
from transpiler.nodes import Document, Node
from transpiler.records import dataclass

BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""A line's end, as YAML 1.1's parsers see it."""


class Lines:
    """Where the lines of a text begin."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.starts = (0, *(m.end() for m in BREAK.finditer(text)))

    def start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.starts[bisect_right(self.starts, offset) - 1]

    def end(self, offset: int) -> int:
        """Where the line of an offset ends, before its break."""
        found = BREAK.search(self._text, offset)
        return found.start() if found else len(self._text)

    def column(self, offset: int) -> int:
        """How many characters come before an offset on its line."""
        return offset - self.start(offset)

    def indent(self, offset: int) -> int:
        """How far the line of an offset is indented."""
        start = self.start(offset)
        return len(self._text[start:offset]) - len(self._text[start:offset].lstrip(" "))


class Extent(NamedTuple):
    """The place of a node: the start of its anchor and tag, the start of the node itself, and its end. `column` is the
    node's column; `around` is that of the enclosing block collection, from which the indentation of its further lines
    counts; `block`: it is a block."""

    start: int
    inner: int
    end: int
    anchor: str
    column: int
    around: int
    block: bool
    in_flow: bool


class Alias(NamedTuple):
    """`*name`."""

    start: int
    end: int
    name: str


class Thing(NamedTuple):
    """What a comment may be about: a value, an item, or an entry from its key to the end of its value."""

    start: int
    end: int


class Where(StrEnum):
    """The place of a comment: on a line above what it is about, beside it, or on a line after it."""

    ABOVE = "above"
    BESIDE = "beside"
    BELOW = "below"


class Comment(NamedTuple):
    """A comment, or a blank line (whose text is empty)."""

    start: int
    text: str
    beside: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A document's text, and what it contains in the order of the text; `ends` has the things by where they end."""

    document: Document
    places: Places
    extents: dict[tuple[type[Node], int], Extent]
    aliases: tuple[Alias, ...]
    things: tuple[Thing, ...]
    ends: tuple[Thing, ...]
    anchored: tuple[Extent, ...]
    comments: tuple[Comment, ...]
    lines: Lines

    @property
    def text(self) -> str:
        """The whole text."""
        return self.document.text

    @property
    def newline(self) -> str:
        """How the file ends its lines."""
        found = BREAK.search(self.text)
        return found[0] if found and found[0] == "\r\n" else "\n"

    def start(self, node: Node) -> int | None:
        """The offset of a node of this file, or of the node that it was made from."""
        if node.span.file != self.document.file:
            return None
        return self.places.offset(node.span.line, node.span.column)

    def end(self, node: Node) -> int:
        """Where such a node ends, by its span."""
        return self.places.offset(node.span.end_line, node.span.end_column)

    def extent(self, node: Node) -> Extent | None:
        """The extent of a node of this document. Must not be called with any other node."""
        start = self.start(node)
        return None if start is None else self.extents.get((type(node), start))

    def within(self, start: int, end: int) -> Iterator[Comment]:
        """The comments in a range of the text."""
        first = bisect_left(self.comments, start, key=lambda c: c.start)
        for comment in self.comments[first:]:
            if comment.start >= end:
                return
            yield comment

    def anchors_within(self, start: int, end: int) -> set[str]:
        """The anchors that are defined in a range of the text."""
        first, last = (bisect_left(self.anchored, at, key=lambda e: e.start) for at in (start, end))
        return {extent.anchor for extent in self.anchored[first:last]}

    def aliases_within(self, start: int, end: int) -> set[str]:
        """The anchors that the aliases in a range of the text name."""
        first, last = (bisect_left(self.aliases, at, key=lambda a: a.start) for at in (start, end))
        return {alias.name for alias in self.aliases[first:last]}

    def owner(self, comment: Comment) -> tuple[Thing | None, Where]:
        """What a comment is about, by the usual conventions: what begins on its line, else what follows, else (if the
        comment is indented deeper than what follows, or nothing follows) what comes before."""
        if comment.beside:
            begun = self._begun(self.lines.start(comment.start), comment.start)
            first = [t for t in begun if t.start == begun[0].start]
            if begun:
                done = [t for t in begun if t.end <= comment.start]
                whole = [t for t in first if t in done]
                latest = max(whole or done, key=lambda t: (t.end, -t.start), default=None)
                return latest or min(first, key=lambda t: t.end), Where.BESIDE
        next_one = bisect_left(self.things, (comment.start,))
        following = self.things[next_one] if next_one < len(self.things) else None
        column = self.lines.column(comment.start) if comment.text else 0
        if following and self.lines.indent(following.start) >= column:
            # If an entry is the first of a block, both begin here: take the entry, not the block.
            begun = self._begun(following.start, following.start + 1)
            return begun[-1], Where.ABOVE
        return self._before(comment), Where.BELOW

    def _begun(self, start: int, end: int) -> tuple[Thing, ...]:
        return self.things[bisect_left(self.things, (start,)) : bisect_left(self.things, (end,))]

    def _before(self, comment: Comment) -> Thing | None:
        """Of the things that end last before a comment, the one in the comment's column, or else the innermost."""
        last = bisect_right(self.ends, comment.start, key=lambda t: t.end)
        first = bisect_left(self.ends, self.ends[last - 1].end, key=lambda t: t.end) if last else 0
        innermost_first = sorted(self.ends[first:last], key=lambda t: -t.start)
        column = self.lines.column(comment.start)
        beside = (t for t in innermost_first if self.lines.column(t.start) == column)
        return next(beside, innermost_first[0] if innermost_first else None)
