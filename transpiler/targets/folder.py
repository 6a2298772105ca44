"""A config in a subfolder of its git repository: how the engines' own paths and names say so.

Engines count paths from the top of the repository, and share the names of jobs among all configs in it.
"""

from __future__ import annotations

import hashlib
import re

from transpiler.program import Plan
from transpiler.records import dataclass

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True)
class NotFound:
    """Why an engine does not find an output in a subfolder, as a clause, and what to do. `output` is its path from the
    top of the repository; `named_in`: the file at the top that makes the engine find it by naming it, "" where none
    can: then the target is refused."""

    why: str
    hint: str
    output: str
    named_in: str = ""


def path(folder: str, below: str) -> str:
    """A path below the config's folder, from the top of the repository."""
    return f"{folder}/{below}" if folder else below


def prefixed(plan: Plan, name: str) -> str:
    """A name that no config in another folder gives: `services.api.test` for `test` in `services/api`."""
    return f"{word(plan.folder)}.{name}" if plan.folder else name


def word(folder: str) -> str:
    """A folder as a part of names that may have letters, digits, `.`, `_` and `-`: its parts, joined by dots. Where one
    has other characters, a digest tells it from those that would look alike."""
    parts = [_NOT_IN_NAMES.sub("-", part).lstrip("-_") for part in folder.split("/")]
    plain = ".".join(parts)
    if plain == folder.replace("/", "."):
        return plain
    return f"{plain.strip('.') or 'folder'}-{hashlib.sha256(folder.encode()).hexdigest()[:8]}"
