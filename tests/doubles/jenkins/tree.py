"""The `tree=` parameter of Jenkins' JSON (hudson's NamedPathPruner): which fields of a structure are shown.

Knows nothing of jobs. `_class` is always shown; a structure that is asked for without a bracket shows nothing else
(`tree=jobs` counts them).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Tree = dict[str, "Branch"]
_TOKEN = re.compile(r"\s*(?:([\w*]+)|([\[\],])|\{(\d*)(?:(,)(\d*))?\})")


class Branch:
    """What is asked of one field: its own fields and a slice of a list."""

    def __init__(self) -> None:
        self.fields: Tree = {}
        self.slice = slice(None)


class BadTree(ValueError):
    """The expression cannot be read; Jenkins answers 400."""


def parse(text: str) -> Tree:
    """Reads `a,b[c,d[e]]{0,10}`. Raises BadTree."""
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise BadTree(text)
        tokens.append(found)
        at = found.end()
    tree, rest = _fields(tokens, text)
    if rest:
        raise BadTree(text)
    return tree


def _fields(tokens: list[re.Match[str]], text: str) -> tuple[Tree, list[re.Match[str]]]:
    tree: Tree = {}
    while tokens:
        if not tokens[0][1]:
            raise BadTree(text)
        branch = tree.setdefault(tokens[0][1], Branch())
        tokens = tokens[1:]
        if tokens and tokens[0][2] == "[":
            branch.fields, tokens = _fields(tokens[1:], text)
            if not tokens or tokens[0][2] != "]":
                raise BadTree(text)
            tokens = tokens[1:]
        if tokens and tokens[0][3] is not None:
            branch.slice = _slice(tokens[0])
            tokens = tokens[1:]
        if not tokens or tokens[0][2] != ",":
            break
        tokens = tokens[1:]
    return tree, tokens


def _slice(found: re.Match[str]) -> slice:
    first = int(found[3]) if found[3] else 0
    if not found[4]:
        return slice(first, first + 1)
    return slice(first, int(found[5]) if found[5] else None)


def prune(value: Any, tree: Tree | None) -> Any:
    """The part of a structure of mappings, lists and plain values that the tree asks for; without one the plain values.

    Mappings may hold functions instead of values: they are called only when their field is asked for.
    """
    if isinstance(value, Mapping):
        return {name: shown for name, field in value.items() for shown in _shown(name, field, tree)}
    return [prune(item, tree) for item in value] if isinstance(value, list) else value


def _shown(name: str, field: Any, tree: Tree | None) -> Iterator[Any]:
    """The field as it is to be shown, or nothing."""
    branch = None if tree is None else tree.get(name, tree.get("*"))
    if name == "_class":
        yield field
    elif tree is None:
        if not callable(field):
            yield field
    elif branch is not None:
        made = field() if callable(field) else field
        yield prune(made[branch.slice] if isinstance(made, list) else made, branch.fields)
