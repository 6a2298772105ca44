"""Chooses a part of a plan: pipelines by name and event, or a stage with all stages that it depends on."""

from __future__ import annotations

from collections.abc import Iterator

from transpiler.graph import Graph, ancestors, order
from transpiler.ir import Event
from transpiler.program import PipelineProgram, Plan
from transpiler.records import replace


class NotInPlan(Exception):
    """The plan has no pipeline or stage of that name, or not for that event; the message says what it has."""


def choose(plan: Plan, wanted: str = "", event: Event | None = None) -> Plan:
    """Returns the plan with only the chosen part. `wanted` is a pipeline, `PIPELINE/STAGE`, or "" for all; `event` is
    None for all events.

    Raises NotInPlan if there is nothing of that name, or it does not run on that event.
    """
    chosen = (_named(plan, wanted),) if wanted else plan.pipelines
    if event is None:
        return replace(plan, pipelines=chosen)
    running = tuple(pipeline for pipeline in chosen if event in pipeline.events)
    if wanted and not running:
        events = ", ".join(chosen[0].events)
        raise NotInPlan(f"the pipeline {chosen[0].name} does not run on the event {event}, but on {events or 'none'}")
    return replace(plan, pipelines=running)


def for_shell(plan: Plan, wanted: str) -> Plan:
    """Returns the plan with only the stage that `wanted` names and the stages that it depends on. `wanted` is
    `PIPELINE/STAGE`, or a stage that only one pipeline has.

    Raises NotInPlan if there is no such stage, or no place for a shell in it.
    """
    owners = [pipeline for pipeline in plan.pipelines if wanted in pipeline.graph.nodes]
    if len(owners) > 1:
        names = " or ".join(f"{pipeline.name}/{wanted}" for pipeline in owners)
        raise NotInPlan(f"several pipelines have a stage {wanted}: write {names}")
    if owners:
        chosen = up_to(owners[0], wanted)
    elif any(True for _ in _beginnings(plan, wanted)):
        chosen = _named(plan, wanted)
    else:
        stages = ", ".join(f"{p.name}/{node}" for p in plan.pipelines for node in p.graph.nodes)
        raise NotInPlan(f"there is no stage {wanted}; there are {stages or 'none'}")
    stage = chosen.stage(last(chosen))
    if not {"build", "run"} & set(stage.kinds):
        raise NotInPlan(
            f"the stage {chosen.name}/{stage.name} has no `run` and no `build`, so there is no image for it"
        )
    return replace(plan, pipelines=(chosen,))


def last(pipeline: PipelineProgram) -> str:
    """The stage that depends on all others, of a pipeline that `up_to` has made."""
    return order(pipeline.graph)[-1]


def _named(plan: Plan, wanted: str) -> PipelineProgram:
    for pipeline in plan.pipelines:
        if pipeline.name == wanted:
            return pipeline
    for pipeline, rest in _beginnings(plan, wanted):
        if rest in pipeline.graph.nodes:
            return up_to(pipeline, rest)
        stages = ", ".join(pipeline.graph.nodes)
        raise NotInPlan(f"the pipeline {pipeline.name} has no stage {rest}; it has {stages or 'none'}")
    names = ", ".join(pipeline.name for pipeline in plan.pipelines)
    raise NotInPlan(f"there is no pipeline {wanted.partition('/')[0]}; there are {names or 'none'}")


def _beginnings(plan: Plan, wanted: str) -> Iterator[tuple[PipelineProgram, str]]:
    """The pipelines whose name is followed by a `/` in `wanted`, with the rest after it. The longest name comes first,
    because names may contain a `/`."""
    for pipeline in sorted(plan.pipelines, key=lambda p: -len(p.name)):
        if wanted.startswith(f"{pipeline.name}/"):
            yield pipeline, wanted.removeprefix(f"{pipeline.name}/")


def up_to(pipeline: PipelineProgram, stage: str) -> PipelineProgram:
    """Returns the pipeline with only this stage and the stages that it depends on."""
    kept = ancestors(pipeline.graph)[stage] | {stage}
    graph = Graph(
        tuple(node for node in pipeline.graph.nodes if node in kept),
        tuple((a, b) for a, b in pipeline.graph.edges if a in kept and b in kept),
    )
    return replace(pipeline, graph=graph, stages=tuple(s for s in pipeline.stages if s.name in kept))
