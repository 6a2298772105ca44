"""Converts the scalars and lists of a profile's plain data to typed values.

A profile is read as plain mappings, lists and strings that the schema has accepted (a number may still be a string);
the front end and each target's `settings` turn them into typed values with these. Nothing here knows a key.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, TypeAlias

from transpiler.ir import EVENTS, Event

Data: TypeAlias = Mapping[str, Any]
Rules: TypeAlias = Mapping[Event, tuple[str, ...]]


def text(value: Any) -> str:
    """A scalar as a string; an empty value is the empty string."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def texts(value: Any) -> tuple[str, ...]:
    """A list of scalars as strings; an empty value is the empty list."""
    return tuple(text(item) for item in value or ())


def words(value: Any) -> tuple[str, ...]:
    """A command in a shell's notation, as words; none if it is empty. Raises ValueError if a quote is not closed."""
    return tuple(shlex.split(text(value)))


def flag(value: Any) -> bool:
    """A boolean in any of YAML's spellings."""
    return text(value).lower() in {"true", "yes", "on"}


def number(value: Any) -> int:
    """A whole number, in decimal, hexadecimal or octal notation. Raises ValueError."""
    digits = str(value)
    return int(digits, 0) if digits.startswith(("0x", "0o")) else int(digits)


def count(value: Any) -> int | None:
    """A whole number, or None if the value is empty. Raises ValueError."""
    return None if value in (None, "") else number(value)


def rules(data: Data) -> Rules:
    """A list of strings for every event, each string once. Raises KeyError."""
    return {event: tuple(dict.fromkeys(texts(data[event]))) for event in EVENTS}
