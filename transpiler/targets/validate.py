"""Translation validation: the pipelines that are read back from a target's files must be those of the plan.

It runs on every `generate`. A difference is a bug in transpipe, never the user's mistake, so it raises an exception and
nothing is written. This module knows no target and shares no code with any emitter.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Set

from transpiler.graph import Graph, ancestry, find_cycle
from transpiler.ir import Event
from transpiler.program import Feature, PipelineProgram, Plan, ReadPipeline, RenderedFile, Use
from transpiler.targets import Target

# If one of these uses is left out, the pipeline need not run for changes.
_LOSES_CHANGE = frozenset({Feature.CREDENTIALS_FOR_CHANGE, Feature.SECRETS_FOR_CHANGE, Feature.FORK_CHANGE})


class Mistranslation(Exception):
    """An output differs from the plan. The message names the target and every difference."""


def validate(
    target: Target,
    plan: Plan,
    files: tuple[RenderedFile, ...],
    lost: frozenset[Use],
    silent: frozenset[tuple[str, Event]] = frozenset(),
) -> None:
    """Raises Mistranslation if the files, read back, differ from the plan in pipelines, stages, order, events or
    programs, except for the `lost` uses and for the events of pipelines that the profile leaves out (`silent`)."""
    read = target.read({file.path: file.body for file in files})
    losing = {(use.pipeline, Event.CHANGE) for use in lost if use.feature in _LOSES_CHANGE}
    if differences := list(_compare(plan, read, losing | silent, lost)):
        raise Mistranslation(f"the {target.name} output does not say what the config says:\n" + "\n".join(differences))


def _compare(
    plan: Plan, read: tuple[ReadPipeline, ...], optional: Set[tuple[str, Event]], lost: frozenset[Use]
) -> Iterator[str]:
    found = {pipeline.slug: pipeline for pipeline in read}
    if len(found) != len(read):
        yield f"a pipeline comes twice: {', '.join(p.slug for p in read)}"
    # Where a config says nothing of the clock, a profile may let it start pipelines.
    more = frozenset({Event.SCHEDULE} if not any(Event.SCHEDULE in p.events for p in plan.pipelines) else ())
    for pipeline in plan.pipelines:
        if pipeline.slug in found:
            gates = frozenset(pipeline.stage(name).slug for name in pipeline.gates(lost))
            own = found.pop(pipeline.slug)
            for difference in (
                *_compare_pipeline(pipeline, own, optional, more),
                *_compare_sets("approval before stage", gates, own.gates | (own.maybe_gates & gates)),
            ):
                yield f"pipeline {pipeline.name}: {difference}"
        elif pipeline.stages:
            yield f"pipeline {pipeline.name}: missing"
    for slug in found:
        yield f"pipeline {slug}: not in the config"


def _compare_pipeline(
    wanted: PipelineProgram, read: ReadPipeline, optional: Set[tuple[str, Event]], more: Set[Event]
) -> Iterator[str]:
    slugs = {stage.name: stage.slug for stage in wanted.stages}
    yield from _compare_sets("stage", set(slugs.values()), set(read.stages))
    if len(set(read.stages)) != len(read.stages):
        yield "a stage comes twice"
    if read.events is not None:
        events = {e for e in wanted.events if e in read.events or (wanted.name, e) not in optional}
        yield from _compare_sets("event", events, read.events - more)
    arcs = {(slugs[a], slugs[b]) for a, b in wanted.graph.edges}
    if arcs != read.edges or tuple(slugs.values()) != read.stages:
        order = Graph(tuple(slugs.values()), tuple(sorted(arcs)))
        yield from _compare_order(order, Graph(read.stages, tuple(sorted(read.edges))))
    yield from _compare_scripts(wanted, dict(read.scripts))
    if read.deciding != ("\n".join(wanted.deciding.lines) if wanted.deciding else ""):
        yield "what decides whether it runs differs"


def _compare_order(wanted: Graph, read: Graph) -> Iterator[str]:
    if unknown := {stage for edge in read.edges for stage in edge} - set(read.nodes):
        yield f"an arc names what is no stage: {', '.join(sorted(unknown))}"
    elif cycle := find_cycle(read):
        yield f"its stages wait for each other: {' -> '.join(cycle)}"
    else:
        nodes = tuple(dict.fromkeys((*wanted.nodes, *read.nodes)))
        here, there = (ancestry(Graph(nodes, graph.edges)) for graph in (wanted, read))
        for node in nodes:
            if here.masks[node] != there.masks[node]:
                befores = [{f"{before} -> {node}" for before in order.of(node)} for order in (here, there)]
                yield from _compare_sets("order", *befores)


def _compare_scripts(wanted: PipelineProgram, read: dict[str, str]) -> Iterator[str]:
    for stage in wanted.stages:
        script, found = "\n".join(stage.lines), read.pop(stage.slug, "")
        if script != found:
            lines = difflib.unified_diff(script.split("\n"), found.split("\n"), "config", "output", lineterm="", n=1)
            yield f"stage {stage.name}: its script differs:\n" + "\n".join(lines)
    for slug in read:
        yield f"a script belongs to no stage: {slug}"


def _compare_sets(what: str, wanted: Set[str] | Set[Event], read: Set[str] | Set[Event]) -> Iterator[str]:
    if wanted == read:
        return
    for item in sorted(wanted - read):
        yield f"{what} {item} is missing"
    for item in sorted(read - wanted):
        yield f"{what} {item} is not in the config"
