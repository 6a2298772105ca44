"""The outline of a config or a profile."""

from __future__ import annotations

from typing import NamedTuple

from transpiler.diagnostics import Span
from transpiler.nodes import Document, Mapping, Node, Scalar, Sequence


class Symbol(NamedTuple):
    """An entry of the outline. `kind` is `key`, `pipeline`, `stage` or `step`; `span` is all of it, `name_span` its
    name."""

    name: str
    kind: str
    span: Span
    name_span: Span
    children: tuple[Symbol, ...] = ()


def symbols(document: Document) -> tuple[Symbol, ...]:
    """The top-level keys; below `pipelines` the pipelines with their stages, and elsewhere one more level of keys."""
    root = document.root
    if isinstance(root, Sequence):
        return _stages(document, root)
    if not isinstance(root, Mapping):
        return ()
    return tuple(
        _symbol(document, key, value, "key", _pipelines(document, value) if key.text == "pipelines" else None)
        for key, value in root
        if key.text
    )


def _pipelines(document: Document, node: Node) -> tuple[Symbol, ...]:
    entries = node.entries if isinstance(node, Mapping) else ()
    return tuple(
        _symbol(document, key, value, "pipeline", _stages(document, value.get("stages")))
        for key, value in entries
        if key.text and isinstance(value, Mapping)
    )


def _stages(document: Document, node: Node | None) -> tuple[Symbol, ...]:
    found: list[Symbol] = []
    for item in node.items if isinstance(node, Sequence) else ():
        name = item.get("name") if isinstance(item, Mapping) else None
        if isinstance(item, Mapping) and isinstance(name, Scalar) and name.text and item.span.file == document.file:
            steps = tuple(
                _symbol(document, key, value, "step", ()) for key, value in item if key.text and key.text != "name"
            )
            found.append(Symbol(name.text, "stage", _around(item.span, name.span), name.span, steps))
    return tuple(found)


def _symbol(document: Document, key: Scalar, value: Node, kind: str, children: tuple[Symbol, ...] | None) -> Symbol:
    if children is None:
        inner = value.entries if isinstance(value, Mapping) else ()
        children = tuple(_symbol(document, k, v, "key", ()) for k, v in inner if k.text)
    return Symbol(key.text, kind, _around(key.span, value.span), key.span, children)


def _around(first: Span, second: Span) -> Span:
    """A span that has both; the first alone if the second is elsewhere, because an alias stands for it."""
    if second.file != first.file or second[1:3] < first[1:3]:
        return first
    end = max(first[3:], second[3:])
    return Span(first.file, first.line, first.column, *end)
