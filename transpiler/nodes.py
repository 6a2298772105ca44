"""A YAML document with the position of every key and value: the reader makes it, and the front end reads it.

An alias and its anchor are one and the same node object. Merge keys (`<<`) are already merged. Nothing here knows what
a config means.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TypeAlias

from transpiler.diagnostics import Span
from transpiler.records import dataclass


class Kind(StrEnum):
    """The kind of a scalar by YAML 1.2's core schema (section 10.3.2); anything quoted, tagged `!!str` or in block
    style is STR."""

    NULL = "null"
    BOOL = "boolean"
    INT = "integer"
    FLOAT = "number"
    STR = "string"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar: `text` is the source text if the scalar is plain, else its content without quotes and escapes."""

    text: str
    kind: Kind
    span: Span
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping in file order. Keys are strings, whatever they look like, and unique."""

    entries: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """The value at `key`, or None."""
        for k, value in self.entries:
            if k.text == key:
                return value
        return None

    def key(self, key: str) -> Scalar | None:
        """The key's node, for its span."""
        for k, _ in self.entries:
            if k.text == key:
                return k
        return None

    def __iter__(self) -> Iterator[tuple[Scalar, Node]]:
        return iter(self.entries)


Node: TypeAlias = Scalar | Sequence | Mapping


def same(a: Node, b: Node) -> bool:
    """Whether two nodes have equal content, wherever they are in their files."""
    match a, b:
        case Scalar(), Scalar():
            return a.kind is b.kind and (a.text == b.text or a.kind is Kind.NULL)
        case Sequence(), Sequence():
            return len(a.items) == len(b.items) and all(map(same, a.items, b.items))
        case Mapping(), Mapping():
            return len(a.entries) == len(b.entries) and all(
                k.text == m.text and same(v, w) for (k, v), (m, w) in zip(a, b, strict=True)
            )
    return False


@dataclass(frozen=True, slots=True)
class Document:
    """One file that was read: its name as the user gave it, its text, its root node, and the spans of the nodes that
    aliases repeat."""

    file: str
    text: str
    root: Node
    repeated: tuple[Span, ...] = ()

    def excerpt(self, span: Span) -> str:
        """The source text that a span covers; "" for a span of another file."""
        if span.file != self.file:
            return ""
        lines = self.text.splitlines(keepends=True)[span.line - 1 : span.end_line]
        if not lines:
            return ""
        if len(lines) == 1:
            return lines[0][span.column - 1 : span.end_column - 1]
        return "".join([lines[0][span.column - 1 :], *lines[1:-1], lines[-1][: span.end_column - 1]])
