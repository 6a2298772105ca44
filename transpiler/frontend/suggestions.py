"""Suggests names in diagnostics: the one that was probably meant, and the list of known ones. The work is bounded,
however many names and mistakes there are.

This module does not know what the names stand for.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from itertools import islice

SHOWN = 12
"""How many names a diagnostic lists."""

MAX_COMPARED = 50_000
"""The limit on comparisons of names for all suggestions of one config; after that, diagnostics suggest no name."""


class Suggestions:
    """Finds similar names, until a limit of comparisons is reached."""

    def __init__(self) -> None:
        self._left = MAX_COMPARED

    def spend(self, number: int) -> bool:
        """Counts this many comparisons; returns whether the limit still allows them."""
        self._left -= number
        return self._left >= 0

    def near(self, name: str, known: Collection[str]) -> str:
        """The known name that is most similar to this one, "" if none is similar."""
        if not self.spend(len(known)):
            return ""
        found = difflib.get_close_matches(name, list(known), 1)
        return found[0] if found else ""


def these(names: Collection[str], start: int = 0) -> str:
    """The names from index `start` on, as a phrase: "`a`, `b` and `c`"; "nothing" if there are none. A long list is
    cut."""
    first = [f"`{name}`" for name in islice(names, start, start + SHOWN)]
    if (more := len(names) - start - SHOWN) > 0:
        return f"{', '.join(first)} and {more:,} others"
    return "nothing" if not first else first[0] if len(first) == 1 else f"{', '.join(first[:-1])} and {first[-1]}"
