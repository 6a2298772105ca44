"""Judges a document by a JSON Schema and says in the user's words what does not fit.

The schemas hold the knowledge: which keys there are, what they mean (`description`) and what a form is called
(`title`). This module knows how to explain a violation, and must not know a key of any schema; mistakes that
deserve words of their own are in `mistakes`.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, TypeAlias

from transpiler.diagnostics import Diagnostics
from transpiler.frontend.mistakes import mend
from transpiler.frontend.violations import Explainer, Violation
from transpiler.nodes import Document, Kind, Node, Scalar, Sequence
from transpiler.resources import read_text

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"


def check(document: Document, schema: str, diagnostics: Diagnostics) -> bool:
    """Whether the document has the shape of `schema` ("config" or "profile"); what is wrong goes to `diagnostics`."""
    found = Diagnostics()
    root = mend(document.root, found) if schema == "config" else document.root
    if root is not None:
        validator = _validator(schema)
        explainer = Explainer(schema, validator.schema, root, found)
        explainer.explain(Violation.of(error) for error in validator.iter_errors(plain(root)))
    for diagnostic in found:
        diagnostics.add(diagnostic)
    return not found.failed


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
    # Python refuses to convert thousands of digits; every bound in the schemas is passed long before.
    return int(text[:20])


@cache
def _validator(schema: str) -> Any:
    # Imported here because it takes 80 ms, which nothing but this check needs.
    from jsonschema import Draft202012Validator  # noqa: PLC0415
    from jsonschema.validators import extend  # noqa: PLC0415

    # JSON Schema calls 1.0 an integer; in a config it is a text that looks like a version.
    strict = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    validator: Any = extend(Draft202012Validator, type_checker=strict)  # type: ignore[no-untyped-call]
    return validator(json.loads(read_text("schemas", f"{schema}.schema.json")))
