"""Compares two groups of named things: what was added, removed or changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from transpiler.difference.model import Change, How, Topic
from transpiler.records import replace

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def changed(topic: Topic, old: Mapping[str, str], new: Mapping[str, str], at: Change) -> Iterator[Change]:
    """The changes between things with descriptions, those of `new` in their order and then the lost ones. `at` is a
    change of any kind at the same place."""
    for name, after in new.items():
        before = old.get(name)
        if before is None:
            yield replace(at, topic=topic, how=How.ADDED, name=name, after=after)
        elif before != after:
            yield replace(at, topic=topic, how=How.CHANGED, name=name, before=before, after=after)
    for name, before in old.items():
        if name not in new:
            yield replace(at, topic=topic, how=How.REMOVED, name=name, before=before)


def members(topic: Topic, old: Iterable[str], new: Iterable[str], at: Change) -> Iterator[Change]:
    """The same for things that are no more than their names."""
    return changed(topic, dict.fromkeys(old, ""), dict.fromkeys(new, ""), at)


def in_parts(
    topic: Topic, old: Mapping[str, str], new: Mapping[str, str], without: Mapping[str, str], at: Change
) -> Iterator[Change]:
    """The change of the one thing of this kind that a stage may have, each description in parts; none if it has none.
    Of a changed one only the parts that differ are told; `without` says what it means that there is no such part."""
    here = replace(at, topic=topic, name=at.stage)
    if not old or not new:
        told = ", ".join((new or old).values())
        yield from [replace(here, how=How.ADDED, after=told)] if new else []
        yield from [replace(here, how=How.REMOVED, before=told)] if old else []
    elif names := [name for name in without if old.get(name) != new.get(name)]:
        before, after = (", ".join(side.get(name) or without[name] for name in names) for side in (old, new))
        yield replace(here, how=How.CHANGED, before=before, after=after)


def patch(old: Iterable[str], new: Iterable[str]) -> str:
    """A unified diff of two programs, without the lines that name files; "" if they are equal."""
    before, after = ("\n".join(lines).split("\n") if (lines := tuple(given)) else [] for given in (old, new))
    found = [*difflib.unified_diff(before, after, lineterm="")]
    return "".join(f"{line}\n" for line in found[2:])


def compared_fields(record: DataclassInstance) -> dict[str, object]:
    """The fields of a record that count in comparisons."""
    return {field.name: getattr(record, field.name) for field in fields(record) if field.compare}


def place(pipeline: str = "", stage: str = "", target: str = "") -> Change:
    """A change without content at a place."""
    return Change(Topic.PROGRAM, How.CHANGED, "", pipeline, stage, target)
