"""The job of the stages that share one: by default that is one stage.

The programs of several stages run one after the other, each in a subshell, or in the background where the graph forks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from transpiler.graph import order
from transpiler.ir import ReportKind
from transpiler.program import Feature, StageProgram, environment_of
from transpiler.quoting import sh
from transpiler.records import replace
from transpiler.targets import job_limits
from transpiler.targets.gitlab import settings, superseding
from transpiler.targets.gitlab.scripts import kept, own_after_script
from transpiler.targets.gitlab.shared import ALLOWED, ALLOWED_FILE, Site, loses
from transpiler.targets.gitlab.sources import credential_lines
from transpiler.targets.gitlab.view import Artifacts, Block, Job, Line, Need, Script
from transpiler.targets.grouping import rows, within

# GitLab expands `$NAME` and `%NAME%` in a path, then uses it as a pattern. A character in brackets is literal in both.
_PATTERN = re.compile(r"[$%*?\[{\\]")

Group = Sequence[StageProgram]
"""The stages of a job, in the order of the graph."""


def group_job(group: Group, site: Site, name: str, needs: tuple[Need, ...], left: Artifacts | None) -> Job:
    """The job that runs the programs of these stages."""
    slug, *more = [stage.slug for stage in group]
    return Job(
        name=name,
        extends=site.template,
        verifies=site.verifies(group),
        manual=group[0].name in site.gates,
        tags=_tags(group, site),
        timeout=_timeout(group, site),
        resource_group=_queue(group, name) if not site.resource_group else "",
        environment=environment_of(group),
        variables=() if more or name == f"{site.column}-{slug}" else (("STAGE", slug),),
        needs=needs,
        allowed_status=ALLOWED if any(stage.may_fail for stage in group) else 0,
        script=(*_before(group, site), *_programs(group, site), *_after(group, site), *_warning(group)) or ("true",),
        after_script=own_after_script(site, group),
        artifacts=left,
        **(superseding.kept(site) if superseding.lasts(group) else {}),
    )


def _queue(group: Group, name: str) -> str:
    """The resource group of a job that deploys, "" for others: one for each place to deploy to; for rehearsals, which
    are alone anyway, the job's name."""
    places = sorted({stage.deployment.place for stage in group if stage.deployment})
    if places:
        return " ".join(places)
    return name if any("deploy" in stage.kinds for stage in group) else ""


def _timeout(group: Group, site: Site) -> str:
    """The job's own limit, if its stages need more than the profile gives to every job, else ""."""
    usual = settings.seconds(settings.of(site.profile).timeout)
    needed = job_limits.raised(usual, group)
    return f"{-(-needed // 60)} minutes" if needed > usual else ""


def _tags(group: Group, site: Site) -> tuple[str, ...]:
    """All runner tags of the job, if its steps need more than the tags that every job has, else ()."""
    tags = settings.of(site.profile).tags
    everywhere = tags.get("all", ())
    more = [tag for stage in group for kind in stage.kinds for tag in tags.get(kind, ())]
    return tuple(dict.fromkeys([*everywhere, *more])) if set(more) - set(everywhere) else ()


def _before(group: Group, site: Site) -> Iterator[Line]:
    """What the job takes over from others."""
    unpacks = {name for stage in group for name in site.hands[stage.name].unpacks}
    if unpacks:
        ordered = (name for name in order(site.pipeline.graph) if name in unpacks)
        yield "take_files " + " ".join(site.pipeline.stage(name).slug for name in ordered)
    own = {stage.name for stage in group}
    for giver in dict.fromkeys(image for stage in group for image in stage.images if image not in own):
        if site.hands[giver].image:
            by_tag = site.profile.images == "registry"
            yield f"take_image {site.image(giver) if by_tag else site.pipeline.stage(giver).slug}"
    for stage in group:
        if site.hands[stage.name].keeps and "run" in stage.kinds:
            yield f'{site.profile.container} rm --force "$run-{stage.slug}" > /dev/null 2>&1 || true'


def _programs(group: Group, site: Site) -> Script:
    if len(group) == 1:
        return (*_credentials(group[0], site), *((group[0].lines,) if group[0].lines else ()))
    by_name = {stage.name: stage for stage in group}
    graph = within(site.pipeline.graph, tuple(by_name))
    found: list[Line | Block] = []
    for row in rows(graph):
        stages = [by_name[name] for name in row]
        if len(stages) == 1:
            found.append((f"( # {stages[0].slug}", *_program(stages[0], site), ")"))
            if stages[0].archives:
                found.append(f'echo 0 > "$values/{stages[0].slug}.ended"')
            continue
        for stage in stages:
            after = [by_name[a].slug for a, b in graph.edges if b == stage.name and a in row]
            found.append(_in_background(stage, after, site))
        found.append("finish " + " ".join(stage.slug for stage in stages))
    return tuple(found)


