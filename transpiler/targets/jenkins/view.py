"""The values with which the templates write a Jenkinsfile. Except for Groovy expressions they are not quoted yet.

All methods get their names here, so that definitions and calls agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from transpiler.ir import EVENTS, CredentialKind, Event, Fetch
from transpiler.profile import Profile
from transpiler.profile_values import Rules
from transpiler.program import CredentialUse, Feature, PipelineProgram, Plan, TargetTooLarge, Use
from transpiler.quoting import groovy
from transpiler.records import dataclass, replace
from transpiler.steps import STEPS
from transpiler.targets.jenkins import gated, settings
from transpiler.targets.jenkins import gerrit as report
from transpiler.targets.jenkins.dispatch import Node, Part, dispatch
from transpiler.targets.jenkins.gated import PartView
from transpiler.targets.jenkins.names import Names, is_identifier
from transpiler.targets.jenkins.pieces import listed
from transpiler.targets.jenkins.sources import Environment, environment
from transpiler.targets.jenkins.stages import Binding, StageView, binding, reads_values, stage_view
from transpiler.targets.jenkins.support import shares_build

_T = TypeVar("_T")

UNCHANGED = 99
"""The exit status of a program which has decided that its pipeline does not run."""
PIPELINES_IN_A_BLOCK = 40
_LASTING = frozenset(kind.name for kind in STEPS if kind.leaves)
ZUUL_PIPELINES = 600


@dataclass(frozen=True, slots=True)
class PipelineView:
    """One pipeline's methods: one that runs the stages in order, its parts, and the stages.

    `key` is its slug as a key of a Groovy map; `decides` is the method that decides whether it runs, with the program
    `deciding`, "" if it always runs; `teardown` are the lines that run before the teardown common to all
    pipelines. `gated` are the parts of one that a person approves on its way; then `dispatch` runs these.
    """

    method: str
    key: str
    name: str
    slug: str
    events: tuple[Event, ...]
    node: str
    fetch: Fetch
    dispatch: Node
    parts: tuple[Part, ...]
    stages: tuple[StageView, ...]
    teardown: tuple[str, ...]
    decides: str = ""
    deciding: tuple[str, ...] = ()
    gated: tuple[PartView, ...] = ()

    @property
    def lists(self) -> str:
        """The names of the parts that leave lists of what they have published, as a Groovy list."""
        return listed(tuple(part.name for part in self.gated if part.lists))


@dataclass(frozen=True, slots=True)
class Group:
    """Pipelines that run on the same events. There is a condition even for those that run on all events, because a
    build of a branch other than the default branch is none of them."""

    events: tuple[Event, ...]
    pipelines: tuple[PipelineView, ...]


@dataclass(frozen=True, slots=True)
class FileView:
    """A whole Jenkinsfile. `node` and `fetch` are None if pipelines differ in them.

    `branches` are those on which a build is a merge, empty for the default branch; `zuul_branches` are the same for
    builds that Zuul v2 starts, which does not say which branch is the default. `clock`: what a timer starts is an event
    of its own. `decides`: some pipelines run only if what was changed counts; `supersedes`: a build of
    a change ends those before. `gates`: a person approves some pipeline on its way; `told`: a
    program reads who. `blocks` are blocks of pipelines: the
    method that returns the block ("" for the only one) and its groups.
    """

    pipelines: tuple[PipelineView, ...]
    blocks: tuple[tuple[str, tuple[Group, ...]], ...]
    by_parameter: bool
    lanes: int | None
    by_zuul: bool
    clock: bool
    zuul_events: tuple[tuple[Event, str], ...]
    zuul_branches: str
    branches: str
    node: str | None
    fetch: Fetch | None
    teardown: tuple[str, ...]
    environment: Environment
    graphs: bool
    mails: bool
    mail_from: str
    value_files: bool
    gerrit_binding: Binding | None
    report: tuple[str, ...]
    decides: bool = False
    supersedes: bool = False
    gates: bool = False
    told: bool = False
    unchanged: int = UNCHANGED


def file_view(plan: Plan, profile: Profile, lost: frozenset[Use]) -> FileView:
    """Returns the view of one Jenkinsfile with all pipelines of the plan. Raises TargetTooLarge."""
    names = Names()
    methods = {pipeline.slug: names.method(pipeline.slug) for pipeline in plan.pipelines}
    plan = replace(plan, pipelines=tuple(gated.torn_down(p, profile, lost) for p in plan.pipelines))
    teardown = _common_end([pipeline.teardown for pipeline in plan.pipelines if pipeline.stages])
    pipelines = tuple(
        _pipeline(pipeline, methods[pipeline.slug], names, profile, lost, len(teardown)) for pipeline in plan.pipelines
    )
    busy = [pipeline for pipeline in pipelines if pipeline.stages]
    stages = [stage for pipeline in busy for stage in pipeline.stages]
    blocks = _blocks(pipelines, names)
    clock = any(Event.SCHEDULE in pipeline.events for pipeline in pipelines)
    site = settings.of(profile)
    gerrit = profile.report.gerrit if busy and _reports(profile) else ""
    return FileView(
        pipelines=pipelines,
        blocks=blocks,
        by_parameter=(site.layout, site.jobs) == ("one-file", "job-per-pipeline"),
        lanes=_lanes(plan, profile),
        by_zuul=site.checkout == "zuul",
        clock=clock,
        zuul_events=_zuul_events(site.events, clock=clock),
        zuul_branches=listed(profile.branches),
        branches=listed(profile.branches) if profile.branches_said else "",
        node=_same([pipeline.node for pipeline in busy]),
        fetch=_same([pipeline.fetch for pipeline in busy]),
        teardown=teardown,
        environment=environment(plan, profile, names),
        graphs=any(node.kind == "graph" for pipeline in busy for node in _dispatched(pipeline)),
        mails=any(stage.mail for stage in stages),
        mail_from=profile.mail_from,
        value_files=any(reads_values(stage) for stage in stages),
        gerrit_binding=_gerrit_binding(profile) if gerrit else None,
        report=_report(plan, profile) if gerrit else (),
        decides=any(pipeline.decides for pipeline in busy),
        supersedes=_supersedes(plan, profile),
        gates=any(pipeline.gated for pipeline in busy),
        told=any(part.told for pipeline in busy for part in pipeline.gated),
    )


def _dispatched(pipeline: PipelineView) -> tuple[Node, ...]:
    return (pipeline.dispatch, *(part.dispatch for part in pipeline.gated))


def _supersedes(plan: Plan, profile: Profile) -> bool:
    """Whether a build of a change ends the builds before it: not if one of them may be changing something outside. The
    builds that Zuul starts it ends itself."""
    changes = [pipeline for pipeline in plan.pipelines if Event.CHANGE in pipeline.events and pipeline.stages]
    lasting = any(_LASTING.intersection(stage.kinds) for pipeline in changes for stage in pipeline.stages)
    return profile.supersede and bool(changes) and not lasting and settings.of(profile).checkout != "zuul"


def _zuul_events(events: Rules, *, clock: bool) -> tuple[tuple[Event, str], ...]:
    """Each event with the Zuul pipelines that start a build for it, as a Groovy list; `clock` as in FileView. Raises
    TargetTooLarge."""
    events = {event: names for event, names in events.items() if clock or event is not Event.SCHEDULE}
    if (count := sum(map(len, events.values()))) > ZUUL_PIPELINES:
        raise TargetTooLarge(
            f"the profile names {count} Zuul pipelines in `jenkins.events`; one method of a Jenkinsfile holds "
            f"{ZUUL_PIPELINES}",
            "name only those that start builds of this config",
        )
    return tuple((event, listed(events[event])) for event in EVENTS if events.get(event))


def _same(values: Sequence[_T]) -> _T | None:
    return values[0] if values and all(value == values[0] for value in values) else None


def _common_end(teardowns: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The last lines that all teardowns have in common. A line that continues another one stays with it."""
    for count in range(min(map(len, teardowns), default=0), 0, -1):
        ends = {lines[len(lines) - count :] for lines in teardowns}
        begins = [lines[: len(lines) - count] for lines in teardowns]
        if len(ends) == 1 and not any(begin and begin[-1].endswith("\\") for begin in begins):
            return ends.pop()
    return ()


