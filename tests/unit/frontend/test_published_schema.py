"""The schema that is published for editors: it accepts what we accept, and passes over SAP's Project Piper."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from jsonschema.validators import extend
from support.drawing import holds

from transpiler.diagnostics import Diagnostics
from transpiler.frontend import dialects
from transpiler.frontend.shape.accept import acceptor
from transpiler.frontend.shape.json_values import plain
from transpiler.frontend.shape.published_schema import ID, one_schema
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Document, Node
from unit.frontend.test_accept import mutated, node, samples

STORE = Path(__file__).resolve().parents[2] / "data/schemastore"
POSITIVE = sorted((STORE / "test").glob("*.yaml"))
NEGATIVE = sorted((STORE / "negative_test").glob("*.yaml"))
PIPER = "a config of SAP's Project Piper"


@cache
def validator() -> Any:
    # JSON Schema calls 1.0 an integer; in a config it is a string, such as a version.
    strict = Draft7Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    made: Any = extend(Draft7Validator, type_checker=strict)  # type: ignore[no-untyped-call]
    return made(one_schema())


def accepted(root: Node) -> bool:
    """Whether we accept the shape of a document, or pass over it."""
    found = Diagnostics()
    dialect = dialects.recognise(Document("", "", root), found)
    if dialect is None:
        return any(PIPER in one.message for one in found)
    return acceptor(dialects.SCHEMAS[dialect])(root)


def agree(root: Node) -> bool:
    ours = accepted(root)
    assert validator().is_valid(plain(root)) == ours
    return ours


@pytest.mark.parametrize("name", ["config", "dialect-a", "dialect-b", "dialect-c"])
def test_it_accepts_what_we_accept(name: str, count: int) -> None:
    def law(document: Any) -> None:
        if isinstance(document, dict) and isinstance(document.get("version"), float):
            return  # 0.0 is 0 to JSON Schema, and no version to us
        agree(node(document))

    holds(law, mutated(name), cases=count // 6)


ARCS = {"execution": [["a", "b"]], "stages": [{"name": "a"}, {"name": "b"}]}


@pytest.mark.parametrize(
    ("document", "accepts"),
    [
        ({"version": "proposal-c", "pipelines": {"p": ARCS}}, True),
        ({"version": "proposal-b", "pipelines": {"p": ARCS}}, False),
        ({"version": "proposal-b", "pipelines": {"p": {}}}, True),
        ({"version": 0, "pipelines": {"p": ARCS}}, True),
        ({"version": "0", "pipelines": {"p": {"blubberfile": "x"}}}, False),
        ({"version": "proposal-a", "pipelines": {"p": ARCS}}, False),
    ],
)
def test_version_settles_the_dialect(document: Any, accepts: bool) -> None:
    assert agree(node(document)) == accepts


def test_it_accepts_what_we_accept_of_every_sample() -> None:
    said = [agree(node(sample)) for sample in samples()]
    assert said.count(True) > 30
    assert said.count(False) > 15


@pytest.mark.corpus
def test_it_accepts_what_we_accept_of_real_configs(corpus: Path) -> None:
    read_ones = [read(path.read_bytes(), path.name, Diagnostics()) for path in corpus.glob("*/.pipeline/config.y*ml")]
    said = [agree(document.root) for document in read_ones if document]
    assert said.count(True) > 20


def test_the_rules_of_schemastore() -> None:
    """What its CONTRIBUTING asks of a schema and of the entry in its catalogue."""
    schema = one_schema()
    Draft7Validator.check_schema(schema)
    assert list(schema)[:4] == ["$schema", "$id", "title", "description"]
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    entry = json.loads((STORE / "catalog-entry.json").read_text(encoding="utf-8"))
    assert list(entry) == ["name", "description", "fileMatch", "url"]
    assert entry["url"] == schema["$id"] == ID
    for part in parts(schema):
        assert not ("$ref" in part and len(part) > 1), "nothing may stand beside $ref in draft 07"
        if isinstance(title := part.get("title"), str):
            assert not title.startswith(("a ", "an ", "the "))
            assert not title.endswith((".", ":"))
        if isinstance(reference := part.get("$ref"), str):
            assert reference.removeprefix("#/definitions/") in schema["definitions"]


def parts(part: Any) -> list[dict[str, Any]]:
    """Every mapping in a schema, except what is data."""
    if isinstance(part, list):
        return [found for inner in part for found in parts(inner)]
    if not isinstance(part, dict):
        return []
    inner = (value for key, value in part.items() if key not in ("default", "enum", "const", "examples", "required"))
    return [part, *(found for value in inner for found in parts(value))]


@pytest.mark.parametrize("path", POSITIVE, ids=lambda path: path.stem)
def test_the_positive_examples(path: Path) -> None:
    assert [error.message for error in validator().iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize("path", NEGATIVE, ids=lambda path: path.stem)
def test_the_negative_examples(path: Path) -> None:
    assert not validator().is_valid(yaml.safe_load(path.read_text(encoding="utf-8")))
