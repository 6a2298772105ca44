"""PyYAML's loader: libyaml's where PyYAML was built with it, else the one in Python, which does the same slowly.

The one place that knows which. Both take the same methods of a subclass (`resolve` and the two around a node). They
differ in what `frontend/yaml/` evens out: the words of a complaint, the plain style ("" or None), and the exceptions
that an impossible escape raises. The Python one recurses for each level of nesting, as libyaml's composer does: who
reads what people wrote counts levels (`frontend/yaml/composer.py`).
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
    """The plain data that one of our own files holds. Raises yaml.YAMLError."""
    return yaml.load(text, Loader)
