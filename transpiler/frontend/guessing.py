"""Names for diagnostics: what was probably meant, and which there are. Bounded, however many names and mistakes.

Knows nothing of what the names are of.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

SHOWN = 12
"""How many names a diagnostic lists."""

MAX_COMPARED = 200_000
"""Names that all guesses of one config may be compared with; then it is not said any more what was probably meant."""


class Guesses:
    """Finds near names, each question answered once, until so many names have been compared."""

    def __init__(self) -> None:
        self._left = MAX_COMPARED
        self._known: dict[tuple[str, int], str] = {}

    def near(self, name: str, known: Iterable[str]) -> str:
        """The name among these that is most like this one, "" if none is."""
        names = tuple(known)
        key = (name, hash(names))
        if key not in self._known:
            self._left -= len(names)
            found = difflib.get_close_matches(name, names, 1) if self._left >= 0 else []
            self._known[key] = found[0] if found else ""
        return self._known[key]


def these(names: Iterable[str]) -> str:
    """The names in words: "`a`, `b` and `c`"; "nothing" if there are none. A long list is cut."""
    each = iter(names)
    first = [f"`{name}`" for name in islice(each, SHOWN)]
    if rest := sum(1 for _ in each):
        return f"{', '.join(first)} and {rest:,} others"
    return "nothing" if not first else first[0] if len(first) == 1 else f"{', '.join(first[:-1])} and {first[-1]}"
