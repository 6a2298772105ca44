"""The law of `accept`: it accepts what jsonschema finds no fault with, and nothing else."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from support.catalogue import CATALOGUE
from support.drawing import holds

from transpiler.diagnostics import Diagnostics, Span
from transpiler.frontend.shape import schema as judge
from transpiler.frontend.shape.accept import acceptor, compiled
from transpiler.frontend.shape.json_values import plain
from transpiler.frontend.shape.mistakes import as_meant
from transpiler.frontend.shape.schema_files import schema_of
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Document, Kind, Mapping, Node, Scalar, Sequence
from transpiler.resources import directory

ROOT = Path(__file__).parents[3]
WRITTEN = {"audit", "diff"}
"""Schemas of what transpipe writes. It reads no such document, and their keywords need not all be understood."""
_FILES = {path.name.removesuffix(".schema.json") for path in directory("schemas").glob("*.schema.json")}
SCHEMAS = sorted(_FILES - WRITTEN)
SPAN = Span("config.yaml", 1, 1, 1, 1)


def node(value: Any) -> Node:
    """The nodes of plain data."""
    match value:
        case dict():
            return Mapping(tuple((Scalar(str(k), Kind.STR, SPAN), node(v)) for k, v in value.items()), SPAN)
        case list():
            return Sequence(tuple(map(node, value)), SPAN)
        case None:
            return Scalar("", Kind.NULL, SPAN, plain=True)
        case bool():
            return Scalar(str(value).lower(), Kind.BOOL, SPAN, plain=True)
        case int():
            return Scalar(str(value), Kind.INT, SPAN, plain=True)
        case float():
            return Scalar(str(value), Kind.FLOAT, SPAN, plain=True)
    return Scalar(str(value), Kind.STR, SPAN)


def agree(name: str, root: Node) -> bool:
    """The answer of both validators, which must agree. A document that is accepted must have no known mistake, because
    `as_meant` never sees it."""
    accepted = acceptor(name)(root)
    assert accepted == judge._validator(name).is_valid(plain(root))
    if accepted and name not in judge._CALLED:
        said = Diagnostics()
        as_meant(Document(SPAN.file, "", root), name, said)
        assert not list(said)
    return accepted


@cache
def words(name: str) -> tuple[str, ...]:
    """Every key and every word of a schema's enumerations."""
    found: set[str] = set()

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            found.update(part.get("properties", {}))
            found.update(word for word in part.get("enum", ()) if isinstance(word, str))
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(schema_of(name))
    return tuple(sorted(found))


@cache
def samples() -> tuple[Any, ...]:
    """Configs and profiles of every kind, as plain data."""
    files = [*ROOT.glob("golden/*/.pipeline/*.yaml"), *ROOT.glob("samples/*/.pipeline/*.yaml")]
    files += [*ROOT.glob("transpiler/profiles/*.yaml"), *ROOT.glob("tests/data/bad/*.yaml")]
    texts = [path.read_bytes() for path in files]
    texts += [entry["example"].encode() for entry in CATALOGUE.values()]
    documents = (read(text, "config.yaml", Diagnostics()) for text in texts)
    return tuple(plain(document.root) for document in documents if document)


@cache  # hypothesis takes longer to make a strategy than to draw from it
def scalars(name: str) -> st.SearchStrategy[Any]:
    texts = st.sampled_from(("", "x", "${a.b}", "1", "always", "x-more", "a:1", *words(name)))
    numbers = st.integers(-2, 3) | st.floats(allow_nan=True, width=16)
    return st.none() | st.booleans() | numbers | texts


@cache
def documents(name: str) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(("x-own", "other", "1", *words(name)))

    def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4)

    return st.recursive(scalars(name), nested, max_leaves=12)


