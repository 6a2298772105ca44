"""Converts a document to what JSON Schema sees: strings, numbers, booleans, null, lists and dictionaries."""

from __future__ import annotations

from typing import TypeAlias

from transpiler.nodes import Kind, Node, Scalar, Sequence

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"


def plain(node: Node) -> Plain:
    """The document as JSON Schema sees it; nodes that aliases share stay shared."""
    return _plain(node, {})


def _plain(node: Node, known: dict[int, Plain]) -> Plain:
    if id(node) not in known:
        if isinstance(node, Scalar):
            known[id(node)] = _scalar(node)
        elif isinstance(node, Sequence):
            known[id(node)] = [_plain(item, known) for item in node.items]
        else:
            known[id(node)] = {key.text: _plain(value, known) for key, value in node}
    return known[id(node)]


def _scalar(node: Scalar) -> str | int | float | bool | None:
    if node.kind is Kind.NULL:
        return None
    if node.kind is Kind.BOOL:
        return node.text.lower() == "true"
    if node.kind is Kind.INT:
        return _integer(node.text)
    if node.kind is Kind.FLOAT:
        return float(node.text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return node.text


def _integer(text: str) -> int:
    if text.startswith(("0x", "0o")):
        return int(text[2:], 16 if text[1] == "x" else 8)
    # Python refuses to convert thousands of digits; 20 digits already exceed every limit in the schemas.
    return int(text[:20])
