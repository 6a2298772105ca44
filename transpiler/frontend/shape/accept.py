"""Whether a document has the shape of a JSON Schema, and nothing else: fast, because it is asked on every run.

jsonschema takes longer to import than a compile takes; it is loaded only to explain a rejection. Here a schema becomes
functions over nodes. They implement the part of draft 2020-12 that our schemas use; any other keyword is an error, so
that no unchecked keyword can be added. A property test compares this module with jsonschema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from transpiler.frontend.shape.json_values import Plain, plain
from transpiler.frontend.shape.schema_files import schema_of
from transpiler.nodes import Kind, Node, Scalar, Sequence
from transpiler.nodes import Mapping as MappingNode

Accepts = Callable[[Node], bool]
Schema = Mapping[str, Any]

_SAYS_NOTHING = frozenset({"$schema", "$defs", "title", "description", "default", "examples"})
_MEMBERS = frozenset({"properties", "patternProperties", "additionalProperties"})
_ELSEWHERE = _SAYS_NOTHING | _MEMBERS | {"then", "else"}
_TYPES: Mapping[str, Accepts] = {
    "object": lambda node: isinstance(node, MappingNode),
    "array": lambda node: isinstance(node, Sequence),
    "string": lambda node: isinstance(node, Scalar) and node.kind is Kind.STR,
    "boolean": lambda node: isinstance(node, Scalar) and node.kind is Kind.BOOL,
    "null": lambda node: isinstance(node, Scalar) and node.kind is Kind.NULL,
    # JSON Schema calls 1.0 an integer; in a config it is a string, such as a version.
    "integer": lambda node: isinstance(node, Scalar) and node.kind is Kind.INT,
    "number": lambda node: isinstance(node, Scalar) and node.kind in (Kind.INT, Kind.FLOAT),
}


@cache
def acceptor(name: str) -> Accepts:
    """The function that decides whether the root of a document fits `schemas/<name>.schema.json`."""
    return compiled(schema_of(name))


def compiled(schema: Schema) -> Accepts:
    """The function that accepts the same nodes as the schema. Raises ValueError for a keyword that is not
    implemented."""
    return _Compiler(schema).accepts(schema)


class _Compiler:
    """Makes the functions of one schema; a definition that refers to itself is compiled once, when it is first
    called."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._known: dict[str, Accepts] = {}

    def accepts(self, schema: Schema | bool) -> Accepts:
        if isinstance(schema, bool):
            return lambda _: schema
        rules = [self._rule(key, schema) for key in schema if key not in _ELSEWHERE]
        if not _MEMBERS.isdisjoint(schema):
            rules.append(self._members(schema))
        return rules[0] if len(rules) == 1 else _all(rules)

    def _rule(self, key: str, schema: Schema) -> Accepts:
        if key == "$ref":
            return self._reference(schema["$ref"])
        if key == "if":
            return self._conditional(schema)
        if key in ("anyOf", "not", "items"):
            return self._nested(key, schema[key])
        make = _LIMITS.get(key)
        if make is None:
            raise ValueError(f"the schema has a keyword that is not understood: {key}")
        return make(schema[key])

    def _reference(self, reference: str) -> Accepts:
        known = self._known

        def accepts(node: Node) -> bool:
            if reference not in known:
                found: Any = self._root
                for step in reference.removeprefix("#/").split("/"):
                    found = found[step]
                known[reference] = self.accepts(found)
            return known[reference](node)

        return accepts

    def _nested(self, key: str, inner: Any) -> Accepts:
        if key == "anyOf":
            return _any([self.accepts(branch) for branch in inner])
        one = self.accepts(inner)
        if key == "not":
            return lambda node: not one(node)

        def each(node: Node) -> bool:
            if isinstance(node, Sequence):
                for item in node.items:
                    if not one(item):
                        return False
            return True

        return each

    def _conditional(self, schema: Schema) -> Accepts:
        asked = self.accepts(schema["if"])
        then, other = self.accepts(schema.get("then", True)), self.accepts(schema.get("else", True))
        return lambda node: then(node) if asked(node) else other(node)

    def _members(self, schema: Schema) -> Accepts:
        named = {key: self.accepts(inner) for key, inner in schema.get("properties", {}).items()}
        patterns = [(re.compile(p), self.accepts(inner)) for p, inner in schema.get("patternProperties", {}).items()]
        rest = self.accepts(schema.get("additionalProperties", True))

        def accepts(node: Node) -> bool:
            if not isinstance(node, MappingNode):
                return True
            for key, value in node.entries:
                own = named.get(key.text)
                matched = own is not None
                if own is not None and not own(value):
                    return False
                for pattern, inner in patterns:
                    if pattern.search(key.text):
                        matched = True
                        if not inner(value):
                            return False
                if not matched and not rest(value):
                    return False
            return True

        return accepts