@st.composite
def mutated(draw: st.DrawFn, name: str) -> Any:
    """A sample with some places changed: a value replaced, a key renamed, added or removed."""
    value = json.loads(json.dumps(draw(st.sampled_from(samples()))))
    for _ in range(draw(st.integers(0, 3))):
        place = value
        while isinstance(place, dict | list) and place and draw(st.integers(0, 3)):
            inner = draw(st.sampled_from(list(place.values()) if isinstance(place, dict) else place))
            if not isinstance(inner, dict | list):
                break
            place = inner
        if isinstance(place, dict):
            key = draw(st.sampled_from((*place, *words(name)[:: max(1, len(words(name)) // 40)], "x-own")))
            if draw(st.booleans()):
                place.pop(key, None)
            else:
                place[key] = draw(documents(name))
        elif isinstance(place, list):
            place[: draw(st.integers(0, 1))] = [draw(documents(name))]
    return value


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_agrees_with_jsonschema_on_any_document(name: str, count: int) -> None:
    def law(document: Any) -> None:
        agree(name, node(document))

    holds(law, documents(name), cases=count // 3)


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_agrees_with_jsonschema_on_documents_that_are_nearly_right(name: str, count: int) -> None:
    def law(document: Any) -> None:
        agree(name, node(document))

    holds(law, mutated(name), cases=count // 3)


def test_it_agrees_with_jsonschema_on_every_sample() -> None:
    said = [agree(name, node(sample)) for sample in samples() for name in SCHEMAS]
    assert said.count(True) > 30
    assert said.count(False) > 30


@pytest.mark.corpus
def test_it_agrees_with_jsonschema_on_real_configs(corpus: Path) -> None:
    read_ones = [read(path.read_bytes(), path.name, Diagnostics()) for path in corpus.glob("*/.pipeline/*.y*ml")]
    accepted = [agree("config", document.root) for document in read_ones if document]
    assert accepted.count(True) > 20


KEYWORDS = (
    {"type": "object"},
    {"type": "array"},
    {"type": "string"},
    {"type": "boolean"},
    {"type": "null"},
    {"type": "integer"},
    {"type": "number"},
    {"type": ["string", "integer"]},
    {"enum": ["a", 1, None, [], {}]},
    {"enum": [True, 2]},
    {"const": 1},
    {"const": False},
    {"required": ["a"]},
    {"required": ["a", "b"]},
    {"pattern": "b"},
    {"pattern": "^a"},
    {"minimum": 1},
    {"maximum": 1},
    {"minLength": 2},
    {"maxLength": 2},
    {"minItems": 2},
    {"maxItems": 1},
    {"minProperties": 2},
    {"maxProperties": 1},
    {"properties": {"a": {"type": "string"}}},
    {"properties": {"a": False}},
    {"properties": {"a": True}, "additionalProperties": False},
    {"additionalProperties": {"type": "integer"}},
    {"patternProperties": {"^x-": {"type": "string"}}},
    {"patternProperties": {"^x-": True}},
    {"patternProperties": {"^x-": {"type": "string"}}, "properties": {"x-a": {"minLength": 2}}},
    {"patternProperties": {"^x-": True}, "properties": {"a": True}, "additionalProperties": False},
    {"items": {"type": "string"}},
    {"items": {"items": {"minimum": 2}}},
    {"not": {"type": "string"}},
    {"anyOf": [{"type": "string"}, {"minimum": 2}]},
    {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"type": "integer"}},
    {"if": {"type": "string"}, "then": {"minLength": 2}},
    {"if": {"type": "string"}, "else": {"type": "integer"}},
    {"type": "string", "minLength": 2, "pattern": "b"},
    True,
    False,
    {"$ref": "#/$defs/list", "$defs": {"list": {"type": ["array", "null"], "items": {"$ref": "#/$defs/list"}}}},
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    2,
    3,
    0.5,
    1.0,
    1.5,
    2.5,
    float("nan"),
    "",
    "a",
    "ab",
    "ba",
    "abc",
    "1",
    [],
    [None],
    [1],
    ["a"],
    ["a", 1],
    [1, "a"],
    ["a", "b"],
    [True],
    [[1]],
    [[2, 1]],
    [[], [None, ["a"]]],
    {},
    {"a": None},
    {"a": 1},
    {"a": "a"},
    {"a": "a", "b": 1},
    {"b": 1},
    {"b": "b"},
    {"a": 1, "b": 2, "c": 3},
    {"x-a": "a"},
    {"x-a": "ab"},
    {"x-a": 1},
    {"x-b": 1},
    {"a": 1, "x-b": 1},
    {"a": 1, "x-b": "b"},
    {"ax-": 1},
)


@pytest.mark.parametrize("schema", KEYWORDS, ids=json.dumps)
def test_it_agrees_with_jsonschema_on_each_keyword(schema: Any) -> None:
    """At the edge of what each allows, where documents at random seldom are."""
    accepts, judged = compiled(schema), type(judge._validator("config"))(schema)
    nodes = [node(value) for value in VALUES]
    assert [accepts(one) for one in nodes] == [judged.is_valid(plain(one)) for one in nodes]


@pytest.mark.parametrize("schema", ['{"multipleOf": 3}', '{"items": {"allOf": []}}', '{"not": {"format": "uri"}}'])
def test_a_keyword_that_it_does_not_know_is_an_error(schema: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        compiled(json.loads(schema))
