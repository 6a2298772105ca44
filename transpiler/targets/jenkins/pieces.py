"""Splits lists that grow with a config into pieces that Jenkins can compile.

Jenkins does not accept a list literal of more than 250 elements, a block of more than 254 statements, or a method of
more than 64 KB of transformed code. So long lists are written as sums, and more than `PIECE` items are moved to other
methods, `PIECE` in each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from transpiler.program import TargetTooLarge
from transpiler.quoting import groovy

PIECE = 50
MOST = 40 * PIECE
"""The number of pieces that one method can still add up."""

_LIST = 200
_T = TypeVar("_T")


def listed(names: Sequence[str]) -> str:
    """A Groovy list of strings of any length."""
    pieces = [names[i : i + _LIST] for i in range(0, len(names), _LIST)] or [()]
    return " + ".join(f"[{', '.join(groovy(name) for name in piece)}]" for piece in pieces)


def cut(
    items: Sequence[_T], name: Callable[[], str], whose: str, what: str, hint: str
) -> tuple[tuple[str, tuple[_T, ...]], ...]:
    """Returns the items in pieces, each with the name of its method. Raises TargetTooLarge, with `whose`, the number of
    items, `what` and `hint` in the message."""
    if len(items) > MOST:
        raise TargetTooLarge(f"{whose} {len(items):,} {what}; a Jenkinsfile holds at most {MOST:,}", hint)
    return tuple((name(), tuple(items[i : i + PIECE])) for i in range(0, len(items), PIECE))
