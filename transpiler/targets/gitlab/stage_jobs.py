"""The jobs of one pipeline's stages: a job that runs the stage's program, and additional jobs that gather needs,
trigger other pipelines, or send mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from transpiler.graph import order
from transpiler.program import Archive, Feature, MailProgram, StageProgram
from transpiler.quoting import sh
from transpiler.records import replace
from transpiler.targets.gitlab import settings
from transpiler.targets.gitlab.events import anchors
from transpiler.targets.gitlab.scripts import own_after_script
from transpiler.targets.gitlab.shared import Site, loses
from transpiler.targets.gitlab.sources import credential_lines
from transpiler.targets.gitlab.view import Artifacts, Block, Bridge, Job, Line, Need
from transpiler.targets.gitlab.waiting import gather, needs_of

# GitLab expands `$NAME` and `%NAME%` in a path, then uses it as a pattern. A character in brackets is literal in both.
_PATTERN = re.compile(r"[$%*?\[{\\]")


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
    left = {jobs[stage.name]: _artifacts(stage, site) for stage in stages}
    wanted = {name: needs_of(name, site.pipeline.graph, site.hands[name].takes, jobs, own_bridges) for name in by_name}
    return (*(job for s in stages for job in _jobs(s, bridges.get(s.name), wanted[s.name], left, site)), *mails)


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
    stage: StageProgram,
    bridge: str | None,
    wanted: tuple[Need, ...],
    left: Mapping[str, Artifacts | None],
    site: Site,
) -> Iterator[Job]:
    name = site.job(stage.name)
    needs, joins = gather(name, wanted, left)
    for join in joins:
        yield replace(join, extends=site.template, services=site.no_services)
    if bridge != name:
        yield _stage_job(stage, site, name, needs, left[name])
    if bridge:
        yield _bridge(bridge, stage, site, tuple(n.job for n in needs) if bridge == name else (name,))
        if stage.name in site.marks and stage.name in site.voting:
            yield _marker(stage, site)


def _stage_job(stage: StageProgram, site: Site, name: str, needs: tuple[Need, ...], left: Artifacts | None) -> Job:
    program = (stage.lines,) if stage.lines else ()
    return Job(
        name=name,
        extends=site.template,
        tags=_tags(stage, site),
        resource_group=name if "deploy" in stage.kinds and not site.resource_group else "",
        variables=() if name == f"{site.column}-{stage.slug}" else (("STAGE", stage.slug),),
        needs=needs,
        script=(*_before(stage, site), *program, *_after(stage, site)) or ("true",),
        after_script=own_after_script(site, stage),
        artifacts=left,
    )


def _tags(stage: StageProgram, site: Site) -> tuple[str, ...]:
    """All runner tags of the job, if its steps need more than the tags that every job has, else ()."""
    tags = settings.of(site.profile).tags
    everywhere = tags.get("all", ())
    more = [tag for kind in stage.kinds for tag in tags.get(kind, ())]
    return tuple(dict.fromkeys([*everywhere, *more])) if set(more) - set(everywhere) else ()


def _before(stage: StageProgram, site: Site) -> Iterator[Line]:
    hand = site.hands[stage.name]
    if hand.unpacks:
        yield "take_files " + " ".join(site.pipeline.stage(name).slug for name in hand.unpacks)
    for giver in stage.images:
        if site.hands[giver].image:
            by_job = site.profile.images == "registry"
            yield f"take_image {site.job(giver) if by_job else site.pipeline.stage(giver).slug}"
    if hand.keeps and "run" in stage.kinds:
        yield f'{site.profile.container} rm --force "$run-{stage.slug}" > /dev/null 2>&1 || true'
    credentials = () if loses(site.lost, Feature.CREDENTIALS, site.pipeline, stage) else stage.credentials
    yield from credential_lines(credentials, site.profile)


def _after(stage: StageProgram, site: Site) -> Iterator[Line | Block]:
    hand = site.hands[stage.name]
    given = list(hand.values)
    if hand.image:
        yield f"give_image {stage.slug}"
        given += [f"{stage.slug}.image.tar"] if site.profile.images == "artifact" else []
    if hand.packs:
        yield f"give_files {stage.slug} " + " ".join(sh(f"./{path}") for path in stage.copies)
        given.append(f"{stage.slug}.files.tar")
    if stage.name in site.own_marks:
        yield f'touch "$values/{stage.slug}.done"'
        given.append(f"{stage.slug}.done")
    if given:
        yield "give_values " + " ".join(given)


def _artifacts(stage: StageProgram, site: Site) -> Artifacts | None:
    hand = site.hands[stage.name]
    gives = hand.values or hand.packs or stage.name in site.own_marks or hand.mail
    by_artifact = hand.image and site.profile.images == "artifact"
    paths = [".values/"] if gives or by_artifact else []
    copies = () if hand.packs or not site.pipeline.graph.after(stage.name) else stage.copies
    paths += [literal(path) for path in (*copies, *(p for a in stage.archives for p in _kept(a)))]
    exclude = [f"{literal(a.path)}/**/*" for a in stage.archives if a.directory is None and a.path not in copies]
    if not paths:
        return None
    return Artifacts(
        paths=tuple(dict.fromkeys(paths)),
        exclude=tuple(dict.fromkeys(exclude)),
        always=bool(hand.mail),
        expire="" if stage.archives else "1 day",
    )


def _kept(archive: Archive) -> tuple[str, ...]:
    packed = f"{archive.path}.tar.gz"
    if archive.directory is None:
        return (archive.path, packed)
    return (packed,) if archive.directory else (archive.path,)


def literal(path: str) -> str:
    return _PATTERN.sub(lambda found: f"[{found[0]}]" if found[0] != "\\" else r"\\", path)


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
        allow_failure=not call.propagate,
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
        artifacts=Artifacts((".values/",), expire="1 day"),
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
