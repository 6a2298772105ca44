"""Makes a patch from two texts."""

from __future__ import annotations

import difflib


def patch(old: str, new: str, before: str, after: str) -> str:
    """What `diff -u` prints for two texts; `before` and `after` are the names in its first lines."""
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in difflib.unified_diff(_lines(old), _lines(new), before, after)
    )


def _lines(text: str) -> list[str]:
    """The lines as other tools count them: `splitlines` also splits at characters that they do not take for line
    ends."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [line for line in text.split("\n")[-1:] if line]
