"""What a run takes of Zuul."""

from __future__ import annotations

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.program import Plan, Use
from transpiler.targets.counting import Count
from transpiler.targets.zuul import settings, stagewise, view


def count(plan: Plan, profile: Profile, lost: frozenset[Use], event: Event) -> Count:
    """The jobs in each of Zuul's pipelines that stand for the event, such as `check` and `gate`."""
    jobs = images = 0
    for pipeline in plan.pipelines:
        queues = sum(event in events for events in view.queues_of(pipeline, profile).values())
        by_stage = settings.of(profile).granularity == "stage" and not stagewise.whole(pipeline, plan, profile)
        own = len(pipeline.stages) if by_stage else bool(pipeline.stages)
        jobs += queues * (own + len(view.triggers(pipeline, (), profile, lost)))
        images += queues * sum(map(stagewise.travels, pipeline.stages)) if by_stage else 0
    return Count(jobs, images)
