"""The command in a repository of its own, as in `tests/unit/cli`."""

from __future__ import annotations

from unit.cli.conftest import repository, transpipe

__all__ = ["repository", "transpipe"]
