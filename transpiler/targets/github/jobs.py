"""The jobs of one pipeline: one for each group of stages, and those before and after them."""

from __future__ import annotations

from collections.abc import Iterator

from transpiler.deciding import Deciding
from transpiler.ir import Event, Fetch
from transpiler.profile import Profile
from transpiler.program import Deployment, PipelineProgram, StageProgram, environment_of
from transpiler.records import dataclass, replace
from transpiler.targets import job_limits
from transpiler.targets.asking import environment_for
from transpiler.targets.github import deciding, scripts, settings, sources, starting
from transpiler.targets.github.around import Around
from transpiler.targets.github.names import shown, together
from transpiler.targets.github.steps import mails, stage_steps, upload
from transpiler.targets.github.traffic import Hand
from transpiler.targets.github.view import Job, Pairs, Permission, Step
from transpiler.targets.grouping import rows, within

_CLOCK = "setup"
_BEGUN = "always() && steps.begin.outcome == 'success'"


@dataclass(frozen=True, slots=True)
class Site:
    """One pipeline in its surroundings: `groups` of stages that share a job, the jobs' `ids`, and what passes between
    them; `why_whole` as in `grouping.groups`; before `gates` a person is asked."""

    around: Around
    groups: tuple[tuple[str, ...], ...]
    ids: tuple[str, ...]
    hands: tuple[Hand, ...]
    why_whole: str
    gates: frozenset[str]

    @property
    def profile(self) -> Profile:
        """The site's profile."""
        return self.around.profile

    @property
    def pipeline(self) -> PipelineProgram:
        """The pipeline."""
        return self.around.pipeline

    @property
    def has_clock(self) -> bool:
        """Whether a job of its own tells the time that others read."""
        return len(self.groups) > 1 and any(map(_reads_time, self.pipeline.stages))

    def stages(self, group: int) -> tuple[StageProgram, ...]:
        """The stages of a group, in order."""
        return tuple(self.pipeline.stage(name) for name in self.groups[group])

    def environment(self, group: int) -> Deployment | None:
        """Where a group's job deploys to, or the environment whose reviewers are asked before it; None for neither."""
        own, stages = settings.of(self.profile), self.stages(group)
        if not own.is_github:
            return None
        deployed = environment_of(stages)
        if deployed or stages[0].name not in self.gates:
            return deployed
        return Deployment("", environment_for(stages[0], own.approval, own.approvers), "")

    def before(self, group: int) -> tuple[str, ...]:
        """The jobs that a group's job waits for: those of its predecessors, and those whose artifacts it takes."""
        home = {name: i for i, names in enumerate(self.groups) for name in names}
        found = {home[a] for a, b in self.pipeline.graph.edges if home[b] == group} | set(self.hands[group].takes)
        return tuple(self.ids[i] for i in sorted(found - {group}))


def jobs_of(site: Site) -> tuple[Job, ...]:
    """All jobs of a pipeline."""
    if not site.groups:
        return (_small(site, "nothing", Step("nothing", run=("echo 'This pipeline has no stages.'",))),)
    made = [_job(site, group) for group in range(len(site.groups))]
    if site.has_clock:
        made.insert(0, _clock(site))
    made = list(deciding.gated(made, site.pipeline))
    if site.pipeline.deciding:
        made.insert(0, _decide(site, site.pipeline.deciding))
    if any(hand.releases for hand in site.hands):
        made.append(_last(site))
    return tuple(made)


def _reads_time(stage: StageProgram) -> bool:
    return sources.TIME in stage.setup or bool(stage.mail and sources.TIME in stage.mail.setup)


def _small(site: Site, name: str, step: Step, outputs: Pairs = (), comment: tuple[str, ...] = ()) -> Job:
    """A job that runs no stage."""
    return Job(name, name, (step,), settings.of(site.profile).runs_on, 10, comment=comment, outputs=outputs)


def _clock(site: Site) -> Job:
    outputs = ((sources.TIME, "${{ steps.clock.outputs.timestamp }}"),)
    step = Step("tell the time", id="clock", run=(scripts.TELL_TIME,))
    return _small(site, _CLOCK, step, outputs, ("The time that all jobs share.",))


