"""The target `zuul`: jobs in `.zuul.d/` and the playbooks that they run."""

from __future__ import annotations

from transpiler.targets.zuul.emit import emit
from transpiler.targets.zuul.read import read
from transpiler.targets.zuul.support import SUPPORTS, support

NAME = "zuul"

__all__ = ["NAME", "SUPPORTS", "emit", "read", "support"]
