"""How long the stages of a run took, as JSON: what `transpipe graph --cost --times` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transpiler.local.outcome import End, Outcome

Times = dict[tuple[str, str], float]
"""Seconds by the names of pipeline and stage."""


def written(outcome: Outcome) -> str:
    """The times of the stages that ran, with how each ended, by pipeline and stage."""
    found: dict[str, dict[str, Any]] = {}
    for stage in outcome.stages:
        if stage.end is not End.NOT_STARTED:
            taken = {"seconds": round(stage.seconds, 3), "end": str(stage.end)}
            found.setdefault(stage.pipeline, {})[stage.stage] = taken
    return json.dumps({"times": found}, indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> Times:
    """The times that were written to a file. Raises OSError, and ValueError for a file that holds something else."""
    try:
        found = json.loads(path.read_bytes())["times"]
        return {
            (str(pipeline), str(stage)): float(taken["seconds"])
            for pipeline, stages in found.items()
            for stage, taken in stages.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError("it is not what `transpipe run --times` writes") from error