def _program(stage: StageProgram, site: Site) -> Block:
    return (*_credentials(stage, site), *(stage.lines or ("true",)))


def _in_background(stage: StageProgram, after: Sequence[str], site: Site) -> Block:
    wait = (
        (f'await {" ".join(after)} || {{ echo skipped | tee "$values/{stage.slug}.ended"; exit; }}',) if after else ()
    )
    return (
        f"( # {stage.slug}",
        "set +e",
        *wait,
        "(",
        *_program(stage, site),
        ")",
        f'echo $? > "$values/{stage.slug}.ended"',
        f') > "$values/{stage.slug}.log" 2>&1 < /dev/null &',
        f'echo $! > "$values/{stage.slug}.process"',
    )


def _credentials(stage: StageProgram, site: Site) -> tuple[Line, ...]:
    lost = loses(site.lost, Feature.CREDENTIALS, site.pipeline, stage)
    return credential_lines(() if lost else stage.credentials, site.profile)


def _after(group: Group, site: Site) -> Iterator[Line]:
    """What the job passes on."""
    given: list[str] = []
    for stage in group:
        hand = site.hands[stage.name]
        given += hand.values
        if hand.image:
            tagged = len(group) > 1 and site.profile.images == "registry"
            yield f"give_image {stage.slug}" + (f" {site.image(stage.name)}" if tagged else "")
            given += [f"{stage.slug}.image.tar"] if site.profile.images == "artifact" else []
        if hand.packs:
            yield from _give_files(stage)
            given.append(f"{stage.slug}.files.tar")
        if stage.name in site.own_marks:
            yield f'touch "$values/{stage.slug}.done"'
            given.append(f"{stage.slug}.done")
    if given:
        yield "give_values " + " ".join(given)


def _give_files(stage: StageProgram) -> Iterator[Line]:
    """The lines that pass on the files which a stage has copied: if it may fail, those that are there."""
    paths = " ".join(sh(f"./{path}") for path in stage.copies)
    if stage.may_fail:
        yield "set --"
        yield f'for path in {paths}; do [ ! -e "$path" ] || set -- "$@" "$path"; done'
        yield "[ $# -gt 0 ] || set -- -T /dev/null"
        paths = '"$@"'
    yield f"give_files {stage.slug} {paths}"


def _warning(group: Group) -> Iterator[Line]:
    """What ends a job with a warning, after all that it passes on, if a stage that may fail has failed."""
    found = [f"{_in_values(stage.may_fail)}" for stage in group if stage.may_fail]
    if found:
        condition = " && ".join(f"[ ! -e {file} ]" for file in found)
        yield f'{condition} || {{ touch "$values/{ALLOWED_FILE}"; exit {ALLOWED}; }} # shown as a warning'


def _in_values(file: str) -> str:
    return f'"$values/{file}"'


def artifacts(group: Group, site: Site) -> Artifacts | None:
    """What the job leaves, or None. If it fails, it still leaves what a stage that has succeeded has archived;
    `own_after_script` removes the rest."""
    hands = [site.hands[stage.name] for stage in group]
    marked = any(stage.name in site.own_marks for stage in group)
    by_artifact = site.profile.images == "artifact"
    gives = marked or any(h.values or h.packs or h.mail or (h.image and by_artifact) for h in hands)
    copies = [path for hand in hands for path in hand.copies]
    archives = [archive for stage in group for archive in stage.archives]
    paths = [".values/"] if gives else []
    paths += [literal(path) for path in (*copies, *(p for a in archives for p in kept(a)))]
    exclude = [f"{literal(a.path)}/**/*" for a in archives if a.directory is None and a.path not in copies]
    if not paths:
        return None
    return Artifacts(
        paths=tuple(dict.fromkeys(paths)),
        exclude=tuple(dict.fromkeys(exclude)),
        always=any(hand.mail for hand in hands)
        or (len(group) > 1 and bool(archives))
        or any(archive.late for archive in archives)
        or any(stage.may_fail for stage in group),
        expire="" if archives else site.kept_for,
        junit=_patterns(group, ReportKind.JUNIT),
        coverage=_one_of(_patterns(group, ReportKind.COBERTURA)),
    )


def _patterns(group: Group, kind: ReportKind) -> tuple[str, ...]:
    """GitLab's patterns of the reports of one kind."""
    reports = [report for stage in group for report in stage.reports if report.kind is kind]
    quoted = (replace(report, path=literal(report.path)) for report in reports)
    return tuple(dict.fromkeys(pattern for report in quoted for pattern in report.patterns))


def _one_of(patterns: tuple[str, ...]) -> str:
    """One pattern for all of these, for a key that takes no more."""
    return f"{{{','.join(patterns)}}}" if len(patterns) > 1 else "".join(patterns)


def literal(path: str) -> str:
    """A path as a pattern of GitLab's that matches it alone."""
    return _PATTERN.sub(lambda found: f"[{found[0]}]" if found[0] != "\\" else r"\\", path)
