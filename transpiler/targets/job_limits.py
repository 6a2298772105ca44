"""The limits of engines' own jobs: a job must not be ended before a stage in it has had the time that its `timeout`
gives it, because then nobody would be told why, and no container would be removed."""

from __future__ import annotations

from collections.abc import Sequence

from transpiler.program import StageProgram

_AROUND = 600
"""Seconds for what a job does before and after the programs of its stages."""


def raised(usual: int, stages: Sequence[StageProgram]) -> int:
    """The limit of the job of these stages in seconds: the profile's `usual` one, or a longer one if they need it.

    Stages without a limit of their own together have the usual one."""
    needed = sum(stage.timeout for stage in stages if stage.timeout is not None)
    if not needed:
        return usual
    return max(usual, needed + (usual if any(stage.timeout is None for stage in stages) else _AROUND))
