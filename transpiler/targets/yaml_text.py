"""Loads emitted YAML as plain data, for reading it back. The result is that of PyYAML's safe loader, but faster.

Scalars are resolved by PyYAML's own rules; the result for each scalar is cached. Duplicate keys and merge keys are
errors here, because transpipe never writes them. Knows no engine.
"""

from __future__ import annotations

import operator
from functools import lru_cache
from typing import Any

import yaml

from transpiler.yaml_loader import Loader

_SEQ, _MAP = (f"tag:yaml.org,2002:{name}" for name in ("seq", "map"))
_UNTAGGED = "?"
UNSAFE = "!unsafe"
"""Ansible's tag for a string that is not a template. It is read as an ordinary string here."""


class _Loader(Loader):
    """PyYAML's composer, without its resolver: it calls these methods for every node, so they are the cheapest
    callables that accept the arguments. `_scalar` resolves tags afterwards."""

    resolve = _UNTAGGED.format
    descend_resolver = operator.is_  # type: ignore[assignment]
    ascend_resolver = bool  # type: ignore[assignment]


_reference = yaml.SafeLoader("")


@lru_cache(maxsize=16)  # the teardown's playbook is mostly the same in all configs
def load(text: str) -> Any:
    """Returns the one document in the text. Callers must not change it, because it is cached. An alias and its anchor
    are the same object. Raises yaml.YAMLError."""
    root = _Loader(text).get_single_node()
    return None if root is None else _plain(root, {})


def _plain(node: yaml.Node, known: dict[int, Any]) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style and node.tag == _UNTAGGED else _scalar(node.tag, node.value)
    if id(node) in known:
        return known[id(node)]
    found: Any
    if isinstance(node, yaml.SequenceNode) and node.tag in (_UNTAGGED, _SEQ):
        found = known[id(node)] = []
        found += [_plain(item, known) for item in node.value]
    elif isinstance(node, yaml.MappingNode) and node.tag in (_UNTAGGED, _MAP):
        found = known[id(node)] = {}
        for key, value in node.value:
            plain = isinstance(key, yaml.ScalarNode) and not key.style
            name = _scalar(key.tag, key.value) if plain else _plain(key, known)
            if name in found or name == "<<":
                raise yaml.constructor.ConstructorError(None, None, f"the key {name!r}", key.start_mark)
            found[name] = _plain(value, known)
    else:
        raise yaml.constructor.ConstructorError(None, None, f"the tag {node.tag}", node.start_mark)
    return found


@lru_cache(maxsize=4096)
def _scalar(tag: str, text: str) -> Any:
    """The value of a scalar that is not quoted, or has a tag."""
    if tag == UNSAFE:
        return text
    if tag == _UNTAGGED:
        tag = _reference.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return _reference.construct_object(yaml.ScalarNode(tag, text))
