"""What a run takes of GitHub."""

from __future__ import annotations

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.program import Plan, Use
from transpiler.targets.counting import Count
from transpiler.targets.github.around import Around
from transpiler.targets.github.emit import site_of
from transpiler.targets.github.jobs import jobs_of


def count(plan: Plan, profile: Profile, lost: frozenset[Use], event: Event) -> Count:
    """The jobs of the workflows that the event starts."""
    sites = [site_of(Around(plan, profile, lost, pipeline)) for pipeline in plan.pipelines if event in pipeline.events]
    jobs = sum(len(jobs_of(site)) for site in sites)
    return Count(jobs, sum(len(hand.images) for site in sites for hand in site.hands))