def _own_teardown(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines of a pipeline's own teardown, changed so that a failure in them does not fail the build."""
    return (*lines, ": # whatever went wrong") if lines else ()


def _pipeline(
    pipeline: PipelineProgram, method: str, names: Names, profile: Profile, lost: frozenset[Use], torn_down: int
) -> PipelineView:
    methods = {stage.name: names.method(pipeline.slug, stage.slug) for stage in pipeline.stages}
    divided: tuple[PartView, ...] = ()
    if pipeline.gates(lost):
        whole = gated.divided(pipeline, methods, names, lost, reports=_reports(profile))
        node, parts, divided = whole.dispatch, whole.pieces, whole.parts
    else:
        node, parts = dispatch(pipeline.graph, methods, lambda: names.method(pipeline.slug, "part"))
    deciding = pipeline.deciding
    untriggered = {use.stage for use in lost if use.feature is Feature.TRIGGER and use.pipeline == pipeline.name}
    return PipelineView(
        method=method,
        key=pipeline.slug if is_identifier(pipeline.slug) else groovy(pipeline.slug),
        name=pipeline.name,
        slug=pipeline.slug,
        events=pipeline.events,
        node=_node(pipeline, profile),
        fetch=deciding.fetch if deciding else pipeline.fetch,
        dispatch=node,
        parts=parts,
        stages=tuple(
            stage_view(stage, methods[stage.name], names, profile, None if stage.name in untriggered else stage.trigger)
            for stage in pipeline.stages
        ),
        teardown=_own_teardown(pipeline.teardown[: len(pipeline.teardown) - torn_down]),
        decides=names.method(pipeline.slug, "changes") if deciding and pipeline.stages else "",
        deciding=(*deciding.lines, f'[ "$runs" != no ] || exit {UNCHANGED}') if deciding else (),
        gated=divided,
    )


def _node(pipeline: PipelineProgram, profile: Profile) -> str:
    kinds = {kind for stage in pipeline.stages for kind in stage.kinds}
    site = settings.of(profile)
    labels = [site.label, *(label for kind, label in site.labels.items() if kind in kinds)]
    return " && ".join(dict.fromkeys(label for label in labels if label))


def _reports(profile: Profile) -> bool:
    """Whether the ends of pipelines are reported to Gerrit."""
    return bool(profile.report.gerrit and profile.report.gerrit_credential)


def _report(plan: Plan, profile: Profile) -> tuple[str, ...]:
    published = {stage.publishes for pipeline in plan.pipelines for stage in pipeline.stages if stage.publishes}
    return report.lines(profile.report.gerrit.rstrip("/"), tuple(sorted(published)))


def _gerrit_binding(profile: Profile) -> Binding:
    variables = ("GERRIT_USER", "GERRIT_PASSWORD")
    use = CredentialUse(profile.report.gerrit_credential, CredentialKind.USERNAME_PASSWORD, variables)
    return binding(use, profile)


def _blocks(pipelines: Sequence[PipelineView], names: Names) -> tuple[tuple[str, tuple[Group, ...]], ...]:
    """The pipelines, grouped by their events, in blocks that Jenkins can compile."""
    step = PIPELINES_IN_A_BLOCK
    chunks = [pipelines[i : i + step] for i in range(0, len(pipelines), step)]
    return tuple((names.method("somePipelines") if len(chunks) > 1 else "", _groups(chunk)) for chunk in chunks)


def _groups(pipelines: Sequence[PipelineView]) -> tuple[Group, ...]:
    by_events: dict[tuple[Event, ...], list[PipelineView]] = {}
    for pipeline in pipelines:
        wanted = tuple(event for event in EVENTS if event in pipeline.events)
        by_events.setdefault(wanted, []).append(pipeline)
    return tuple(Group(events, tuple(members)) for events, members in by_events.items())


def _lanes(plan: Plan, profile: Profile) -> int | None:
    return plan.lanes if shares_build(profile) else None
