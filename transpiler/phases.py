"""Prints the result of a compiler phase as YAML, for people who debug or extend it: `generate --print-phase`.

`plain` knows no particular class: a dataclass becomes a mapping with its class under `type` and its fields in order,
without empty fields and without those that do not count in comparisons (positions in files). A document is printed as a
config, each scalar as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, TypeAlias

import yaml

from transpiler.nodes import Document, Kind, Node, Scalar
from transpiler.nodes import Sequence as SequenceNode

Plain: TypeAlias = "str | int | bool | list[Plain] | dict[str, Plain] | None"

_ON_ONE_LINE = 80
_TAGS = {Kind.NULL: "null", Kind.BOOL: "bool", Kind.INT: "int", Kind.FLOAT: "float"}


class _Written(str):
    """A scalar of a config that is not a string, as it was written there."""

    __slots__ = ("kind",)
    kind: Kind


def as_yaml(value: object) -> str:
    """The value as one YAML document; equal values give equal text."""
    text: str = yaml.dump(
        plain(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf"), line_break="\n"
    )
    return text


def plain(value: object) -> Plain:
    """The value as mappings, lists and scalars. Raises TypeError for a value that is no data."""
    if isinstance(value, Document):
        return _config(value.root)
    if is_dataclass(value) and not isinstance(value, type):
        shown = ((field.name, getattr(value, field.name)) for field in fields(value) if field.compare)
        return {"type": type(value).__name__} | {name: plain(held) for name, held in shown if not _nothing(held)}
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(held) for key, held in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, frozenset | set):
        return sorted((plain(item) for item in value), key=str)
    raise TypeError(f"{type(value).__name__} is no data")


def _nothing(value: object) -> bool:
    return value is None or (value != 0 and not value) or value == ""


def _config(node: Node) -> Plain:
    if isinstance(node, Scalar):
        if node.kind is Kind.STR:
            return node.text
        written = _Written(node.text)
        written.kind = node.kind
        return written
    if isinstance(node, SequenceNode):
        return [_config(item) for item in node.items]
    return {key.text: _config(value) for key, value in node}


class _Dumper(yaml.SafeDumper):
    """Short lists and mappings on one line, texts of several lines as blocks, no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        """Aliases are always expanded: the reader has limited how large the result can be."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _written(dumper: yaml.SafeDumper, text: _Written) -> yaml.ScalarNode:
    return dumper.represent_scalar(f"tag:yaml.org,2002:{_TAGS[text.kind]}", str(text))


def _list(dumper: yaml.SafeDumper, items: list[Plain]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=_short(items))


def _mapping(dumper: yaml.SafeDumper, entries: dict[str, Plain]) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", entries, flow_style=_short(entries))


def _short(value: Plain) -> bool:
    """Whether a value fits on a line."""
    room = _ON_ONE_LINE
    waiting: list[Plain] = [value]
    while waiting and room > 0:
        match waiting.pop():
            case dict() as entries:
                waiting += [*entries, *entries.values()]
            case list() as items:
                waiting += items
            case str() as text:
                room -= len(text) + 2 if "\n" not in text else _ON_ONE_LINE
            case other:
                room -= len(str(other)) + 2
    return room > 0


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Written, _written)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(dict, _mapping)
