"""The configuration file: its jobs, its project stanza, and the lines about each pipeline in its header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.program import in_order
from transpiler.records import replace
from transpiler.targets import folder, heading
from transpiler.targets.render import render
from transpiler.targets.zuul import settings, view
from transpiler.targets.zuul.pipelines import Output, Site
from transpiler.targets.zuul.support import support
from transpiler.targets.zuul.view import Job

_LONGEST = 100


def body(site: Site, outputs: tuple[Output, ...], teardowns: Mapping[tuple[str, ...], str]) -> str:
    """The text of the configuration, below its header; `teardowns` are the playbooks' paths by their lines."""
    made = tuple(_from_the_top(job, site) for job in _jobs(site, outputs, teardowns))
    zuul = settings.of(site.profile)
    longest = max((zuul.timeout, *(job.timeout for job in made)))
    secrets = {secret.name: secret for job in made for secret in job.secrets}
    return render(
        "zuul/config.yaml.j2",
        jobs=made,
        zuul=replace(zuul, timeout=longest),  # all jobs get it from their parent
        queues=view.gather(
            ((view.queues_of(out.pipeline, site.profile), out.entries) for out in outputs), site.profile
        ),
        secrets=tuple(secrets.values()),
        width=max(map(len, secrets), default=0),
        semaphore=_semaphore(site),
        concurrency=site.plan.lanes,
        deploying=tuple(dict.fromkeys(job.queue for job in made if job.queue)),
    )


def _jobs(site: Site, outputs: tuple[Output, ...], teardowns: Mapping[tuple[str, ...], str]) -> tuple[Job, ...]:
    """The jobs. If there are several, an abstract parent job has what they have in common."""
    shared = next(iter(teardowns.values())) if len(teardowns) == 1 else ""
    made = tuple(
        job if shared else replace(job, teardown=teardowns[out.pipeline.teardown])
        for out in outputs
        for job in out.jobs
    )
    parent, semaphore = settings.of(site.profile).parent, _semaphore(site)
    if len(made) == 1:
        return (replace(made[0], parent=parent, teardown=shared, nodes=True, semaphore=semaphore),)
    common = Job(
        site.names.base,
        parent,
        "One node from checkout to teardown.",
        "",
        (),
        shared,
        abstract=True,
        nodes=True,
        semaphore=semaphore,
    )
    return (common, *made) if made else ()


def _from_the_top(job: Job, site: Site) -> Job:
    """A job with its playbooks' paths as Zuul reads them: from the top of the repository."""
    run, teardown = (folder.path(site.plan.folder, path) if path else "" for path in (job.run, job.teardown))
    post_run = tuple(folder.path(site.plan.folder, path) for path in job.post_run)
    return replace(job, run=run, teardown=teardown, post_run=post_run)


def _semaphore(site: Site) -> str:
    """The semaphore's name. It contains its maximum, because Zuul requires the same definition of a semaphore on all
    branches."""
    return f"{site.names.prefix}-{site.plan.lanes}-at-a-time" if site.plan.lanes else ""


def intro(site: Site, outputs: tuple[Output, ...]) -> tuple[str, ...]:
    """The lines in the header: each pipeline's graph and when it runs, then what was left out and why."""
    lines = heading.table((out.pipeline, _events(out, site.profile)) for out in outputs)
    losses = (*_left_out(outputs, site.profile), *_lost(site))
    return (*lines, "", *losses) if losses else lines


def _events(out: Output, profile: Profile) -> frozenset[Event]:
    return frozenset(event for events in view.queues_of(out.pipeline, profile).values() for event in events)


def _left_out(outputs: tuple[Output, ...], profile: Profile) -> Iterator[str]:
    for out in outputs:
        if names := view.left_out_of(out.pipeline, profile):
            why = "it holds secrets or publishes, which Zuul allows only after review"
            queues = " and ".join(f"`{name}`" for name in names)
            yield f"The pipeline {out.pipeline.name} does not run in Zuul's {queues}: {why}."
        if any(stage.logins for stage in out.pipeline.stages) and not view.logs_in(out.pipeline, profile):
            why = "it also runs before review, where Zuul gives no secrets"
            yield f"{out.pipeline.name} pulls images without a login: {why}."
        for queue in view.unguarded(out.pipeline, profile):
            why = "to the profile it stands for a change as well as a merge"
            yield f"{out.pipeline.name} runs in Zuul's `{queue}` whatever the branch: {why}."
        for event in out.pipeline.events:
            if not settings.of(profile).pipelines.get(event):
                yield f"{out.pipeline.name} does not run on {event.value}: the profile names no Zuul pipeline for it."


def _lost(site: Site) -> Iterator[str]:
    reported = {"credentials-for-change", "secrets-for-change"}
    for use in in_order(site.plan.uses, site.lost):
        if use.feature not in reported:
            where = "/".join(part for part in (use.pipeline, use.stage) if part)
            what = f"{use.feature} {use.detail}".strip()
            yield f"{where}: without {what}. {support(use, site.plan, site.profile).why}"
