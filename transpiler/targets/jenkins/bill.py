"""What a run takes of Jenkins."""

from __future__ import annotations

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.program import Plan, Use
from transpiler.targets.counting import Count


def count(plan: Plan, _profile: Profile, _lost: frozenset[Use], event: Event) -> Count:
    """A node for each pipeline that runs on the event, and all its images stay there."""
    return Count(sum(event in pipeline.events and bool(pipeline.stages) for pipeline in plan.pipelines), 0)
