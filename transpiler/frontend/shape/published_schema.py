"""The one schema of `.pipeline/config.yaml` that is published, for editors: it picks the dialect by shape.

It is put together from the schemas of the four dialects, in draft 07, which is what editors know, and by the rules of
SchemaStore. A config of SAP's Project Piper, which has the same name, is passed over: whatever is in it is accepted.
`frontend/dialects/shape.py` and `shape/foreign.py` are the rules that the shapes here repeat; a property test compares
the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

from transpiler.frontend.dialects.shape import LATER_PIPELINE_KEYS, LATER_STAGE_KEYS
from transpiler.frontend.shape.schema_files import schema_of

Schema: TypeAlias = dict[str, Any]

ID = "https://json.schemastore.org/transpipe.json"
_DRAFT = "http://json-schema.org/draft-07/schema#"
_DIALECTS = {"version-0": "config", "proposal-a": "dialect-a", "proposal-b": "dialect-b", "proposal-c": "dialect-c"}
_DATA = frozenset({"const", "default", "enum", "examples", "required"})
_WORDS = frozenset({"title", "description", "default", "examples"})
_NAMED = frozenset({"properties", "patternProperties"})
_ROOT_ONLY = frozenset({"$schema", "$defs", "$id"})

_MAPPING: Schema = {"type": "object"}
_TRUE: Schema = {"enum": [True, *(word for w in ("true", "yes", "on") for word in (w, w.title(), w.upper()))]}
"""Any word that is true, where version 0 has a mapping."""


def one_schema() -> Schema:
    """The whole schema."""
    definitions = {name: part for dialect in _DIALECTS for name, part in _definitions(dialect)}
    shapes = {
        "piper": _piper(),
        "list": {"type": "array"},
        "declared-b": _declared({"const": "proposal-b"}),
        "declared-c": _declared({"const": "proposal-c"}),
        "declared-0": _declared({"enum": [0, "0"]}),
        "by-variants": _some_pipeline(_one_of("variants", "helmConfig")),
        "by-execution-plan": _plan(),
        "by-defaults": _only_defaults(),
    }
    chosen = (
        ("piper", True),
        ("list", "proposal-a"),
        ("declared-b", "proposal-b"),
        ("declared-c", "proposal-c"),
        ("declared-0", "version-0"),
        ("by-variants", "proposal-b"),
        ("by-execution-plan", "proposal-c"),
        ("by-defaults", "proposal-b"),
    )
    found: Schema = _reference("version-0")
    for shape, dialect in reversed(chosen):
        then: Schema = {} if dialect is True else _reference(str(dialect))
        found = {"if": _reference(f"shape-{shape}"), "then": then, "else": found}
    return {
        "$schema": _DRAFT,
        "$id": ID,
        "title": "transpipe config",
        "description": "Pipelines of a repository (`.pipeline/config.yaml`), which transpipe compiles for CI engines",
        **found,
        "definitions": {**{f"shape-{name}": shape for name, shape in shapes.items()}, **definitions},
    }


def text() -> str:
    """The schema as it is printed."""
    return f"{json.dumps(one_schema(), indent=2, ensure_ascii=False)}\n"


def _reference(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _definitions(dialect: str) -> Iterator[tuple[str, Schema]]:
    """The schema of a dialect and each of its definitions, by names that begin with the dialect's."""
    schema = schema_of(_DIALECTS[dialect])
    yield dialect, _draft_07({k: v for k, v in schema.items() if k not in _ROOT_ONLY}, dialect)
    for name, part in schema.get("$defs", {}).items():
        yield f"{dialect}-{name}", _draft_07(part, dialect)


def _draft_07(schema: Any, dialect: str) -> Any:
    """A part of a schema in draft 07, in which nothing may stand beside `$ref`. Titles have no article, as SchemaStore
    wants it."""
    if not isinstance(schema, dict):
        return schema
    made: Schema = {}
    for key, value in _alone(schema, dialect).items():
        if key in _DATA:
            made[key] = value
        elif key in _NAMED:
            made[key] = {name: _draft_07(inner, dialect) for name, inner in value.items()}
        elif isinstance(value, list):
            made[key] = [_draft_07(inner, dialect) for inner in value]
        elif key == "title":
            made[key] = value.removeprefix("an ").removeprefix("a ")
        elif key == "$ref":
            made[key] = f"#/definitions/{dialect}-{value.removeprefix('#/$defs/')}"
        else:
            made[key] = _draft_07(value, dialect)
    return _naming_what_it_requires(made)


