"""What the schemas say of a place: the keys that it may have, the words, and the descriptions of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from transpiler.editor.where import Path
from transpiler.frontend.shape.schema_files import schema_of

Schema = Mapping[str, Any]


class Key(NamedTuple):
    """A key that a place may have. `kind` is what its value is called; `holds`: a "mapping", a "list" or ""."""

    name: str
    description: str
    kind: str
    holds: str
    required: bool


def keys(name: str, path: Path) -> tuple[Key, ...]:
    """The keys of a mapping at a path of a document that has the schema `name`."""
    found: dict[str, Key] = {}
    root = schema_of(name)
    for form in _forms(name, path):
        required = form.get("required", ())
        for key, inner in form.get("properties", {}).items():
            if not key.startswith("$"):
                found.setdefault(key, _key(root, key, inner, required=key in required))
    return tuple(found.values())


def words(name: str, path: Path) -> tuple[str, ...]:
    """The words that a value at a path may be."""
    found: dict[str, None] = {}
    for form in _forms(name, path):
        for value in (*form.get("enum", ()), *([form["const"]] if "const" in form else ())):
            if isinstance(value, str) and value and value.lower() not in ("yes", "no", "on", "off"):
                found[value] = None
        if form.get("type") == "boolean":
            found |= {"true": None, "false": None}
    return tuple(found)


def describe(name: str, path: Path) -> str:
    """What a key is for, what its value may be, its default and an example, as Markdown; "" if it is not known."""
    if not path or not isinstance(path[-1], str):
        return ""
    root = schema_of(name)
    for form in _forms(name, path[:-1]):
        inner = form.get("properties", {}).get(path[-1])
        if isinstance(inner, dict) and inner.get("description"):
            key = _key(root, path[-1], inner, required=path[-1] in form.get("required", ()))
            lines = [key.description]
            lines += [f"Value: {key.kind}."] if key.kind else []
            lines += [f"Default: `{_shown(inner['default'])}`."] if "default" in inner else []
            lines += [f"Example: `{path[-1]}: {_shown(example)}`." for example in inner.get("examples", ())[:1]]
            return "\n\n".join(lines)
    return ""


def is_mapping(name: str, path: Path) -> bool:
    """Whether a value at a path may be a mapping with known keys."""
    return bool(keys(name, path))


def _key(root: Schema, name: str, inner: Any, *, required: bool) -> Key:
    forms = list(_expanded(root, inner)) if isinstance(inner, dict) else []
    titles = dict.fromkeys(form["title"] for form in forms if "title" in form and not _computed(form))
    types = [form.get("type") for form in forms if not _computed(form)]
    holds = "mapping" if types and types[0] == "object" else "list" if types and types[0] == "array" else ""
    description = inner.get("description", "") if isinstance(inner, dict) else ""
    return Key(name, description, " or ".join(titles), holds, required)


def _computed(form: Schema) -> bool:
    return any(key.startswith("$") for key in form.get("required", ()))


@lru_cache(maxsize=4096)
def _forms(name: str, path: Path) -> tuple[Schema, ...]:
    """All forms that the value at a path may have."""
    root = schema_of(name)
    if not path:
        return tuple(_expanded(root, root))
    step = path[-1]
    found: list[Schema] = []
    for form in _forms(name, path[:-1]):
        if isinstance(step, int):
            inner = form.get("items")
        else:
            inner = form.get("properties", {}).get(step, form.get("additionalProperties"))
        if isinstance(inner, dict):
            found += _expanded(root, inner)
    return tuple(found)


def _expanded(root: Schema, schema: Schema) -> Iterator[Schema]:
    """A schema, with what it refers to, and each of its forms."""
    yield schema
    if "$ref" in schema:
        yield from _expanded(root, root["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    for form in schema.get("anyOf", ()):
        yield from _expanded(root, form)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k}: {_shown(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)
