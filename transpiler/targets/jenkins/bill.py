"""What a run takes of Jenkins."""

from __future__ import annotations

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.program import Plan, Use
from transpiler.targets.counting import Count


def count(plan: Plan, _profile: Profile, lost: frozenset[Use], event: Event) -> Count:
    """A node for each pipeline that runs on the event, or for each part of it between approvals; its images stay
    there."""
    return Count(sum(len(pipeline.parts(lost)) for pipeline in plan.pipelines if event in pipeline.events), 0)
