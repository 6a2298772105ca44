"""Words for diagnostics from a JSON Schema: what its forms are called, and where each of its keys belongs.

Reads only the schema; it must not know the document, nor what any key means.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeAlias

import yaml

Path: TypeAlias = tuple[str | int, ...]
Schema: TypeAlias = dict[str, Any]
_Key: TypeAlias = tuple[tuple[str, ...], Schema]

_LONGEST_EXAMPLE = 80
_ANY_NAME = "*"
_ANY_ITEM = "[]"


def discriminator(schema: Schema) -> str:
    """The `$key` that distinguishes a computed form (`$each`, `$merge`) from a plain mapping; "" if the schema is no
    computed form."""
    required = schema.get("required", ()) if isinstance(schema, dict) else ()
    return next((key for key in required if key.startswith("$")), "")


class Vocabulary:
    """The words of one schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def forms(self, schema: Schema) -> str:
        """What a value may be, such as "true, false or a mapping"; computed forms are left out."""
        words = list(dict.fromkeys(word for title in self._titles(schema) for word in title.split(" or ")))
        return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)

    def belongs(self, key: str, path: Path) -> str:
        """Where a key that is unknown at `path` belongs, as a hint; "" if nowhere."""
        places = self._places.get(key)
        if not places:
            return ""
        place = max(places, key=lambda p: (_common(p, path), -len(p)))
        common = _common(place, path)
        rest = place[common:]
        if common == len(path) and not {_ANY_NAME, _ANY_ITEM} & set(rest[:-1]):
            return f"`{key}` belongs under `{'.'.join(rest[:-1])}`."
        if len(rest) == 1 and isinstance(path[common], str):
            return f"`{key}` belongs beside `{path[common]}`, not under it."
        return f"`{key}` belongs {f'under `{_shown(place[:-1])}`' if len(place) > 1 else 'at the top level'}."

    def example(self, path: Path) -> str:
        """How the value at `path` may be written, as a hint; "" if the schema has no short example."""
        if not path or not isinstance(path[-1], str):
            return ""
        for place, schema in self._keys:
            if place[-1] == path[-1] and len(place) == len(path) == _common(place, path):
                for example in schema.get("examples", ()):
                    shown = yaml.safe_dump({path[-1]: example}, default_flow_style=True, width=math.inf)
                    return f"For example `{shown.strip()[1:-1]}`." if len(shown) <= _LONGEST_EXAMPLE else ""
        return ""

    def item_words(self, schema: Schema) -> list[str]:
        """The words that the items of a list can be, if the schema is one of lists of fixed words; none otherwise."""
        if "$ref" in schema:
            return self.item_words(self._resolved(schema))
        items = schema.get("items", {})
        items = self._resolved(items) if "$ref" in items else items
        return [str(word) for word in items.get("enum", ())] if isinstance(items, dict) else []

    def _titles(self, schema: Schema) -> Iterator[str]:
        if "title" in schema:
            if not discriminator(schema):
                yield schema["title"]
        elif "$ref" in schema:
            yield from self._titles(self._resolved(schema))
        else:
            for form in schema.get("anyOf", ()):
                yield from self._titles(form)

    def _resolved(self, schema: Schema) -> Schema:
        definition: Schema = self._schema["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        return definition

    @cached_property
    def _keys(self) -> tuple[_Key, ...]:
        return tuple(self._walk(self._schema, (), frozenset()))

    @cached_property
    def _places(self) -> dict[str, list[tuple[str, ...]]]:
        found: dict[str, list[tuple[str, ...]]] = {}
        for place, _ in self._keys:
            found.setdefault(place[-1], []).append(place)
        return found

    def _walk(self, schema: Any, place: tuple[str, ...], inside: frozenset[str]) -> Iterator[_Key]:
        """Every key with its schema; definitions that contain themselves are entered once."""
        if not isinstance(schema, dict) or discriminator(schema):
            return
        reference = schema.get("$ref")
        if reference and reference not in inside:
            yield from self._walk(self._resolved(schema), place, inside | {reference})
        for key, value in schema.get("properties", {}).items():
            yield (*place, key), value
            yield from self._walk(value, (*place, key), inside)
        yield from self._walk(schema.get("additionalProperties"), (*place, _ANY_NAME), inside)
        yield from self._walk(schema.get("items"), (*place, _ANY_ITEM), inside)
        for form in schema.get("anyOf", ()):
            yield from self._walk(form, place, inside)


def _common(place: tuple[str, ...], path: Path) -> int:
    """How many steps of a place in the schema a path in the document shares."""
    count = 0
    for known, step in zip(place, path, strict=False):
        if known != step and known != (_ANY_NAME if isinstance(step, str) else _ANY_ITEM):
            break
        count += 1
    return count


def _shown(place: tuple[str, ...]) -> str:
    return ".".join(place).replace(f".{_ANY_ITEM}", _ANY_ITEM).replace(_ANY_NAME, "<name>")
