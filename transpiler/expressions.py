"""The value language: strings with references in them, and the two mappings that compute lists (`docs/language.md`,
"Values").

This module has the values that remain after compilation: what was known is folded into literal text, `$merge` is
applied, and the references that remain are to values that exist only while the pipeline runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeAlias, TypeGuard, TypeVar

from transpiler.diagnostics import Span
from transpiler.records import dataclass

_T_co = TypeVar("_T_co", covariant=True)
_U = TypeVar("_U")


class Source(StrEnum):
    """Where a value comes from when the pipeline runs."""

    STAGE = "stage"  # bound by a step of a stage: this one or an ancestor
    SETUP = "setup"  # bound by the engine: branch, tag, timestamp, params.NAME, …
    LOOP = "loop"  # a token of an enclosing `$each`
    ENVIRONMENT = "environment"  # a variable of the CI job's environment; only in `run.env`


@dataclass(frozen=True, slots=True)
class Ref:
    """A value that is known only while the pipeline runs.

    `stage` is set for `Source.STAGE` alone (the reading stage's own name for its own values). `default` replaces an
    empty or unbound value; "" is the same as no default.
    """

    source: Source
    key: str
    stage: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A string. Adjacent literal parts are joined and no part is empty, so a known string has at most one part.

    `json` is set on a plain number, boolean or null where types count (`overrides`, an inline blubberfile): how JSON
    writes it.
    """

    parts: tuple[str | Ref, ...]
    span: Span | None = field(default=None, compare=False)
    json: str | None = None

    @property
    def literal(self) -> str | None:
        """The text if it is known at compile time, else None."""
        if not self.parts:
            return ""
        only = self.parts[0]
        return only if len(self.parts) == 1 and isinstance(only, str) else None


@dataclass(frozen=True, slots=True)
class Loop(Generic[_T_co]):
    """`$each` over tokens known only while the pipeline runs: represents any number of items in a List.

    A string as `source` is split at every character of `delimiter`, which is ASCII; a List is taken item by item,
    unsplit. Empty tokens are dropped. One name: the token; several: the token's words, split at spaces, surplus words
    dropped. `item` reads them as `Ref(Source.LOOP, name)` and sees no other loop's names.
    """

    names: tuple[str, ...]
    source: Text | List[Text]
    delimiter: str
    item: _T_co
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class List(Generic[_T_co]):
    """A list, each item a value (or a record of values, such as one thing to copy) or a Loop that yields items at its
    position."""

    items: tuple[_T_co | Loop[_T_co], ...]
    span: Span | None = field(default=None, compare=False)

    def filled(self, make: Callable[[_T_co], _U | None]) -> List[_U]:
        """The list of what `make` returns for each item, in a Loop as in the list itself; None leaves the item out."""
        kept: list[_U | Loop[_U]] = []
        for item in self.items:
            made = make(item.item if isinstance(item, Loop) else item)
            if made is not None and isinstance(item, Loop):
                kept.append(Loop(item.names, item.source, item.delimiter, made, item.span))
            elif made is not None:
                kept.append(made)
        return List(tuple(kept), self.span)


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping in file order; its keys are Texts too."""

    entries: tuple[tuple[Text, Value], ...]
    span: Span | None = field(default=None, compare=False)

    def get(self, key: str) -> Value | None:
        """The value at a key that is known at compile time, or None."""
        for k, value in self.entries:
            if k.literal == key:
                return value
        return None


class Record(Protocol):
    """A group of named values, such as one thing to copy."""

    @property
    def values(self) -> tuple[Value, ...]:
        """All of them, in file order."""
        ...


Value: TypeAlias = "Text | List[Value] | Map"
Readable: TypeAlias = Text | List[Any] | Map | Loop[Any] | Record
"""Everything that can contain references."""


def holds_text(item: Value | Loop[Value]) -> TypeGuard[Text | Loop[Text]]:
    """Whether an item of a list is a Text, or a Loop that yields Texts."""
    return isinstance(item.item if isinstance(item, Loop) else item, Text)


def literal(text: str, span: Span | None = None) -> Text:
    """A known string as a Text."""
    return Text((text,) if text else (), span)


def join(*texts: Text) -> Text:
    """The concatenation of these Texts."""
    parts: list[str | Ref] = []
    for part in (part for text in texts for part in text.parts):
        if parts and isinstance(part, str) and isinstance(last := parts[-1], str):
            parts[-1] = last + part
        else:
            parts.append(part)
    return Text(tuple(parts), next((t.span for t in texts if t.span), None))


def texts(*values: Readable | None) -> list[Text]:
    """Every Text inside these values, including map keys and loop sources, in file order."""
    found: list[Text] = []
    waiting: list[Readable | None] = [*reversed(values)]
    while waiting:
        match waiting.pop():
            case Text() as text:
                found.append(text)
            case List(items):
                waiting += reversed(items)
            case Map(entries):
                waiting += reversed([part for entry in entries for part in entry])
            case Loop() as loop:
                waiting += (loop.item, loop.source)
            case None:
                pass
            case record:
                waiting += reversed(record.values)
    return found


def nested_loops(value: Readable) -> list[Loop[Any]]:
    """The loops inside a value, without those inside another loop."""
    match value:
        case Loop():
            return [value]
        case Text():
            return []
        case List(items):
            parts: tuple[Readable, ...] = items
        case Map(entries):
            parts = tuple(entry for _, entry in entries)
        case record:
            parts = record.values
    return [loop for part in parts for loop in nested_loops(part)]


def refs(*values: Readable | None) -> list[Ref]:
    """Every reference inside these values, in file order."""
    return [part for text in texts(*values) for part in text.parts if isinstance(part, Ref)]
