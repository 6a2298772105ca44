"""How it is decided whether a pipeline with `changes` runs: what lowering hands to targets."""

from __future__ import annotations

from transpiler.changes import Changes
from transpiler.ir import Fetch
from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Deciding:
    """How it is decided whether a pipeline runs. `lines` are a program that needs a checkout with the history that
    `fetch` says, and the variables `base` (a commit or reference, whose merge base with HEAD is compared with HEAD) or
    `before` (the commit that was there before), unset or empty where neither is known. It sets `runs` to `yes` or `no`.
    `rules` are what the program goes by."""

    rules: Changes
    lines: tuple[str, ...]
    fetch: Fetch
