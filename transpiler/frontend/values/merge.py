"""`$merge` of mappings and lists, applied to the nodes, so that a step sees all its keys wherever they were written.

Strings are merged after their references are resolved (`evaluate.py`): two halves must not become a reference.
"""

from __future__ import annotations

from transpiler.nodes import Mapping, Node, Sequence


def merged(node: Node) -> Node:
    """The node with every `$merge` of two mappings or two lists in it applied; computed forms (`$each`) and strings are
    left for later."""
    match node:
        case Sequence(items=items):
            return Sequence(tuple(map(merged, items)), node.span)
        case Mapping() if node.key("$merge"):
            return _merge(node)
        case Mapping():
            return Mapping(tuple((key, merged(value)) for key, value in node.entries), node.span)
    return node


def _merge(node: Mapping) -> Node:
    first, second = (merged(found) if (found := node.get(key)) else None for key in ("$merge", "$with"))
    match first, second:
        case Mapping(), Mapping() if not _computes(first) and not _computes(second):
            kept = tuple((key, value) for key, value in first.entries if second.key(key.text) is None)
            return Mapping(kept + second.entries, node.span)
        case Sequence(), Sequence():
            return Sequence(first.items + second.items, node.span)
    return node


def _computes(node: Mapping) -> bool:
    return any(key.text in ("$each", "$merge") for key, _ in node.entries)