# ---- several rules: loops, because `all` and `any` would make a generator for each node ----


def _all(rules: list[Accepts]) -> Accepts:
    def accepts(node: Node) -> bool:
        for rule in rules:  # noqa: SIM110
            if not rule(node):
                return False
        return True

    return accepts


def _any(rules: list[Accepts]) -> Accepts:
    def accepts(node: Node) -> bool:
        for rule in rules:  # noqa: SIM110
            if rule(node):
                return True
        return False

    return accepts


# ---- rules without schemas in them ----


def _type(names: str | list[str]) -> Accepts:
    return _TYPES[names] if isinstance(names, str) else _any([_TYPES[name] for name in names])


def _enum(values: list[Plain]) -> Accepts:
    def accepts(node: Node) -> bool:
        given = plain(node)
        return any(given == value and isinstance(given, bool) == isinstance(value, bool) for value in values)

    return accepts


def _required(keys: list[str]) -> Accepts:
    wanted = frozenset(keys)
    return lambda node: not isinstance(node, MappingNode) or wanted <= {key.text for key, _ in node.entries}


def _pattern(pattern: str) -> Accepts:
    found = re.compile(pattern)
    return lambda node: not _TYPES["string"](node) or bool(isinstance(node, Scalar) and found.search(node.text))


def _minimum(limit: float) -> Accepts:
    def accepts(node: Node) -> bool:
        value = plain(node) if _TYPES["number"](node) else None
        # Written with `not`, because a NaN is not less than anything and JSON Schema accepts it.
        return not (isinstance(value, int | float) and value < limit)

    return accepts


def _maximum(limit: float) -> Accepts:
    def accepts(node: Node) -> bool:
        value = plain(node) if _TYPES["number"](node) else None
        return not (isinstance(value, int | float) and value > limit)

    return accepts


def _length(node: Node) -> int | None:
    return len(node.text) if isinstance(node, Scalar) and node.kind is Kind.STR else None


def _items(node: Node) -> int | None:
    return len(node.items) if isinstance(node, Sequence) else None


def _entries(node: Node) -> int | None:
    return len(node.entries) if isinstance(node, MappingNode) else None


def _at_least(size: Callable[[Node], int | None]) -> Callable[[int], Accepts]:
    return lambda limit: lambda node: (n := size(node)) is None or n >= limit


def _at_most(size: Callable[[Node], int | None]) -> Callable[[int], Accepts]:
    return lambda limit: lambda node: (n := size(node)) is None or n <= limit


_LIMITS: Mapping[str, Callable[[Any], Accepts]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda value: _enum([value]),
    "required": _required,
    "pattern": _pattern,
    "minimum": _minimum,
    "maximum": _maximum,
    "minLength": _at_least(_length),
    "maxLength": _at_most(_length),
    "minItems": _at_least(_items),
    "maxItems": _at_most(_items),
    "minProperties": _at_least(_entries),
    "maxProperties": _at_most(_entries),
}
