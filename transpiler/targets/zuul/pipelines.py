"""Makes a pipeline's part of the output: its jobs, its entries in the project's pipelines, and its playbooks."""

from __future__ import annotations

from transpiler import taken_images
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, Plan, Use
from transpiler.records import dataclass, replace
from transpiler.targets import job_limits
from transpiler.targets.render import render
from transpiler.targets.zuul import playbook, settings, sources, stagewise
from transpiler.targets.zuul import view as jobs
from transpiler.targets.zuul.names import Names
from transpiler.targets.zuul.needs import sensitive
from transpiler.targets.zuul.view import Entry, Job


@dataclass(frozen=True, slots=True)
class Output:
    """A pipeline's part: its jobs, its entries in the project's pipelines, and its playbooks as (path, text)."""

    pipeline: PipelineProgram
    jobs: tuple[Job, ...]
    entries: tuple[Entry, ...]
    playbooks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Site:
    """What all pipelines share. `folder` is the folder of the playbooks."""

    plan: Plan
    profile: Profile
    lost: frozenset[Use]
    names: Names
    folder: str
    aliases: dict[str, str]


def output(pipeline: PipelineProgram, site: Site) -> Output:
    """Makes one job for the pipeline, or, if the profile's granularity says so and it is possible, one for each
    stage."""
    if settings.of(site.profile).granularity == "stage" and not stagewise.whole(pipeline, site.plan, site.profile):
        return _stagewise(pipeline, site)
    return _whole(pipeline, site)


def secret_names(pipelines: tuple[PipelineProgram, ...], profile: Profile) -> tuple[str, ...]:
    """The names in Zuul of the secrets that these pipelines may need, in order of their first use."""
    ids = [use.id for p in pipelines for stage in p.stages for use in stage.credentials]
    if settings.of(profile).granularity == "stage" and profile.registry.credential in profile.credentials:
        ids.append(profile.registry.credential)
    return tuple(dict.fromkeys(settings.secret_name(id_, profile) for id_ in ids))


def _after_review(pipeline: PipelineProgram) -> bool:
    """Whether its jobs run only after review: they have a secret, be it one that they can do without."""
    return sensitive(pipeline) or any(stage.credentials for stage in pipeline.stages)


def _whole(pipeline: PipelineProgram, site: Site) -> Output:
    """Makes one job for the pipeline."""
    profile, name = site.profile, site.names.pipeline(pipeline.slug)
    run = f"{site.folder}/{pipeline.slug}.yaml"
    playbooks = [(run, render("zuul/pipeline.yaml.j2", play=playbook.play(pipeline, profile, site.aliases)))]
    post_run: tuple[str, ...] = ()
    if mails := _mails(pipeline):
        post_run = (f"{site.folder}/{pipeline.slug}/mail.yaml",)
        variables = sources.environment((), (s.mail for s in pipeline.stages if s.mail), profile)
        playbooks.append(
            (post_run[0], render("zuul/mail.yaml.j2", title=pipeline.name, mails=mails, environment=variables))
        )
    reason = stagewise.whole(pipeline, site.plan, profile) if settings.of(profile).granularity == "stage" else ""
    job = Job(
        name,
        site.names.base,
        jobs.described(pipeline),
        run,
        post_run,
        secrets=jobs.secrets([use for stage in pipeline.stages for use in stage.credentials], profile, site.aliases),
        post_review=_after_review(pipeline),
        note=(f"One job, not one for each stage: {reason}.",) if reason else (),
        timeout=job_limits.raised(settings.of(profile).timeout, pipeline.stages),
    )
    entries = (Entry(name), *jobs.triggers(pipeline, (name,), profile, site.lost))
    return Output(pipeline, (job,), entries, tuple(playbooks))


def _stagewise(pipeline: PipelineProgram, site: Site) -> Output:
    """Makes a job for each stage of the pipeline."""
    if any(stagewise.travels(stage) or stage.takes for stage in pipeline.stages):
        pipeline = replace(pipeline, teardown=taken_images.with_removal(pipeline.teardown, site.profile.container))
    names = {stage.name: site.names.stage(pipeline.slug, stage.name) for stage in pipeline.stages}
    made: list[Job] = []
    playbooks = []
    for stage in pipeline.stages:
        path = f"{site.folder}/{pipeline.slug}/{stage.slug}.yaml"
        view = stagewise.stage_play(pipeline, stage, site.names, site.profile, site.aliases)
        playbooks.append((path, render("zuul/stage.yaml.j2", stage=view, play=view.play)))
        made.append(
            Job(
                names[stage.name],
                site.names.base,
                f"{pipeline.name}: {stage.label}",
                path,
                (),
                secrets=stagewise.secrets(stage, site.profile, site.aliases),
                post_review=_after_review(pipeline) or stagewise.travels(stage),
                note=() if made else stagewise.note(pipeline, site.profile),
                timeout=job_limits.raised(settings.of(site.profile).timeout, (stage,)),
                queue=site.names.queue(stage.deployment.place) if stage.deployment else "",
            )
        )
    entries = tuple(
        Entry(names[stage.name], tuple(names[before] for before in pipeline.graph.before(stage.name)))
        for stage in pipeline.stages
    )
    last = tuple(names[name] for name in pipeline.graph.nodes if not pipeline.graph.after(name))
    entries = (*entries, *jobs.triggers(pipeline, last, site.profile, site.lost))
    return Output(pipeline, tuple(made), entries, tuple(playbooks))


@dataclass(frozen=True, slots=True)
class _Mail:
    """The mail for a failed stage: the `title` of its task in the playbook, and the program that sends it."""

    title: str
    slug: str
    lines: tuple[str, ...]

    @property
    def file(self) -> bool:
        """Whether the program must be written to a file, because it is too long for an argument."""
        return playbook.too_long(self.lines)


def _mails(pipeline: PipelineProgram) -> tuple[_Mail, ...]:
    return tuple(
        _Mail(playbook.title(stage.name, stage.slug), stage.slug, (*stage.mail.compose, *stage.mail.send))
        for stage in pipeline.stages
        if stage.mail and stage.mail.send
    )
