"""From a layout to lines of YAML.

A collection that is not copied is written on one line in `[…]` or `{…}` if that is short and no comment needs a line in
it, else in block form, indented by two. This module must not know what a config means.
"""

from __future__ import annotations

import re

from transpiler.frontend.rewriting.layout import Unit
from transpiler.nodes import Kind, Mapping, Scalar
from transpiler.quoting import yaml_scalar

WIDTH = 100
_FLOW_CHARACTERS = re.compile(r"[][{},]")


def text(words: str) -> str:
    """A scalar on one line that reads back as exactly this string: plain if that is certain, else quoted."""
    if yaml_scalar(words) == words:
        return words
    return quoted(words)


def quoted(words: str) -> str:
    """A quoted scalar on one line, in single quotes if they can hold it."""
    if words.isprintable():
        return "'" + words.replace("'", "''") + "'"
    made = yaml_scalar(words)
    return made if made.startswith('"') else f'"{made}"'


def document(unit: Unit, room: int = WIDTH) -> list[str]:
    """The lines of a whole document."""
    _, rest, own = _value(unit, room + 2, 0)
    assert own, "a document that is written out has a line for each key"
    return [*unit.above, *rest, *unit.below]


def entry(unit: Unit, room: int = WIDTH) -> list[str]:
    """The lines of an entry of a block mapping."""
    head = f"{_key(unit)}:"
    first, rest, own = _value(unit, room, len(head) + 1)
    if own:
        indented = [f"  {line}" if line else "" for line in rest]
        return _commented(unit, [f"{head} {first}".rstrip(), *indented], beside=True)
    return _commented(unit, [f"{head} {first}".rstrip(), *rest], beside=not rest)


def flow(unit: Unit) -> str | None:
    """The unit as it is written in `[…]` or `{…}` on one line; None if that is not possible."""
    value = _flow_value(unit)
    if value is None or not unit.key:
        return value
    key = _key(unit)
    key = text(unit.key.text) if _FLOW_CHARACTERS.search(key) and key[:1] not in "'\"" else key
    return f"{key}: {value}"


def _item(unit: Unit, room: int) -> list[str]:
    """The lines of an item of a block list."""
    first, rest, own = _value(unit, room, 2)
    if own and first:
        return _commented(unit, [f"- {first}", *(f"  {line}" if line else "" for line in rest)], beside=True)
    if own:
        # The comments above the first line go above the dash.
        start = next(i for i, line in enumerate(rest) if line and not line.startswith("#"))
        lines = [f"- {rest[start]}", *(f"  {line}" if line else "" for line in rest[start + 1 :])]
        free = bool(unit.parts) and not unit.parts[0].beside and "\n" not in unit.parts[0].copied
        return [*rest[:start], *_commented(unit, lines, beside=free)]
    return _commented(unit, [f"- {first}".rstrip(), *rest], beside=not rest)


def _commented(unit: Unit, lines: list[str], *, beside: bool) -> list[str]:
    above, here = list(unit.above), list(unit.beside)
    if here and beside:
        lines = [f"{lines[0]}{here.pop(0)}", *lines[1:]]
    return [*above, *(line.lstrip() for line in here), *lines, *unit.below]


def _value(unit: Unit, room: int, used: int) -> tuple[str, list[str], bool]:
    """A value's first line, of whose room `used` is taken, and its further lines; and whether these have an indentation
    of their own (True) or keep the one that they had below the enclosing collection (False)."""
    if unit.copied and unit.extent and unit.extent.block and not isinstance(unit.node, Scalar):
        return unit.properties, _moved(unit.copied, unit.extent.column), True
    if unit.copied and unit.extent and "\n" in unit.copied:
        first, *rest = _moved(unit.copied, unit.extent.around)
        return f"{unit.properties} {first}".lstrip(), rest, False
    one_line = None if unit.spread and unit.parts else _flow_value(unit, flow_around=False)
    if one_line is not None and (len(one_line) <= room - used or not unit.parts):
        return one_line, [], False
    one = entry if isinstance(unit.node, Mapping) else _item
    return unit.properties, [line for part in unit.parts for line in one(part, room - 2)], True


def _moved(copied: str, column: int) -> list[str]:
    """The lines of a text that was indented below something in this column, reindented for column 0."""
    lines = re.split("\r\n|\n", copied)
    return [lines[0], *(line[min(column, len(line) - len(line.lstrip(" "))) :] for line in lines[1:])]


def _flow_value(unit: Unit, *, flow_around: bool = True) -> str | None:
    if unit.alias:
        return f"*{unit.alias}"
    if unit.copied:
        bare = _copied_flow(unit, flow_around=flow_around)
    elif isinstance(unit.node, Scalar):
        bare = _scalar(unit.node)
    elif unit.hosts:
        bare = None
    else:
        parts = [flow(part) for part in unit.parts]
        inner = ", ".join(part for part in parts if part is not None)
        bare = None if None in parts else f"{{{inner}}}" if isinstance(unit.node, Mapping) else f"[{inner}]"
    return None if bare is None else f"{unit.properties} {bare}".lstrip()


def _copied_flow(unit: Unit, *, flow_around: bool) -> str | None:
    if "\n" in unit.copied or (unit.extent and unit.extent.block):
        return None
    return in_flow(unit.node, unit.copied) if flow_around and isinstance(unit.node, Scalar) else unit.copied


def in_flow(node: Scalar, copied: str) -> str:
    """A scalar as it is written in `[…]` or `{…}`: copied verbatim if possible."""
    if "\n" in copied or (node.plain and (_FLOW_CHARACTERS.search(copied) or not copied)):
        return quoted(node.text) if node.kind is Kind.STR else "null"
    return copied


def _scalar(node: Scalar) -> str:
    return text(node.text) if node.kind is Kind.STR else node.text or "null"


def _key(unit: Unit) -> str:
    assert unit.key
    return unit.key_text or text(unit.key.text)
