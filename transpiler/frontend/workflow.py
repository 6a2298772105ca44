"""From a checked document to the workflow: the events and stages of every pipeline, which are read in graph order.

The document has passed `schema.check`, so its shape is right; this module finds mistakes of meaning. It continues after
each mistake, so that one run reports all.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Mappings
from functools import partial
from pathlib import Path

from transpiler.diagnostics import Diagnostic, Diagnostics, Severity
from transpiler.frontend import approvals
from transpiler.frontend.changes import read_changes
from transpiler.frontend.context import Context
from transpiler.frontend.execution import graph_of, named_stages
from transpiler.frontend.folders import check_folders
from transpiler.frontend.matrix import Stages, expanded
from transpiler.frontend.policy import house_rules, required_stages
from transpiler.frontend.sizes import check_name, check_stage
from transpiler.frontend.stage import read_stage
from transpiler.frontend.steps.copy import check_directory
from transpiler.frontend.values.plain import flag, integer, is_empty, plain
from transpiler.frontend.values.scope import Binding, Bindings, Scope
from transpiler.frontend.values.setup import setup_bindings
from transpiler.gates import waiting
from transpiler.graph import Ancestry, Graph, ancestry, order
from transpiler.ir import EVENTS, Deploy, Event, Fetch, Pipeline, Stage, Workflow
from transpiler.nodes import Document, Kind, Mapping, Node, Scalar, Sequence
from transpiler.profile import Profile
from transpiler.records import dataclass, replace
from transpiler.steps import leaves

_LEAVES_WHOLE = frozenset(
    {
        "credential-not-allowed",
        "image-name-outside",
        "missing-build-file",
        "profile-lacks",
        "unknown-variant",
        "unreadable-build-file",
    }
)
"""Errors that leave a pipeline complete, so that later checks can still report what targets need for it."""


@dataclass(frozen=True, slots=True)
class Built:
    """The workflow, and the variants that each blubberfile or Dockerfile defines, by path: both are inputs of the
    outputs. A file that could not be read is not among them (it was reported). `whole` is the workflow without the
    pipelines that an error left incomplete, so that later checks do not report consequences of errors."""

    workflow: Workflow
    whole: Workflow
    variants: tuple[tuple[str, tuple[str, ...]], ...]


def build(
    document: Document,
    profile: Profile,
    project: str,
    root: Path | None,
    diagnostics: Diagnostics,
    source: str = "",
    folder: str = "",
) -> Built:
    """Builds the workflow of a config.

    `project` overrides that of the config and of the profile; "" if it is not given. `root` is the repository, for the
    files that the config names; None: they are not read. `source` is the config's path relative to the repository, for
    people, and `folder` that of the repository in the git repository that contains it.
    """
    top = document.root if isinstance(document.root, Mapping) else Mapping((), document.root.span)
    named = project or _plain_text(top.get("project")) or profile.project
    # An escape can hide the word `$merge`.
    merges = "$merge" in document.text or "\\" in document.text
    context = Context(document, profile, _clean_project(named), root, diagnostics, merges, folder)
    pipelines = top.get("pipelines")
    if isinstance(pipelines, Mapping) and not pipelines.entries:
        context.error(
            "no-pipelines",
            "The config has no pipelines.",
            pipelines.span,
            "Add a pipeline: `pipelines: {test: {stages: [{name: test}]}}`.",
        )
    read = [
        _with_its_diagnostics(context, key, node)
        for key, node in (pipelines.entries if isinstance(pipelines, Mapping) else ())
        if isinstance(node, Mapping)
    ]
    found = tuple(pipeline for pipeline, _ in read)
    whole = tuple(pipeline for pipeline, is_whole in read if is_whole and not context.work.exhausted)
    bound = top.get("concurrency")
    span = bound.span if bound is not None else None
    workflow = Workflow(source or document.file, context.project, found, integer(bound), span, folder)
    house_rules.check(workflow, profile, diagnostics)
    required_stages.check(top, workflow, profile, diagnostics)
    variants = tuple(sorted((path, found) for path, found in context.files.items() if found is not None))
    return Built(workflow, replace(workflow, pipelines=whole), variants)


def _with_its_diagnostics(context: Context, key: Scalar, node: Mapping) -> tuple[Pipeline, bool]:
    """The pipeline, and whether it is complete. Each pipeline has its own Diagnostics to decide this: if two pipelines
    share nodes by an alias, the common Diagnostics count the errors of both only once."""
    own = Diagnostics()
    pipeline = _pipeline(replace(context, diagnostics=own), key, node)
    context.diagnostics.extend(own)
    return pipeline, all(d.severity is not Severity.ERROR or d.code in _LEAVES_WHOLE for d in own)


def _clean_project(project: str) -> str | None:
    return project.strip("/").removesuffix(".git") or None


def _pipeline(context: Context, key: Scalar, node: Mapping) -> Pipeline:
    name = plain(context, key)
    check_name(context, name, "pipeline's name", key.span)
    stages = node.get("stages")
    if stages is None or is_empty(stages):
        context.diagnostics.note(
            "no-stages",
            f"The pipeline `{name}` has no stages and does nothing.",
            key.span,
            "Add stages, or remove the pipeline.",
        )
    found = expanded(context, dict(named_stages(context, node)))
    graph = graph_of(context, node, found)
    read = _stages(context, name, node, found, graph)
    for stage in read:
        check_stage(context, stage)
        check_directory(context, stage)
    check_folders(context, node, found, read)
    approvals.check(context, read, graph)
    graph = waiting(graph, {stage.name for stage in read if stage.approval})
    events, fetch = _events(context, name, node, read), _fetch(context, node.get("fetch"))
    changes = read_changes(context, node, events, fetch)
    return Pipeline(name, events, fetch, read, graph, key.span, changes)


@dataclass(frozen=True, slots=True)
class _Visible(Mappings[str, Bindings]):
    """What `setup` and the ancestors of one stage bind. Values are looked up, never copied, because graphs may have
    thousands of stages."""

    stage: str
    setup: Bindings
    bound: Mappings[str, Bindings]
    ancestry: Ancestry

    def __getitem__(self, name: str) -> Bindings:
        if name == "setup":
            return self.setup
        if not self.ancestry.precedes(name, self.stage):
            raise KeyError(name)
        return self.bound[name]

    def __iter__(self) -> Iterator[str]:
        yield "setup"
        yield from self.ancestry.each(self.stage)

    def __len__(self) -> int:
        return 1 + self.ancestry.masks[self.stage].bit_count()


def _stages(context: Context, name: str, pipeline: Mapping, stages: Stages, graph: Graph) -> tuple[Stage, ...]:
    setup = setup_bindings(name, context.project, context.profile.proxy)
    before = ancestry(graph)
    bound: dict[str, Mappings[str, Binding]] = {}
    read: dict[str, Stage] = {}
    said: set[Diagnostic] = set()
    for stage in order(graph):
        member = stages.by_name[stage]
        scope = Scope(
            stage,
            member.values,
            _Visible(stage, setup, bound, before),
            stages.by_name.keys(),
            suggestions=context.suggestions,
            written=member.written,
            members=stages.members,
            elsewhere=partial(_pipeline_of, context),
        )
        own = replace(context, diagnostics=Diagnostics()) if member.written in stages.members else context
        read[stage], bound[stage] = read_stage(own, member.node, name, pipeline, scope)
        if own is not context:
            _report_once(context, own.diagnostics, stage, member.written, said)
    return tuple(read[stage] for stage in graph.nodes)


def _pipeline_of(context: Context, stage: str) -> str:
    """The first pipeline with a stage of this name, "" if there is none. It is asked only about a stage that the
    pipeline at hand does not have."""
    root = context.document.root
    found = root.get("pipelines") if isinstance(root, Mapping) else None
    pipelines = found.entries if isinstance(found, Mapping) else ()
    if not context.suggestions.spend(len(pipelines)):
        return ""
    for key, node in pipelines:
        stages = node.get("stages") if isinstance(node, Mapping) else None
        for item in stages.items if isinstance(stages, Sequence) else ():
            name = item.get("name") if isinstance(item, Mapping) else None
            if isinstance(name, Scalar) and name.text == stage:
                return key.text
    return ""


def _report_once(context: Context, found: Diagnostics, member: str, written: str, said: set[Diagnostic]) -> None:
    """Reports what was found in a member of a matrix. All members have the same text, so what differs in the member's
    name alone is reported only for the first."""
    for one in found:
        same = replace(one, message=one.message.replace(member, written), hint=one.hint.replace(member, written))
        if same not in said:
            said.add(same)
            context.diagnostics.add(one)


def _events(context: Context, name: str, node: Mapping, stages: tuple[Stage, ...]) -> tuple[Event, ...]:
    given = node.get("events")
    if isinstance(given, Sequence) and given.items:
        words = {plain(context, item) for item in given.items}
        return tuple(event for event in EVENTS if event in words)
    publishing = any(map(leaves, stages))
    events = context.profile.publishing_events if publishing else context.profile.other_events
    if any(isinstance(step, Deploy) and step.release for stage in stages for step in stage.steps):
        events = tuple(event for event in events if event is not Event.CHANGE)  # only where the config says so itself
    if not events:
        place = context.profile.place("events", "defaults", "publishing" if publishing else "other")
        message = f"The pipeline `{name}` never runs: it has no `events`, and the profile has none for it either."
        hint = "To run it, add `events` to the pipeline, or events to this list."
        context.diagnostics.note("pipeline-never-runs", message, place, hint)
    return events


def _fetch(context: Context, node: Node | None) -> Fetch:
    keys = node if isinstance(node, Mapping) else Mapping((), context.document.root.span)
    default = Fetch()
    return Fetch(
        shallow=flag(context, keys.get("shallow"), default=default.shallow),
        depth=integer(keys.get("depth")) or default.depth,
        submodules=flag(context, keys.get("submodules"), default=default.submodules),
        tags=flag(context, keys.get("tags"), default=default.tags),
    )


def _plain_text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) and node.kind != Kind.NULL else ""
