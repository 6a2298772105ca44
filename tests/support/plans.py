"""Plans made by hand, for the tests of one target that should not depend on lowering."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from transpiler.graph import Graph
from transpiler.ir import Event, Fetch
from transpiler.program import PipelineProgram, Plan, StageProgram

_BARE = StageProgram(
    name="",
    slug="",
    label="run",
    lines=(),
    kinds=("run",),
    reads=(),
    binds=(),
    images=(),
    gives_image=False,
    containers=(),
    copies=(),
    archives=(),
    credentials=(),
    setup=(),
    environment=(),
    registry=False,
    push_registry=False,
    artifacts=False,
    publishes="",
    releases="",
    trigger=None,
    mail=None,
)

TEARDOWN = (
    'ids=$(docker ps --all --quiet --filter "label=ci.run=$run"); [ -z "$ids" ] || docker rm --force --volumes $ids',
    'ids=$(docker images --quiet --filter "label=ci.run=$run" | sort -u); [ -z "$ids" ] || docker rmi --force $ids',
)


def stage(name: str, *lines: str, **changes: Any) -> StageProgram:
    """A stage program that runs these lines."""
    return replace(_BARE, **{"name": name, "slug": name, "lines": ("set -eu", *lines), **changes})


def pipeline(
    name: str,
    *stages: StageProgram,
    edges: tuple[tuple[str, str], ...] = (),
    events: tuple[Event, ...] = (Event.CHANGE, Event.MERGE),
) -> PipelineProgram:
    """A pipeline of these stages with these edges."""
    graph = Graph(tuple(s.name for s in stages), edges)
    return PipelineProgram(name, name, events, Fetch(), graph, stages, TEARDOWN)


def plan(*pipelines: PipelineProgram, project: str | None = "team/ores", **changes: Any) -> Plan:
    """A plan of these pipelines."""
    return replace(Plan(".pipeline/config.yaml", project, pipelines, None, ()), **changes)