def _naming_what_it_requires(schema: Schema) -> Schema:
    """A part in which each required key has a schema, if only one that accepts everything: the strict mode of Ajv, by
    which SchemaStore checks, wants that."""
    named = schema.get("properties", {})
    missing = [key for key in schema.get("required", ()) if key not in named]
    if not missing or "additionalProperties" in schema:
        return schema
    return {**schema, "properties": {**named, **{key: {} for key in missing}}}


def _alone(schema: Schema, dialect: str) -> Schema:
    """A part without anything beside `$ref`: what that refers to stands in its place, with the words of the part
    itself. In an `allOf`, editors would show the words of what is referred to."""
    while "$ref" in schema and len(schema) > 1:
        own = {key: value for key, value in schema.items() if key != "$ref"}
        referred = schema_of(_DIALECTS[dialect])["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        assert not (referred.keys() & own.keys() - _WORDS), "no keyword may say two things"
        schema = {**referred, **own}
    return schema


# ---- the shapes ----


def _declared(word: Schema) -> Schema:
    return {"type": "object", "required": ["version"], "properties": {"version": word}}


def _one_of(*keys: str) -> Schema:
    return {"type": "object", "anyOf": [_naming_what_it_requires({"required": [key]}) for key in keys]}


def _some(where: str, holds: Schema) -> Schema:
    """Whether a member of a mapping (`additionalProperties`) or of a list (`items`) holds this."""
    kind = "object" if where == "additionalProperties" else "array"
    return {"type": kind, "not": {where: {"not": holds}}}


def _with(key: str, value: Schema) -> Schema:
    return {"type": "object", "required": [key], "properties": {key: value}}


def _some_pipeline(holds: Schema) -> Schema:
    return _with("pipelines", _some("additionalProperties", holds))


def _some_stage(holds: Schema) -> Schema:
    return _some_pipeline(_with("stages", _some("items", holds)))


def _scalar() -> Schema:
    return {"type": ["string", "number", "boolean"]}


def _plan() -> Schema:
    """An execution plan: something that proposal C alone has; or `execution` without `stages`, and nothing of version
    0."""
    older = [
        _some_pipeline(_with("execution", _some("items", _scalar()))),
        _some_stage(_one_of("variant", "testDeploy")),
        _some_stage(_with("publish", {"type": "array", "minItems": 1})),
        _some_stage(_with("deploy", _TRUE)),
    ]
    listed: Schema = {"type": "array", "minItems": 1}
    unstaged = _some_pipeline({**_with("execution", listed), "not": _one_of("stages")})
    return {"anyOf": [*older, {"allOf": [unstaged, {"not": _later()}]}]}


def _later() -> Schema:
    """Something that version 0 alone has."""
    whole: Schema = {"type": "object", "minProperties": 1, "not": _one_of("type")}
    return {
        "anyOf": [
            _some_pipeline(_one_of(*LATER_PIPELINE_KEYS)),
            _some_stage(_one_of(*LATER_STAGE_KEYS)),
            _some_stage(_with("publish", whole)),
            _some_stage(_with("deploy", whole)),
        ]
    }


def _only_defaults() -> Schema:
    """Pipelines with no keys but these, of which there is at least one: `test`, then `production`."""
    usual: Schema = {
        "anyOf": [
            {"type": "null"},
            {"type": "object", "additionalProperties": False, "properties": {"blubberfile": {}, "directory": {}}},
            {"not": {"type": ["object", "null"]}},
        ]
    }
    real: Schema = {"type": ["object", "null"]}
    return _with("pipelines", {**_some("additionalProperties", real), "additionalProperties": usual})


def _piper() -> Schema:
    """A config of SAP's Project Piper: `general`, `steps` or `stages` at the top level, as mappings."""
    empty_or_mapping: Schema = {"type": ["object", "null"]}
    return {
        "type": "object",
        "not": _one_of("pipelines", "pipeline"),
        "anyOf": [_with("general", empty_or_mapping), _with("steps", _MAPPING), _with("stages", _MAPPING)],
    }
