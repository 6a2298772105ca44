"""How wide a text is, in cells of a terminal or of any font whose characters are equally wide; most take one cell,
Chinese and emoji two."""

from __future__ import annotations

import unicodedata


def width(words: str) -> int:
    """How many cells the text takes."""
    if words.isascii():
        return len(words)  # fast: a line may be a mebibyte long
    return sum(1 if c.isascii() else _width_of(c) for c in words)


def first(words: str, cells: int) -> str:
    """As much of the beginning as fits into this many cells."""
    taken = 0
    for i, c in enumerate(words):
        taken += width(c)
        if taken > cells:
            return words[:i]
    return words


def last(words: str, cells: int) -> str:
    """As much of the end as fits."""
    taken = 0
    for i in range(len(words) - 1, -1, -1):
        taken += width(words[i])
        if taken > cells:
            return words[i + 1 :]
    return words


def _width_of(c: str) -> int:
    if unicodedata.combining(c) or unicodedata.category(c) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1
