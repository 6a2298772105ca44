"""Names for diagnostics: what was probably meant, and which there are. Bounded, however many names and mistakes.

Knows nothing of what the names are of.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from itertools import islice

SHOWN = 12
"""How many names a diagnostic lists."""

MAX_COMPARED = 50_000
"""Names that all guesses of one config may be compared with; then it is not said any more what was probably meant."""


class Guesses:
    """Finds near names, until so many names have been compared."""

    def __init__(self) -> None:
        self._left = MAX_COMPARED

    def spend(self, number: int) -> bool:
        """Whether so many names may still be looked at."""
        self._left -= number
        return self._left >= 0

    def near(self, name: str, known: Collection[str]) -> str:
        """The name among these that is most like this one, "" if none is."""
        if not self.spend(len(known)):
            return ""
        found = difflib.get_close_matches(name, list(known), 1)
        return found[0] if found else ""


def these(names: Collection[str], start: int = 0) -> str:
    """The names from that one on in words: "`a`, `b` and `c`"; "nothing" if there are none. A long list is cut."""
    first = [f"`{name}`" for name in islice(names, start, start + SHOWN)]
    if (more := len(names) - start - SHOWN) > 0:
        return f"{', '.join(first)} and {more:,} others"
    return "nothing" if not first else first[0] if len(first) == 1 else f"{', '.join(first[:-1])} and {first[-1]}"
