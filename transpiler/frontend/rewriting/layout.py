"""Decides how to write a tree of nodes that was made from a document: what is copied verbatim from the text, where
anchors and aliases go, and to which line each comment goes.

A node that comes from the document unchanged is copied with its quotes, its breaks and its comments. Any other comment
stays with what it is about: the first written node that is, or was made from, the node beside the comment; if there is
none, it goes to the top of the enclosing collection. This module must not know what a config means.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import NamedTuple

from transpiler.frontend.rewriting.source import Comment, Extent, Source, Thing, Where
from transpiler.nodes import Mapping, Node, Scalar, Sequence
from transpiler.records import dataclass

_NOT_PROPERTIES = re.compile("(?<!\\S)#[^\n\r\x85\u2028\u2029]*")
Spread = Callable[[Node, int], bool]
"""Whether a collection that is written out (not copied), at this depth, has a line for each item even if it would fit
on one."""


@dataclass(slots=True)
class Unit:
    """An item or an entry, with the comments that go to its line. `copied` is the source text if it is copied verbatim
    (`extent` is its place there); `alias` is the name if it is written as an alias; else its `parts` are written.
    `key_text` is the key's source text, if it has one. A comment in `beside` begins with the space before it."""

    node: Node
    key: Scalar | None = None
    key_text: str = ""
    copied: str = ""
    extent: Extent | None = None
    alias: str = ""
    properties: str = ""
    spread: bool = False
    parts: list[Unit] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> bool:
        """Whether it contains a comment, so that it cannot be written on one line."""
        return any(part.above or part.beside or part.below or part.hosts for part in self.parts)

    @property
    def all(self) -> Iterator[Unit]:
        """This one and all below, in the order in which they are written."""
        yield self
        for part in self.parts:
            yield from part.all


class Layout:
    """Lays out nodes, in the order in which they are written."""

    def __init__(self, source: Source, spread: Spread, written: set[str]) -> None:
        """`written` are the anchors that are defined earlier in the text."""
        self._source = source
        self._spread = spread
        self._written = written
        self._original = {id(node): node for node in nodes(source.document.root)}

    def unit(self, node: Node, key: Scalar | None = None, depth: int = 0) -> Unit:
        """One node with all below it."""
        unit = Unit(node, key, self._key_text(key))
        extent = self._source.extent(node) if id(node) in self._original else None
        anchor = extent.anchor if extent else ""
        if anchor and anchor in self._written:
            unit.alias = anchor
        elif extent and self._can_be_copied(node, extent):
            self._written.update(self._source.anchors_within(extent.start, extent.end))
            properties = _NOT_PROPERTIES.sub("", self._source.text[extent.start : extent.inner])
            unit.properties = " ".join(properties.split())
            unit.extent, unit.copied = extent, self._source.text[extent.inner : extent.end]
        else:
            self._written.update({anchor} - {""})
            unit.properties = f"&{anchor}" if anchor else ""
            self._parts(unit, depth)
        return unit

    def _parts(self, unit: Unit, depth: int) -> None:
        node = unit.node
        unit.spread = not isinstance(node, Scalar) and self._spread(node, depth)
        if isinstance(node, Sequence):
            unit.parts = [self.unit(item, None, depth + 1) for item in node.items]
        elif isinstance(node, Mapping):
            unit.parts = [self.unit(value, key, depth + 1) for key, value in node]

    def _key_text(self, key: Scalar | None) -> str:
        extent = self._source.extent(key) if key and id(key) in self._original else None
        text = self._source.text[extent.inner : extent.end] if extent and not extent.block else ""
        return "" if "\n" in text else text

    def _can_be_copied(self, node: Node, extent: Extent) -> bool:
        text = self._source.text
        if isinstance(node, Scalar) and extent.block:
            # What follows a block scalar decides how many line breaks it ends with.
            header = text[extent.inner : self._source.lines.end(extent.inner)]
            return "+" not in header and extent.inner + len(header) < extent.end and bool(text[extent.end :].strip(" "))
        defined = self._source.anchors_within(extent.start, extent.end)
        # An anchor inside the copied text still comes before its aliases there.
        return not defined & self._written and self._source.aliases_within(extent.inner, extent.end) <= (
            self._written | defined
        )


