"""What all parts of the front end need while they read one config: the document, the profile, the diagnostics, how much
work is left."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path

from transpiler.diagnostics import Diagnostics, Fix, Span
from transpiler.frontend.suggestions import Suggestions
from transpiler.nodes import Document
from transpiler.profile import Profile
from transpiler.records import dataclass

MAX_WORK = 2_000_000
"""The limit on the characters and items in all values of one config together: `$each` in `$each` can double with each
level."""


@dataclass(slots=True)
class Work:
    """Counts what has been computed, so that a small config cannot ask for endless work."""

    left: int = MAX_WORK
    exhausted: bool = False

    def spend(self, amount: int) -> bool:
        """Spends this much; returns whether that much was left."""
        self.left -= amount
        return self.left >= 0


@dataclass(frozen=True, slots=True)
class Context:
    """What all parts of the front end need while they read one config. `root` is the repository, or None if no file may
    be read; `merges`: the config may contain a `$merge`; `folder` is the root's in its git repository;
    `lacking` has what the profile was already reported to lack; `paths` caches where paths lead."""

    document: Document
    profile: Profile
    project: str | None
    root: Path | None
    diagnostics: Diagnostics
    merges: bool = True
    folder: str = ""
    work: Work = field(default_factory=Work)
    suggestions: Suggestions = field(default_factory=Suggestions)
    files: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    lacking: set[str] = field(default_factory=set)
    paths: dict[tuple[str, str], str] = field(default_factory=dict)

    def error(self, code: str, message: str, span: Span, hint: str = "", fix: Fix | None = None) -> None:
        """Reports that the config cannot be compiled."""
        self.diagnostics.error(code, message, span, hint, fix)

    def lacks(self, what: str, lines: str, span: Span, more: str = "") -> None:
        """Reports that the profile does not provide what the config needs, with the lines to add to it and `more`:
        once, at the first place that needs it."""
        if what not in self.lacking:
            self.lacking.add(what)
            self.error(
                "profile-lacks",
                f"The profile `{self.profile.name}` has no {what.removeprefix('a ').removeprefix('an ')}.",
                span,
                f"Add to {self.profile.where_to_add}: `{lines}`.{more}",
            )
