"""Emits `.gitlab-ci.yml`: the workflow rules, for each pipeline an entry in `stages:`, a template and its jobs, and the
template of all jobs.

There is a job for each stage, or for several that share one, ordered by `needs`. Jobs pass values, files and images on
as artifacts or through the project's registry. Everything else is done by the stages' programs, which are the same for
all targets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transpiler.ir import Event, Fetch
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, Plan, RenderedFile, Use, in_order
from transpiler.targets import heading
from transpiler.targets.gitlab import ending, needs, settings, superseding
from transpiler.targets.gitlab.dividing import bridged, divided, mailing
from transpiler.targets.gitlab.events import workflow_rules
from transpiler.targets.gitlab.names import Names, choose
from transpiler.targets.gitlab.read import check_size
from transpiler.targets.gitlab.scripts import about, after_script, before_script
from transpiler.targets.gitlab.shared import Site
from transpiler.targets.gitlab.stage_jobs import jobs_of
from transpiler.targets.gitlab.traffic import sinks, trace
from transpiler.targets.gitlab.view import File, Job, Section
from transpiler.targets.render import render


def _who_may(environment: str) -> str:
    limits = f"which a protected environment `{environment}` limits" if environment else "which has no environment"
    return f"whoever may start its job, {limits}"


def emit(plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[RenderedFile, ...]:
    """Returns the one file. Raises TargetTooLarge if it is too large for GitLab."""
    body = render("gitlab/gitlab-ci.yml.j2", file=lay_out(plan, profile, lost))
    check_size(body)
    graphs = heading.table((p, p.events) for p in plan.pipelines)
    losses = tuple(heading.loss(use) for use in in_order(plan.uses, lost))
    asked = heading.approvals(needs.asked(plan, profile, lost), _who_may, "no limit is kept")
    return (RenderedFile(settings.of(profile).path, "#", (*graphs, *losses, *asked), body),)


def lay_out(plan: Plan, profile: Profile, lost: frozenset[Use]) -> File:
    """Returns the content of the file, for the template."""
    names, found = names_of(plan, profile, lost)
    sites = [site_of(plan, profile, names, lost, pipeline, *found[pipeline.slug]) for pipeline in plan.pipelines]
    base = _base(sites, profile, names)
    sections = [_section(site, base) for site in sites]
    last = ending.remove_images(sites, profile)
    sections.append(Section("every job", (base, *([last] if last else []))))
    never = not all(pipeline.events for pipeline in plan.pipelines)
    used = {event for pipeline in plan.pipelines for event in pipeline.events}
    yields = profile.supersede and Event.CHANGE in used
    return File(yields, workflow_rules(profile, used, never=never), tuple(names.columns.values()), tuple(sections))


def names_of(
    plan: Plan, profile: Profile, lost: frozenset[Use]
) -> tuple[Names, Mapping[str, tuple[tuple[tuple[str, ...], ...], str]]]:
    """All names, and for each pipeline's slug what `groups` says of it."""
    found = {pipeline.slug: divided(pipeline, profile, lost) for pipeline in plan.pipelines}
    return choose(plan, {slug: groups for slug, (groups, _) in found.items()}), found


def site_of(
    plan: Plan,
    profile: Profile,
    names: Names,
    lost: frozenset[Use],
    pipeline: PipelineProgram,
    found: tuple[tuple[str, ...], ...],
    why: str,
) -> Site:
    """A pipeline with everything needed to make its jobs."""
    stages, mails, bridges = pipeline.stages, mailing(pipeline, lost), bridged(pipeline, lost)
    reporting = bool(settings.of(profile).report_token) and Event.CHANGE in pipeline.events and bool(stages)
    voting = frozenset(s.name for s in stages if s.name in bridges and s.trigger and s.trigger.propagate)
    only_bridges = {s.name for s in stages if s.name in bridges - voting and not s.lines}
    return Site(
        plan=plan,
        profile=profile,
        names=names,
        lost=lost,
        pipeline=pipeline,
        groups=found,
        why=why,
        hands=trace(pipeline, found, profile, mails, reporting),
        marks=frozenset(sinks(pipeline.graph)) - only_bridges if reporting else frozenset(),
        mailing=mails,
        bridged=bridges,
        voting=voting,
        gates=pipeline.gates(lost),
    )


def _base(sites: Sequence[Site], profile: Profile, names: Names) -> Job:
    site = settings.of(profile)
    fetches = {s.pipeline.fetch for s in sites}
    fetched = _fetch(next(iter(fetches))) if len(fetches) == 1 else ()
    before = before_script(sites, profile)
    return Job(
        name=names.base,
        comment=about(before, profile),
        image=site.image or "",
        services=site.services or None,
        tags=site.tags.get("all", ()),
        timeout=site.timeout,
        resource_group=sites[0].resource_group if sites else "",
        variables=(*site.variables.items(), *fetched),
        before_script=before,
        after_script=after_script(sites[0]) if sites else None,
    )


def _fetch(fetch: Fetch) -> tuple[tuple[str, str], ...]:
    depth = str(fetch.depth) if fetch.shallow else "0"
    submodules = [("GIT_SUBMODULE_STRATEGY", "recursive"), ("GIT_SUBMODULE_DEPTH", depth)] if fetch.submodules else []
    return (
        ("GIT_DEPTH", depth),
        *submodules,
        ("GIT_FETCH_EXTRA_FLAGS", f"--prune --quiet {'--tags' if fetch.tags else '--no-tags'}"),
    )


def _section(site: Site, base: Job) -> Section:
    pipeline = site.pipeline
    template = Job(
        name=site.template,
        comment=(f"No single job: {site.why}.",) if site.why else (),
        extends=base.name,
        stage=site.column,
        **superseding.template(site),
        variables=(
            *((("PIPELINE", pipeline.slug),) if site.column != pipeline.slug else ()),
            *(_fetch(pipeline.fetch) if not any(k == "GIT_DEPTH" for k, _ in base.variables) else ()),
        ),
        after_script=after if (after := after_script(site)) != base.after_script else None,
    )
    last = [job for job in (ending.report(site), ending.teardown(site)) if job]
    return Section(pipeline.name, (template, *jobs_of(site), *last))
