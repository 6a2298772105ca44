"""Selects PyYAML's loader: libyaml's if PyYAML was built with it, else the slower one in Python.

No other module needs to know which one it is. Both call the same methods of a subclass (`resolve` and the two around a
node). They differ in the messages of errors, in the name of the plain style ("" or None), and in the exceptions for
invalid escapes; `frontend/yaml/` handles these differences. Both recurse for each level of nesting, so
`frontend/yaml/composer.py` limits the depth of files that people write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader as Loader
else:
    Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

__all__ = ["SLOW", "Loader", "load"]

SLOW: bool = not yaml.__with_libyaml__
"""Whether PyYAML has no libyaml here."""


def load(text: str | bytes) -> Any:
    """The plain data in a file that ships with transpipe. Raises yaml.YAMLError."""
    return yaml.load(text, Loader)
