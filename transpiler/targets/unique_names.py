"""Names that are unique in an output and not too long for its engine: the same way on every engine."""

from __future__ import annotations

import hashlib


def free(plain: str, whole: str, taken: set[str], longest: int) -> str:
    """`plain`, or, if that is taken or longer than `longest`, a shortened form with a digest of the `whole` name. Adds
    the name to `taken`."""
    name = plain
    if len(plain) > longest or plain in taken:
        digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
        name = f"{plain[: longest - 9].rstrip('-._')}-{digest}"
    taken.add(name)
    return name
