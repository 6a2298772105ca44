"""The result of a run: how each stage ended, how long it took, which files it archived, and what it did not do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from transpiler.local.results import Results
from transpiler.records import dataclass


class End(StrEnum):
    """How a stage ended, in the words that are printed. ALLOWED: it has failed, which it may. PREPARED: all was done
    but its command, in place of which a shell is opened."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ALLOWED = "failed, which is allowed"
    PREPARED = "prepared"
    STOPPED = "stopped"
    NOT_STARTED = "not started"


GOOD = frozenset({End.SUCCEEDED, End.ALLOWED})
"""The ends after which the pipeline goes on."""


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """The result of one stage. `began` is when it started, in seconds after the run did, and `seconds` how long it ran;
    `why` says in a few words what failed; `notes` are lines to print, such as what was not done or was pushed; `kept`
    are paths of archived files below the output directory; `results` are those of its reports, None if it has none."""

    pipeline: str
    stage: str
    end: End
    seconds: float = 0.0
    why: str = ""
    log: Path | None = None
    notes: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    results: Results | None = None
    began: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a run; stages are in the order of the plan. `problems` are those of whole pipelines: a checkout or
    a teardown that failed. `stopped`: a signal ended the run; `left`: a second one ended a teardown, too."""

    stages: tuple[StageOutcome, ...]
    seconds: float
    problems: tuple[str, ...] = ()
    stopped: bool = False
    left: bool = False

    @property
    def failed(self) -> bool:
        """Whether the run was stopped, or anything in it did not succeed."""
        good = GOOD | {End.PREPARED}
        return self.stopped or bool(self.problems) or any(s.end not in good for s in self.stages)
