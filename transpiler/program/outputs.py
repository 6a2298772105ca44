"""What a target makes of a plan, and what is read back from its text."""

from __future__ import annotations

from transpiler.ir import Event
from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Silence:
    """Why a target never runs a pipeline on one of its events: the keys of the profile that keep it from running, the
    rest of a sentence, and what to write instead. `meant`: the profile says so itself."""

    keys: tuple[tuple[str, ...], ...]
    why: str
    hint: str
    meant: bool


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One output. `path` is relative to the repository root. `intro` are the lines that the header shows people
    (the graph of each pipeline, what was lost), without comment signs; `body` is everything after the header."""

    path: str
    comment: str  # "#" or "//"
    intro: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class ReadPipeline:
    """What translation validation finds in an output's text for one pipeline, by slugs.

    `events` is None if the output does not contain conditions. `deciding` is the program that decides whether the
    pipeline runs, lines joined by newlines, "" if it always runs. `scripts` maps a stage's slug to its shell program,
    lines joined by newlines, without what the engine wraps around it. `gates` are the slugs of the stages before which
    the engine asks a person, with all that starts only once it has been answered; `maybe_gates` are those before which
    it may ask, if the site has set that up.
    """

    slug: str
    events: frozenset[Event] | None
    stages: tuple[str, ...]
    edges: frozenset[tuple[str, str]]
    scripts: tuple[tuple[str, str], ...]
    deciding: str = ""
    gates: frozenset[str] = frozenset()
    maybe_gates: frozenset[str] = frozenset()


class TargetTooLarge(Exception):
    """The workflow exceeds a limit of the target; the message names the limit and a fix. The driver turns it into a
    diagnostic."""

    def __init__(self, limit: str, hint: str) -> None:
        super().__init__(limit)
        self.limit = limit
        self.hint = hint