def _decide(site: Site, how: Deciding) -> Job:
    """The job that says whether the others run."""
    steps = (_checkout(site, replace(how.fetch, submodules=False)), deciding.step(how))
    made = _small(site, deciding.JOB, steps[-1], deciding.OUTPUTS, ("Says whether the others run.",))
    return replace(made, steps=steps, permissions=(Permission("contents", "read"),))


def _job(site: Site, group: int) -> Job:
    """The job of a group of stages."""
    stages, before = site.stages(group), site.before(group)
    clock = site.has_clock and any(map(_reads_time, stages))
    return Job(
        id=site.ids[group],
        # A check is called like its job: where the pipeline is one job, no new stage gives the check another name.
        name=shown(site.pipeline.name) if len(site.groups) == 1 else together([stage.name for stage in stages]),
        steps=tuple(_steps(site, group)),
        runs_on=_runners(stages, site.profile),
        timeout=-(-job_limits.raised(60 * settings.of(site.profile).timeout, stages) // 60),
        comment=(f"One job, because {site.why_whole}.",) if site.why_whole else (),
        needs=(*((_CLOCK,) if clock else ()), *before),
        permissions=_permissions(site, group),
        env=_environment(stages, clock=clock),
        environment=site.environment(group),
    )


def _runners(stages: tuple[StageProgram, ...], profile: Profile) -> tuple[str, ...]:
    site = settings.of(profile)
    more = [label for stage in stages for kind in stage.kinds for label in site.labels.get(kind, ())]
    return tuple(dict.fromkeys((*site.runs_on, *more)))


def _permissions(site: Site, group: int) -> tuple[Permission, ...]:
    """What the job's token may do."""
    stages, hand = site.stages(group), site.hands[group]
    by_registry = settings.of(site.profile).images == "registry"
    own = [use for stage in stages for use, _, _ in site.around.secrets(stage) if not use.id]
    leaves = bool(own) and any(stage.leaves_layers for stage in stages)
    pushes = leaves or any(not use.optional for use in own) or (by_registry and bool(hand.images))
    found = [Permission("contents", "read")]
    if any(site.around.starts(stage) and starting.by_own_token(stage, site.profile) for stage in stages):
        found.insert(0, Permission("actions", "write", "starts a workflow"))
    if pushes:
        found.append(Permission("packages", "write", "pushes images"))
    elif own or (by_registry and hand.loads):
        found.append(Permission("packages", "read", "pulls images"))
    return tuple(found)


def _environment(stages: tuple[StageProgram, ...], *, clock: bool) -> Pairs:
    """What the programs of the job read that is known before it begins."""
    return (
        *((("artifacts", f"{sources.RUN_PAGE}#artifacts"),) if any(stage.artifacts for stage in stages) else ()),
        *sources.environment_variables(name for stage in stages for name in stage.environment),
        *sources.setup_variables(_setup_keys(stages)),
        *((("setup_timestamp", f"${{{{ needs.{_CLOCK}.outputs.{sources.TIME} }}}}"),) if clock else ()),
    )


def _setup_keys(stages: tuple[StageProgram, ...]) -> list[str]:
    """The keys of `setup` that programs and mails read."""
    mailed = [stage.mail for stage in stages if stage.mail and stage.mail.send]
    return [*(key for stage in stages for key in stage.setup), *(key for mail in mailed for key in mail.setup)]


def _steps(site: Site, group: int) -> Iterator[Step]:
    """Everything that a job does, in order."""
    stages, hand, profile, pipeline = site.stages(group), site.hands[group], site.profile, site.pipeline
    own = settings.of(profile)
    by_artifact = own.images == "artifact"
    parts = rows(within(pipeline.graph, site.groups[group]))
    background = [pipeline.stage(name).slug for part in parts if len(part) > 1 for name in part]
    token = () if by_artifact else (("token", "${{ github.token }}"),)
    yield _checkout(site, site.pipeline.fetch)
    yield _begin(site, stages, background=bool(background))
    yield from (_take(site, i) for i in hand.takes if site.hands[i].gives(by_artifact=by_artifact))
    if lines := scripts.take(pipeline, hand, profile):
        yield Step("use what was taken", env=token if hand.loads else (), run=lines)
    for part in parts:
        yield from stage_steps(site.around, part)
    if lines := scripts.give(pipeline, hand, profile):
        yield Step("hand on", env=token if hand.images else (), run=lines)
    if hand.gives(by_artifact=by_artifact):
        packed = (("compression-level", "0"),) if by_artifact and hand.images and own.is_github else ()
        name = _between(site.ids[group])
        # A reviewer may take 30 days.
        kept_for = "31" if site.gates else "1"
        yield upload(f"keep {name}", name, scripts.GIVE, profile, (("retention-days", kept_for), *packed))
    yield from mails(site.around, parts)
    lines = scripts.teardown(pipeline, stages, hand, profile, background)
    yield Step("teardown", condition=_BEGUN, run=lines)


def _between(job: str) -> str:
    """The name of the artifact that a job leaves for others; no stage's slug has a space."""
    return f"{job} for later jobs"


def _take(site: Site, group: int, *, continues: bool = False) -> Step:
    return Step(
        f"take from {site.ids[group]}",
        continues=continues,
        uses=settings.of(site.profile).actions["download-artifact"],
        inputs=(("name", _between(site.ids[group])), ("path", "${{ env.values }}")),
    )


def _checkout(site: Site, fetch: Fetch) -> Step:
    depth, tags = str(fetch.depth) if fetch.shallow else "0", "true" if fetch.tags else ""
    if fetch.shallow and fetch.tags and Event.TAG in site.pipeline.events:
        # Git refuses what the action asks for if it is to fetch all tags for a tag (its issue 1467): fetch everything.
        depth, tags = f"${{{{ github.ref_type != 'tag' && {depth} || 0 }}}}", "${{ github.ref_type != 'tag' }}"
    inputs = (
        ("fetch-depth", depth),
        *((("fetch-tags", tags),) if tags else ()),
        *((("submodules", "recursive"),) if fetch.submodules else ()),
        ("persist-credentials", "false"),
    )
    return Step("checkout", uses=settings.of(site.profile).actions["checkout"], inputs=inputs)


def _begin(site: Site, stages: tuple[StageProgram, ...], *, background: bool) -> Step:
    clock = len(site.groups) == 1 and any(map(_reads_time, stages))
    lines = scripts.begin(stages, site.profile, clock=clock, derived=_derived(site, stages))
    return Step("begin", id="begin", run=(*lines, *(scripts.background_function() if background else ())))


def _derived(site: Site, stages: tuple[StageProgram, ...]) -> Pairs:
    """The variables that the shell must set, since no expression can."""
    queued = settings.of(site.profile).merge_queue and Event.CHANGE in site.pipeline.events
    # A merge queue tells a whole reference.
    branches = [name for name, source in _environment(stages, clock=False) if source == sources.BRANCH and queued]
    return (
        *((name, f"${{{name}#refs/heads/}}") for name in branches),
        # The event of a schedule does not have the repository.
        *(
            (("setup_projectShortName", "${GITHUB_REPOSITORY#*/}"),)
            if "projectShortName" in _setup_keys(stages)
            else ()
        ),
    )


def _last(site: Site) -> Job:
    """Uninstalls what was installed for later stages, whatever became of them."""
    givers = [i for i, hand in enumerate(site.hands) if hand.releases]
    stages = tuple(stage for i in givers for stage in site.stages(i) if stage.releases)
    takes = (_take(site, i, continues=True) for i in givers)
    return Job(
        id="teardown",
        name="teardown",
        steps=(_begin(site, (), background=False), *takes, Step("uninstall", run=scripts.uninstall(stages))),
        runs_on=_runners(stages, site.profile),
        timeout=settings.of(site.profile).timeout,
        needs=(*((deciding.JOB,) if site.pipeline.deciding else ()), *site.ids),
        condition=f"always() && {deciding.CONDITION}" if site.pipeline.deciding else "always()",
    )
