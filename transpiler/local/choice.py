"""Which part of a plan is asked for: pipelines by name and event, a stage with everything that it descends from."""

from __future__ import annotations

from collections.abc import Iterator

from transpiler.graph import Graph, ancestors
from transpiler.ir import Event
from transpiler.program import PipelineProgram, Plan
from transpiler.records import replace


class NothingSo(Exception):
    """The plan has nothing of the name that was asked for; the message says what it has."""


def choose(plan: Plan, wanted: str = "", event: Event | None = None) -> Plan:
    """The plan of what is asked for: `wanted` is a pipeline, `PIPELINE/STAGE`, or "" for all; `event` None for any.

    Raises NothingSo if nothing is called like that, or it does not run on that event.
    """
    chosen = (_named(plan, wanted),) if wanted else plan.pipelines
    if event is None:
        return replace(plan, pipelines=chosen)
    running = tuple(pipeline for pipeline in chosen if event in pipeline.events)
    if wanted and not running:
        events = ", ".join(chosen[0].events)
        raise NothingSo(f"the pipeline {chosen[0].name} does not run on the event {event}, but on {events or 'none'}")
    return replace(plan, pipelines=running)


def _named(plan: Plan, wanted: str) -> PipelineProgram:
    for pipeline in plan.pipelines:
        if pipeline.name == wanted:
            return pipeline
    for pipeline, rest in _beginnings(plan, wanted):
        if rest in pipeline.graph.nodes:
            return up_to(pipeline, rest)
        stages = ", ".join(pipeline.graph.nodes)
        raise NothingSo(f"the pipeline {pipeline.name} has no stage {rest}; it has {stages or 'none'}")
    names = ", ".join(pipeline.name for pipeline in plan.pipelines)
    raise NothingSo(f"there is no pipeline {wanted.partition('/')[0]}; there are {names or 'none'}")


def _beginnings(plan: Plan, wanted: str) -> Iterator[tuple[PipelineProgram, str]]:
    """The pipelines whose name `wanted` begins with, the longest name first: names may hold a `/`."""
    for pipeline in sorted(plan.pipelines, key=lambda p: -len(p.name)):
        if wanted.startswith(f"{pipeline.name}/"):
            yield pipeline, wanted.removeprefix(f"{pipeline.name}/")


def up_to(pipeline: PipelineProgram, stage: str) -> PipelineProgram:
    """The pipeline cut down to a stage and its ancestors."""
    kept = ancestors(pipeline.graph)[stage] | {stage}
    graph = Graph(
        tuple(node for node in pipeline.graph.nodes if node in kept),
        tuple((a, b) for a, b in pipeline.graph.edges if a in kept and b in kept),
    )
    return replace(pipeline, graph=graph, stages=tuple(s for s in pipeline.stages if s.name in kept))
