"""The jobs of one pipeline's stages: a job that runs the stage's program, and additional jobs that gather needs,
trigger other pipelines, or send mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transpiler.graph import order
from transpiler.program import MailProgram, StageProgram
from transpiler.records import replace
from transpiler.targets.gitlab import deciding, settings
from transpiler.targets.gitlab.events import anchors
from transpiler.targets.gitlab.group_job import artifacts, group_job
from transpiler.targets.gitlab.shared import Site
from transpiler.targets.gitlab.view import Artifacts, Bridge, Job, Need
from transpiler.targets.gitlab.waiting import gather, needs_of


def jobs_of(site: Site) -> tuple[Job, ...]:
    """All jobs of the pipeline's stages. Each job comes after those that it needs; mail jobs are last."""
    if not site.pipeline.stages:
        return (_nothing(site),)
    by_name = {stage.name: stage for stage in site.pipeline.stages}
    stages = [by_name[name] for name in order(site.pipeline.graph)]
    bridges = {s.name: site.bridge(s) for s in stages if s.name in site.bridged}
    mails = [job for stage in stages if stage.name in site.mailing for job in _mails(stage, site)]
    jobs = {stage.name: site.job(stage.name) for stage in site.pipeline.stages}
    own_bridges = {name: bridge for name, bridge in bridges.items() if bridge != jobs[name]}
    wanted = {
        name: (*deciding.need(site), *needs_of(name, site.pipeline.graph, site.hands[name].takes, jobs, own_bridges))
        for name in by_name
    }
    groups = tuple(tuple(by_name[name] for name in names) for names in site.groups)
    left = {jobs[group[0].name]: artifacts(group, site) for group in groups}
    first = deciding.job(site)
    if first:
        left[first.name] = first.artifacts
    made = (
        job
        for group in groups
        for job in _jobs(group, bridges.get(group[0].name), _together(group, wanted, jobs), left, site)
    )
    return (*((first,) if first else ()), *made, *mails)


def _together(
    group: tuple[StageProgram, ...], wanted: Mapping[str, tuple[Need, ...]], jobs: Mapping[str, str]
) -> tuple[Need, ...]:
    """What the job of a group waits for: what its stages wait for, without the job itself."""
    found: dict[str, bool] = {}
    own = jobs[group[0].name]
    for need in (need for stage in group for need in wanted[stage.name]):
        if need.job != own:
            found[need.job] = found.get(need.job, False) or need.artifacts
    return tuple(Need(job, artifacts) for job, artifacts in found.items())


def _nothing(site: Site) -> Job:
    return Job(
        name=site.column,
        extends=site.template,
        services=site.no_services,
        variables=(("GIT_STRATEGY", "none"),),
        needs=(),
        before_script=(),
        script=("echo 'This pipeline has no stages.'",),
        after_script=(),
    )


def _jobs(
    group: tuple[StageProgram, ...],
    bridge: str | None,
    wanted: tuple[Need, ...],
    left: Mapping[str, Artifacts | None],
    site: Site,
) -> Iterator[Job]:
    stage = group[0]  # the only one, if there is a bridge
    name = site.job(stage.name)
    needs, joins = gather(name, wanted, left, site.kept_for)
    for join in joins:
        yield replace(join, extends=site.template, services=site.no_services)
    if bridge != name:
        yield group_job(group, site, name, needs, left[name])
    if bridge:
        yield _bridge(bridge, stage, site, tuple(n.job for n in needs) if bridge == name else (name,))
        if stage.name in site.marks and stage.name in site.voting:
            yield _marker(stage, site)


def _bridge(name: str, stage: StageProgram, site: Site, needs: tuple[str, ...]) -> Job:
    call = stage.trigger
    assert call is not None
    known = tuple((p.name, p.text) for p in call.parameters if p.text is not None)
    missing = ", ".join(p.name for p in call.parameters if p.text is None)
    return Job(
        name=name,
        comment=(f"Without {missing}: a value of the run cannot be a variable here.",) if missing else (),
        stage=site.column,
        rules=anchors(site.pipeline.events, site.profile),
        resource_group=site.resource_group,
        manual=stage.name in site.gates and name == site.job(stage.name),
        allow_failure=not call.propagate and stage.name not in site.gates,
        variables=known,
        raw=True,
        needs=tuple(Need(job, False) for job in needs),
        trigger=Bridge(site.profile.job(call.name, settings.NAME), call.wait),
    )


def _marker(stage: StageProgram, site: Site) -> Job:
    """A job that records for the report that the triggered pipeline has succeeded. The job that triggers cannot have
    artifacts."""
    return Job(
        name=site.marker(stage),
        extends=site.template,
        services=site.no_services,
        variables=(("GIT_STRATEGY", "none"),),
        needs=(Need(site.bridge(stage), False),),
        before_script=(),
        script=(f"mkdir -p .values; touch .values/{stage.slug}.done",),
        after_script=(),
        artifacts=Artifacts((".values/",), expire=site.kept_for),
    )


def _mails(stage: StageProgram, site: Site) -> Iterator[Job]:
    """A mail job for a failure of the stage's job, and one for a failure of the pipeline that it triggers.

    The first needs only the stage's job: with `when: on_failure` it would run if any needed job failed. The second may
    need more jobs: if one of them fails, the job that triggers is skipped, and so is the mail job.
    """
    mail, name, bridge = stage.mail, site.job(stage.name), site.bridge(stage)
    assert mail is not None
    own = Need(name, bool(site.hands[stage.name].mail))
    if stage.name not in site.bridged or bridge != name:
        yield _mail(f"{name} mail", mail, site, (own,))
    if stage.name in site.voting:
        bound = {value.stage for value in mail.reads} & site.hands[stage.name].takes
        before = tuple(Need(site.job(n), True) for n in site.pipeline.graph.nodes if n in bound)
        yield _mail(f"{bridge} mail", mail, site, (*(before if bridge == name else (own,)), Need(bridge, False)))


def _mail(name: str, mail: MailProgram, site: Site, needs: tuple[Need, ...]) -> Job:
    return Job(
        name=name,
        extends=site.template,
        when="on_failure",
        allow_failure=True,
        services=site.no_services,
        needs=needs,
        script=((*mail.compose, *mail.send),),
        after_script=(),
    )
