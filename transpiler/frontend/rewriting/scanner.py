"""Reads the text of a document again, for what the reader leaves out.

It agrees with the reader wherever both look: the reader has already accepted every text that this parser gets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from transpiler.frontend.rewriting.source import BREAK, Alias, Comment, Extent, Lines, Source, Thing
from transpiler.frontend.yaml.places import Places
from transpiler.frontend.yaml.reader import PROPERTIES
from transpiler.nodes import Document, Mapping, Node, Scalar, Sequence
from transpiler.records import dataclass
from transpiler.yaml_loader import Loader

_COMMENT = re.compile("(?:(?<=[\t\n\r\x85\u2028\u2029 ])|\\A)#[^\n\r\x85\u2028\u2029]*")
_HEADER_COMMENT = re.compile("[|>][-+0-9]*[\t ]+(#[^\n\r\x85\u2028\u2029]*)")


def scan(document: Document) -> Source:
    """Reads the text of a document that the reader has accepted, for what the reader leaves out."""
    scanner = _Scanner(document.text)
    for event in yaml.parse(document.text, Loader=Loader):
        scanner.take(event)
    return Source(
        document,
        Places(document.file, document.text),
        scanner.extents,
        tuple(scanner.aliases),
        tuple(sorted(scanner.things, key=lambda t: (t.start, -t.end))),
        tuple(sorted(scanner.things, key=lambda t: t.end)),
        tuple(sorted(extent for extent in scanner.extents.values() if extent.anchor)),
        tuple(sorted((*scanner.comments(), *_blank_lines(document.text)))),
        scanner.lines,
    )


def _blank_lines(text: str) -> Iterator[Comment]:
    start = 0
    for found in BREAK.finditer(text):
        if not text[start : found.start()].strip(" \t"):
            yield Comment(start, "", beside=False)
        start = found.end()


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    kind: type[Node]
    start: int
    inner: int
    anchor: str
    flow: bool
    column: int | None
    children: list[Thing]
    end: int


class _Scanner:
    """Takes the events of a YAML parser one by one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.lines = Lines(text)
        self._open: list[_Open] = []
        self._covered: list[tuple[int, int]] = []
        self._header_comments: list[int] = []
        self.extents: dict[tuple[type[Node], int], Extent] = {}
        self.aliases: list[Alias] = []
        self.things: list[Thing] = []

    def take(self, event: yaml.Event) -> None:
        assert event.start_mark
        assert event.end_mark
        start, end = event.start_mark.index, event.end_mark.index
        match event:
            case yaml.ScalarEvent():
                self._scalar(event, start, end)
            case yaml.AliasEvent():
                self._note_column(start)
                self.aliases.append(Alias(start, end, event.anchor or ""))
                self._covered.append((start, end))
                self._done(start, end)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                inner = self._inner(start, len(self._text))
                self._note_column(start)
                kind = Mapping if isinstance(event, yaml.MappingStartEvent) else Sequence
                flow = bool(event.flow_style)
                column = self._column if flow else None if kind is Mapping else self.lines.column(inner)
                self._open.append(_Open(kind, start, inner, event.anchor or "", flow, column, [], inner))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._collection(end)

    def comments(self) -> Iterator[Comment]:
        """All comments: those between scalars, and those beside the header of a block scalar."""
        starts = [m.start() for m in self._in_gaps()] + self._header_comments
        for start in sorted(starts):
            found = _COMMENT.match(self._text, start)
            text = found[0].rstrip() if found else ""
            yield Comment(start, text, beside=bool(self._text[self.lines.start(start) : start].strip(" \t")))

    def _in_gaps(self) -> Iterator[re.Match[str]]:
        at = 0
        for start, end in [*sorted(self._covered), (len(self._text), len(self._text))]:
            while found := _COMMENT.search(self._text, at, start):
                yield found
                at = found.end()
            at = max(at, end)

    @property
    def _column(self) -> int:
        """The column of the enclosing block collection."""
        return (self._open[-1].column or 0) if self._open else 0

    def _note_column(self, start: int) -> None:
        """Sets the column of a block mapping, which is that of its first key."""
        if self._open and self._open[-1].column is None:
            self._open[-1].column = self.lines.column(start)

    def _inner(self, start: int, end: int) -> int:
        properties = PROPERTIES.match(self._text, start)
        return min(properties.end() if properties else start, end)

    def _scalar(self, event: yaml.ScalarEvent, start: int, end: int) -> None:
        self._note_column(start)
        inner = self._inner(start, end)
        block = event.style in ("|", ">")
        self._covered.append((inner, end))
        if block:
            if header := _HEADER_COMMENT.match(self._text, inner):
                self._header_comments.append(header.start(1))
            end = inner + len(self._text[inner:end].rstrip())
        self._finish(Scalar, start, inner, end, event.anchor or "", block)

    def _collection(self, end: int) -> None:
        done = self._open.pop()
        end = end if done.flow else max((c.end for c in done.children), default=done.inner)
        self._finish(done.kind, done.start, done.inner, end, done.anchor, not done.flow)

    def _finish(self, kind: type[Node], start: int, inner: int, end: int, anchor: str, block: bool) -> None:
        in_flow = bool(self._open) and self._open[-1].flow
        column = self.lines.column(inner)
        self.extents[kind, inner] = Extent(start, inner, end, anchor, column, self._column, block, in_flow)
        self._done(inner, end)

    def _done(self, start: int, end: int) -> None:
        thing = Thing(start, end)
        if not self._open:
            self.things.append(thing)
            return
        parent = self._open[-1]
        parent.children.append(thing)
        if parent.kind is Sequence:
            self.things.append(thing)
        elif len(parent.children) % 2 == 0:
            key = parent.children[-2]
            self.things += (Thing(key.start, max(key.end, end)), thing)
