"""The schema of profiles, put together from the parts of the targets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from transpiler.frontend.shape.schema_files import published, schema_of
from transpiler.resources import directory, read_text
from transpiler.targets import TARGETS

NAMES = sorted(path.name.removesuffix(".schema.json") for path in directory("schemas").glob("*.schema.json"))
SLOTS = {
    "settings": ("properties",),
    "output": ("properties", "targets", "anyOf", 1, "properties"),
    "trigger": ("properties", "triggers", "additionalProperties", "properties"),
    "report": ("properties", "report", "properties"),
    "credential": ("$defs", "credential", "properties"),
}


def part(target: str) -> dict[str, Any]:
    return {
        key: value
        for key, value in json.loads(read_text("schemas", f"targets/{target}.schema.json")).items()
        if key != "$comment"
    }


def keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from keys(item)


@pytest.mark.parametrize("target", TARGETS)
def test_each_part_of_a_target_stands_under_its_name(target: str) -> None:
    assert part(target).keys() <= SLOTS.keys()
    for name, path in SLOTS.items():
        found: Any = schema_of("profile")
        for step in path:
            found = found[step]
        assert found.get(target) == part(target).get(name), name


def test_no_target_has_a_part_without_being_in_the_list() -> None:
    files = (directory("schemas") / "targets").iterdir()
    assert {file.name for file in files} == {f"{name}.schema.json" for name in TARGETS}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_published_is_a_schema_and_the_one_that_we_check_by(name: str) -> None:
    schema = json.loads(published(name))
    Draft202012Validator.check_schema(schema)
    assert schema == schema_of(name)
    assert "$targets" not in set(keys(schema))


def test_the_lists_of_targets_are_the_list() -> None:
    schema = schema_of("profile")
    assert schema["$defs"]["target"] == {"enum": ["jenkins", "gitlab", "zuul", "github"]}
    assert schema["properties"]["targets"]["anyOf"][0]["title"] == "a list of `jenkins`, `gitlab`, `zuul` and `github`"
    assert schema["properties"]["targets"]["default"] == ["jenkins", "gitlab", "zuul"]


def test_what_has_no_parts_is_published_as_it_is_written() -> None:
    assert published("config") == read_text("schemas", "config.schema.json")
