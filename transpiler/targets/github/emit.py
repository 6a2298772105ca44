"""The whole output: a workflow for each pipeline.

Everything that a stage does is its program, run as it is; jobs hand values, files and images on as artifacts.
"""

from __future__ import annotations

import re

from transpiler.ir import Event
from transpiler.profile import Profile
from transpiler.program import Feature, Plan, RenderedFile, TargetTooLarge, Use, in_order
from transpiler.targets import heading
from transpiler.targets.github import deciding, needs, scripts, settings
from transpiler.targets.github.around import Around
from transpiler.targets.github.jobs import Site, jobs_of
from transpiler.targets.github.names import job_ids, title
from transpiler.targets.github.traffic import trace
from transpiler.targets.github.view import When, Workflow
from transpiler.targets.grouping import groups
from transpiler.targets.render import render

_MOST_BYTES = 500_000
_PATTERN = re.compile(r"[\\*?+!\[\]]")
_LASTING = frozenset({"publish", "promote", "deploy", "trigger"})


def emit(plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[RenderedFile, ...]:
    """A workflow for each pipeline. Raises TargetTooLarge if GitHub would not read one."""
    own, files, gates = settings.of(profile), [], [*needs.asked(plan, profile, lost)]
    for number, pipeline in enumerate(plan.pipelines):
        around = Around(plan, profile, lost, pipeline)
        body = render("github/workflow.yml.j2", workflow=_lay_out(number, around))
        if len(body.encode()) > _MOST_BYTES:
            raise TargetTooLarge(
                f"the workflow of `{pipeline.name}` has {len(body.encode()):,} bytes, and GitHub reads at most 512 kB",
                "divide the pipeline, or remove `github` from `targets` in the profile",
            )
        own_losses = (use for use in in_order(plan.uses, lost) if use.pipeline in ("", pipeline.name))
        losses = tuple(heading.loss(use, pipeline.name) for use in own_losses)
        notes = scripts.images_note(profile) if any(stage.gives_image for stage in pipeline.stages) else ()
        asked = (one for one in gates if one.pipeline == pipeline.name)
        told = heading.approvals(asked, _who_may, "an answer may take 30 days")
        intro = (*heading.table([(pipeline, pipeline.events)]), *losses, *told, *notes)
        files.append(RenderedFile(f"{own.folder}/{own.prefix}{pipeline.slug}.yml", "#", intro, body))
    return tuple(files)


def _who_may(environment: str) -> str:
    return f"the required reviewers of the environment {environment}; without them it starts at once"


def _lay_out(number: int, around: Around) -> Workflow:
    """Everything that the workflow of a pipeline says; `number` is the pipeline's in the plan."""
    group, supersedes = _concurrency(number, around)
    return Workflow(
        name=title(around.pipeline.name),
        slug=around.pipeline.slug,
        when=_when(around),
        group=group,
        supersedes=supersedes,
        jobs=jobs_of(site_of(around)),
    )


def site_of(around: Around) -> Site:
    """A pipeline with everything needed to make its jobs."""
    pipeline, own = around.pipeline, settings.of(around.profile)
    gates = pipeline.gates(around.lost)
    found, why = groups(pipeline, own.granularity, around.plan.uses, gates=gates)
    slugs = [tuple(pipeline.stage(name).slug for name in names) for names in found]
    decides = (deciding.JOB,) if pipeline.deciding else ()
    ids = job_ids(slugs if len(slugs) != 1 else [(pipeline.slug,)], *decides)
    mailing = frozenset(stage.name for stage in pipeline.stages if stage.mail and stage.mail.send)
    hands = trace(pipeline, found, mailing, by_artifact=own.images == "artifact")
    return Site(around, found, ids, hands, why, gates)


def _when(around: Around) -> When:
    pipeline, profile = around.pipeline, around.profile
    own, events = settings.of(profile), pipeline.events
    return When(
        change=Event.CHANGE in events,
        merge_queue=Event.CHANGE in events and own.merge_queue,
        branches=tuple(map(_literal, profile.branches)) if Event.MERGE in events else (),
        tags=Event.TAG in events,
        schedule=own.schedule if _is_scheduled(around) else (),
    )


def _is_scheduled(around: Around) -> bool:
    """Whether the clock starts the pipeline: one that names the event. In a config that never names it, it is every
    pipeline that leaves nothing behind, since nothing is merged when a schedule strikes."""
    if any(Event.SCHEDULE in pipeline.events for pipeline in around.plan.pipelines):
        return Event.SCHEDULE in around.pipeline.events
    lasting = any(_LASTING.intersection(stage.kinds) for stage in around.pipeline.stages)
    return bool(around.pipeline.events) and not lasting


def _literal(branch: str) -> str:
    """A branch's name as a pattern that matches it alone."""
    return _PATTERN.sub(lambda found: f"\\{found[0]}", branch)


def _concurrency(number: int, around: Around) -> tuple[str, str]:
    """The group of a workflow's runs, and whether a new run in it ends the one before: only that of the same change
    does. A run of another event has a group to itself, since only one run waits in a group, and a third ends it; so has
    one that changes something outside, which nothing may end."""
    lanes, pipeline = around.plan.lanes, around.pipeline
    if lanes is not None and not any(use.feature is Feature.CONCURRENCY for use in around.lost):
        # With the reference: a branch and a tag that are pushed together have the event and the commit in common.
        run = "${{ github.event_name }}-${{ github.ref }}-${{ github.sha }}"
        return f"lane-{number % lanes + 1}-{run}", "false"
    lasting = any(_LASTING.intersection(stage.kinds) for stage in pipeline.stages)
    if Event.CHANGE not in pipeline.events or lasting or not around.profile.supersede:
        return f"transpipe-{pipeline.slug}-${{{{ github.run_id }}}}", "false"
    change = "github.event_name == 'pull_request'"
    group = f"transpipe-{pipeline.slug}-${{{{ {change} && github.ref || github.run_id }}}}"
    return group, f"${{{{ {change} }}}}"
