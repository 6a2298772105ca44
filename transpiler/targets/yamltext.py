"""Emitted YAML as plain data, for those who read it back: what PyYAML's safe loader makes of it, only sooner.

Scalars are resolved by PyYAML's own rules, each different one once. It is stricter than PyYAML, and than the engines:
a key that comes twice and a merge key are errors, for we write neither. Knows no engine.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

_STR, _SEQ, _MAP = (f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))
UNSAFE = "!unsafe"
"""Ansible's tag for a text in which nothing is a template: here it is the text that it is."""


class _Loader(yaml.CSafeLoader):
    """libyaml's composer, which asks this one for the tag of every node."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        if kind is yaml.ScalarNode:
            return _tag(value) if implicit[0] else _STR
        return _MAP if kind is yaml.MappingNode else _SEQ


_reference = yaml.SafeLoader("")


@lru_cache(maxsize=4096)
def _tag(plain: str) -> str:
    """The tag of a scalar without quotes."""
    tag: str = _reference.resolve(yaml.ScalarNode, plain, (True, False))  # type: ignore[no-untyped-call]
    return tag


@lru_cache(maxsize=4096)
def _scalar(tag: str, text: str) -> Any:
    return _reference.construct_object(yaml.ScalarNode(tag, text))


def load(text: str) -> Any:
    """The one document in the text. An alias and its anchor are one object. Raises yaml.YAMLError."""
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
    finally:
        loader.dispose()
    return None if root is None else _plain(root, {})


def _plain(node: yaml.Node, known: dict[int, Any]) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.tag in (_STR, UNSAFE) else _scalar(node.tag, node.value)
    if id(node) in known:
        return known[id(node)]
    found: Any
    if node.tag == _SEQ:
        found = known[id(node)] = [_plain(item, known) for item in node.value]
    elif node.tag == _MAP:
        found = known[id(node)] = {}
        for key, value in node.value:
            name = _plain(key, known)
            if name in found or name == "<<":
                raise yaml.constructor.ConstructorError(None, None, f"the key {name!r}", key.start_mark)
            found[name] = _plain(value, known)
    else:
        raise yaml.constructor.ConstructorError(None, None, f"the tag {node.tag}", node.start_mark)
    return found
