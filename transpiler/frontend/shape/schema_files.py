"""The JSON Schemas as they are published: one file for each, completed from the registries of targets and steps.

The key `$targets` in a schema file names a part of each target's schema; it is replaced by these parts, each under its
target's name. The parts are in `schemas/targets/<target>.schema.json`. If its value is `title`, `enum` or `default`
instead, it is replaced by that keyword with the list of targets. `"$steps": "actions"` is replaced by the list of steps
that a site's policy can allow.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeAlias

from transpiler.resources import read_text
from transpiler.steps import STEPS
from transpiler.targets import TARGETS

Schema: TypeAlias = dict[str, Any]

_TARGETS, _STEPS = "$targets", "$steps"


@cache
def schema_of(name: str) -> Schema:
    """The schema of that name, such as "config" or "profile"."""
    return json.loads(_file(name), object_pairs_hook=_whole)  # type: ignore[no-any-return]


def published(name: str) -> str:
    """The text of a schema: the file's own text if nothing in it is replaced."""
    text = _file(name)
    return f"{json.dumps(schema_of(name), indent=2, ensure_ascii=False)}\n" if f'"{_TARGETS}"' in text else text


def _file(name: str) -> str:
    return read_text("schemas", f"{name}.schema.json")


def _whole(pairs: list[tuple[str, Any]]) -> Schema:
    """A mapping of a schema file, with its placeholders for targets or steps replaced."""
    mapping = dict(pairs)
    if mapping.keys().isdisjoint((_TARGETS, _STEPS)):
        return mapping
    say = {_TARGETS: _of_targets, _STEPS: _of_steps}
    parts = ((say[key](value) if key in say else {key: value}) for key, value in pairs)
    return {key: value for part in parts for key, value in part.items()}


def _of_steps(what: str) -> Schema:
    assert what == "actions"
    names = [*(kind.name for kind in STEPS if kind.acts), "credentials"]
    return {"title": _list_of(names), "items": {"enum": names}}


def _list_of(names: list[str]) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"a list of {', '.join(most)} and {last}"


def _of_targets(what: str) -> Schema:
    names = list(TARGETS)
    match what:
        case "title":
            return {"title": _list_of(names)}
        case "enum":
            return {what: names}
        case "default":
            return {what: [name for name in names if TARGETS[name].usual]}
    return {name: part[what] for name in names if what in (part := _part(name))}


@cache
def _part(target: str) -> Schema:
    """A target's part of the schema of profiles."""
    part: Schema = json.loads(_file(f"targets/{target}"))
    return part