def nodes(root: Node) -> Iterator[Node]:
    """Every node of a document once, keys included, in the order of the text."""
    return _walk(root, set())


def _walk(node: Node, seen: set[int]) -> Iterator[Node]:
    if id(node) in seen:
        return
    seen.add(id(node))
    yield node
    for child in _children(node):
        yield from _walk(child, seen)


def _children(node: Node) -> tuple[Node, ...]:
    match node:
        case Sequence(items=items):
            return items
        case Mapping(entries=entries):
            return tuple(part for entry in entries for part in entry)
    return ()


def _lines(unit: Unit) -> Iterator[Unit]:
    """This unit and all below that have, or can have, a line of their own: not the items of a short list."""
    yield unit
    if unit.spread or isinstance(unit.node, Mapping):
        for part in unit.parts:
            yield from _lines(part)


class _Line(NamedTuple):
    """A unit that may have a line of its own: where it begins or what it was made from, where that ends, and its
    number."""

    start: int
    end: int
    number: int
    unit: Unit


class _Hosts:
    """Finds the line for each comment among units."""

    def __init__(self, source: Source, root: Unit) -> None:
        self._source = source
        self._root = root
        self._by_key: dict[int | None, Unit] = {}
        self._by_node: dict[int | None, Unit] = {}
        lines: list[_Line] = []
        for number, unit in enumerate(_lines(root)):
            if unit.key:
                self._by_key.setdefault(source.start(unit.key), unit)
            if not unit.key or isinstance(unit.node, Scalar):
                # Not for a value below a key, because a block begins at the same place as its first key.
                self._by_node.setdefault(source.start(unit.node), unit)
            places = [node for node in (unit.key, unit.node) if node and source.start(node) is not None]
            end = max((source.end(node) for node in places), default=0)
            lines += (_Line(source.start(node) or 0, end, number, unit) for node in places)
        self._lines = sorted(lines, key=lambda line: (line.start, -line.end))

    def exact(self, thing: Thing) -> Unit | None:
        """The unit that begins where the thing does."""
        return self._by_key.get(thing.start) or self._by_node.get(thing.start)

    def made_from(self, thing: Thing) -> Unit | None:
        """The first unit that was made from a part of the thing."""
        first, last = (bisect_left(self._lines, at, key=lambda line: line.start) for at in (thing.start, thing.end))
        parts = (line for line in self._lines[first:last] if line.end <= thing.end)
        found = min(parts, key=lambda line: line.number, default=None)
        return found.unit if found else None

    def around(self, thing: Thing) -> Unit:
        """The smallest unit that was made from something that contains the thing; the whole document if there is no
        smaller one."""
        last = bisect_right(self._lines, thing.start, key=lambda line: line.start)
        before = (line for line in reversed(self._lines[:last]) if line.end > thing.start)
        found = next(before, None)
        return found.unit if found else self._root


def assign(source: Source, root: Unit, start: int, end: int) -> None:
    """Assigns every comment in a range of the text to a unit, except comments inside copied text."""
    hosts = _Hosts(source, root)
    # None of these is within another.
    copied = sorted((unit.extent.inner, unit.extent.end) for unit in root.all if unit.extent)
    for comment in source.within(start, end):
        before = bisect_right(copied, (comment.start, len(source.text)))
        if before and comment.start < copied[before - 1][1]:
            continue
        thing, where = source.owner(comment)
        if thing is None:
            _at_top(root, comment)
        elif host := hosts.exact(thing) or (hosts.made_from(thing) if comment.text else None):
            line = f"{_gap(source, host, comment)}{comment.text}" if where is Where.BESIDE else comment.text
            {Where.ABOVE: host.above, Where.BESIDE: host.beside, Where.BELOW: host.below}[where].append(line)
        elif comment.text:
            _at_top(hosts.around(thing), comment)


def _gap(source: Source, unit: Unit, comment: Comment) -> str:
    """The space before a comment at the end of a line: the original space if the line did not change."""
    before = source.text[source.lines.start(comment.start) : comment.start]
    return before[len(before.rstrip()) :] if unit.key_text and (unit.copied or unit.spread) else "  "


def _at_top(unit: Unit, comment: Comment) -> None:
    if unit.spread and unit.parts:
        unit.parts[0].above.append(comment.text)
    else:
        unit.above.append(comment.text)
