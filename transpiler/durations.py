"""Durations as people write them."""

from __future__ import annotations

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))


def shown(seconds: int, longest: str = "d") -> str:
    """The seconds in the largest unit that divides them, such as `36h`; no unit is larger than `longest`, one of `d`,
    `h` and `m`."""
    letters = [letter for letter, _ in _UNITS]
    for letter, size in _UNITS[letters.index(longest) :]:
        if seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"
