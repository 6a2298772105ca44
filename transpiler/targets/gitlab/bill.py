"""What a run takes of GitLab."""

from __future__ import annotations

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.program import Plan, Use
from transpiler.targets.counting import Count
from transpiler.targets.gitlab import ending
from transpiler.targets.gitlab.emit import names_of, site_of
from transpiler.targets.gitlab.stage_jobs import jobs_of


def count(plan: Plan, profile: Profile, lost: frozenset[Use], event: Event) -> Count:
    """The jobs of the pipelines that run on the event, but for those that mail after a failure."""
    names, found = names_of(plan, profile, lost)
    sites = [
        site_of(plan, profile, names, lost, pipeline, *found[pipeline.slug])
        for pipeline in plan.pipelines
        if event in pipeline.events
    ]
    jobs = sum(job.when != "on_failure" for site in sites for job in jobs_of(site))
    jobs += sum(bool(ending.teardown(site)) for site in sites) + bool(ending.remove_images(sites, profile))
    jobs += sum(bool(ending.report(site)) for site in sites) if event is Event.CHANGE else 0
    travel = profile.images != "local"
    return Count(jobs, sum(hand.image for site in sites for hand in site.hands.values()) if travel else 0)
