"""Where the files that ship beside the code are: templates, schemas, built-in profiles. Nothing else knows."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def directory(name: str) -> Path:
    """Where `templates`, `schemas` or `profiles` are: in the package when installed, beside it in a checkout."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def read_text(folder: str, name: str) -> str:
    """The text of one shipped file, UTF-8."""
    return (directory(folder) / name).read_text(encoding="utf-8")
