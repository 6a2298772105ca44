"""Whether outputs still say what their inputs say, told from the comment on top of every output.

Only the standard library is imported, and no YAML is read: a commit hook must be able to afford this package.
"""

from __future__ import annotations

from transpiler.freshness.digests import (
    BLUBBERFILE,
    CONFIG,
    DOCKERFILE,
    PROFILE,
    content_digest,
    digest,
    names_digest,
    normal,
    shipped_templates,
    templates_digest,
    variant_names,
)
from transpiler.freshness.header import FORMAT, Header, Input, Inputs, Move, Output, compose, moved, parse
from transpiler.freshness.verdicts import State, Verdict, examine, judge, reread, unmade

__all__ = [
    "BLUBBERFILE",
    "CONFIG",
    "DOCKERFILE",
    "FORMAT",
    "PROFILE",
    "Header",
    "Input",
    "Inputs",
    "Move",
    "Output",
    "State",
    "Verdict",
    "compose",
    "content_digest",
    "digest",
    "examine",
    "judge",
    "moved",
    "names_digest",
    "normal",
    "parse",
    "reread",
    "shipped_templates",
    "templates_digest",
    "unmade",
    "variant_names",
]
