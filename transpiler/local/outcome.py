"""What comes of a run: how each stage ended, how long it took, what it kept and what it left undone."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from transpiler.records import dataclass


class End(StrEnum):
    """How a stage ended, in the words that people read."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """One stage. `seconds` is how long it ran; `why` says in a few words what failed; `notes` are lines for people
    (what was not done, what was pushed); `kept` paths of archived files below the output directory."""

    pipeline: str
    stage: str
    end: End
    seconds: float = 0.0
    why: str = ""
    log: Path | None = None
    notes: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A whole run, stages in the order of the plan. `problems` are pipelines' own: no checkout, no teardown."""

    stages: tuple[StageOutcome, ...]
    seconds: float
    problems: tuple[str, ...] = ()
    stopped: bool = False

    @property
    def failed(self) -> bool:
        """Whether not all that was asked for succeeded."""
        return self.stopped or bool(self.problems) or any(s.end is not End.SUCCEEDED for s in self.stages)
