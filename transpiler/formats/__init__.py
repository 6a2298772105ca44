"""The forms in which diagnostics are written for other programs, a module for each.

Each module has `pieces`: from what was found in any number of repositories, as it arrives, to the pieces of one
document. No text of a user's reaches a document raw; what is special to a form is escaped there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from transpiler.formats.finding import Found

TEXT = "text"
DOCUMENTS = {
    "json": "plain",
    "sarif": "sarif",
    "gitlab": "gitlab",
    "github": "github",
    "checkstyle": "checkstyle",
}
"""The forms that are one document, each with its module. Two have the name of the place that shows them."""

Pieces: TypeAlias = "Callable[[Iterable[Found]], Iterator[str]]"


def pieces(form: str) -> Pieces:
    """What writes documents of a form (a key of DOCUMENTS)."""
    found: Pieces = _module(form).pieces
    return found


def harmless(form: str) -> Callable[[str], str]:
    """What changes talk that is printed beside a document, where those who read the document read the talk too."""
    module = _module(form) if form in DOCUMENTS else None
    return getattr(module, "harmless", str)


def _module(form: str) -> ModuleType:
    return import_module(f"{__name__}.{DOCUMENTS[form]}")
