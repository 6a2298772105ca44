"""The command in a repository of its own, as in `tests/cli`."""

from __future__ import annotations

from cli.conftest import repository, transpipe

__all__ = ["repository", "transpipe"]
