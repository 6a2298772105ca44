"""Chooses a part of a plan: pipelines by name and event, or a stage with all stages that it depends on."""

from __future__ import annotations

from collections.abc import Iterator

from transpiler.graph import Graph, ancestors
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
