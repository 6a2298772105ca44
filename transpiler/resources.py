"""Finds the files that ship with the code: templates, schemas, built-in profiles. No other module knows where they
are."""

from __future__ import annotations

import os.path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

_PACKAGE = os.path.dirname(os.path.realpath(__file__))


def folder(name: str) -> str:
    """The path of `templates`, `schemas` or `profiles`: in the installed package, or next to it in a checkout."""
    inside = os.path.join(_PACKAGE, name)
    return inside if os.path.isdir(inside) else os.path.join(os.path.dirname(_PACKAGE), name)


def directory(name: str) -> Path:
    """The same as a path."""
    from pathlib import Path  # noqa: PLC0415 - too slow for a hook, which calls only `folder`

    return Path(folder(name))


def read_text(folder: str, name: str) -> str:
    """The text of one shipped file, UTF-8."""
    return (directory(folder) / name).read_text(encoding="utf-8")
