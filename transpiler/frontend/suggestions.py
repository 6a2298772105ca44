"""Suggests names in diagnostics: the one that was probably meant, and the list of known ones. The work is bounded,
however many names and mistakes there are.

This module does not know what the names stand for.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from itertools import islice
from typing import NamedTuple

SHOWN = 12
"""How many names a diagnostic lists."""

MAX_COMPARED = 50_000
"""The limit on comparisons of names for all suggestions of one config; after that, diagnostics suggest no name."""


_SURE = 0.75
_APART = 0.1


class Near(NamedTuple):
    """The known name that is most similar to a name, "" if none is. `sure`: it is the only one that can be meant, so
    that it can be written without asking."""

    name: str
    sure: bool = False

    def hint(self, otherwise: str) -> str:
        """A hint that asks whether it is meant; without a similar name, another hint."""
        return f"Did you mean `{self.name}`?" if self.name else otherwise


def nearest(name: str, known: Collection[str], cutoff: float = 0.6) -> Near:
    """The most similar name. It is not sure if others are almost as similar, or if it has other digits: `node-20` for
    `node-18` is no misspelling."""
    found = difflib.get_close_matches(name, list(known), 2, cutoff)
    if not found:
        return Near("")
    likeness = [difflib.SequenceMatcher(None, one, name).ratio() for one in found]
    apart = len(found) == 1 or likeness[0] - likeness[1] >= _APART
    same_digits = re.findall(r"[0-9]", found[0]) == re.findall(r"[0-9]", name)
    return Near(found[0], likeness[0] >= _SURE and apart and same_digits)


class Suggestions:
    """Finds similar names, until a limit of comparisons is reached."""

    def __init__(self) -> None:
        self._left = MAX_COMPARED

    def spend(self, number: int) -> bool:
        """Counts this many comparisons; returns whether the limit still allows them."""
        self._left -= number
        return self._left >= 0

    def near(self, name: str, known: Collection[str]) -> Near:
        """The known name that is most similar to this one."""
        return nearest(name, known) if self.spend(len(known)) else Near("")


def these(names: Collection[str], start: int = 0) -> str:
    """The names from index `start` on, as a phrase: "`a`, `b` and `c`"; "nothing" if there are none. A long list is
    cut."""
    first = [f"`{name}`" for name in islice(names, start, start + SHOWN)]
    if (more := len(names) - start - SHOWN) > 0:
        return f"{', '.join(first)} and {more:,} others"
    return "nothing" if not first else first[0] if len(first) == 1 else f"{', '.join(first[:-1])} and {first[-1]}"
