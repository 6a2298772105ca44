"""Which names Jenkins takes for an item (hudson.model.Jenkins.checkGoodName), and how it compares them."""

from __future__ import annotations

import unicodedata

_UNSAFE = "?*/\\%!@#$^&|<>[]:;"


def complaint(name: str) -> str:
    """What Jenkins has against this name, as it says it in `X-Error`; empty for a good name."""
    if not name.strip():
        return "No name is specified"
    if name.strip() in {".", ".."}:
        return f"“{name.strip()}” is not an allowed name"
    for character in name:
        if unicodedata.category(character) == "Cc":
            return f"No control code is allowed: {name.encode('unicode_escape').decode()}"
        if character in _UNSAFE:
            return f"‘{character}’ is an unsafe character"
    return "A name cannot end with ‘.’" if name.strip().endswith(".") else ""


def key(name: str) -> str:
    """Equal for names that are one item to Jenkins: String.compareToIgnoreCase looks at characters one by one."""
    return "".join(single if len(single := c.upper()) == 1 else c for c in name).lower()
