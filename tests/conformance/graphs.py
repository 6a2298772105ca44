"""Configs that are about their graphs alone: each stage is a container that says when it started and ended.

A graph becomes a pipeline for each of its rounds of meetings (see `dags`), with stages of its own names, for a stage
that waits looks for a name among all containers of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from transpiler.ir import Event

from .case import DEFAULT_APP, Case, Expected
from .dags import Dag, rounds, waits

# As one run of an engine, for starting one costs more than a stage.
TOGETHER = 5


def case(name: str, dags: Mapping[str, Dag], *, meetings: bool) -> Case:
    """A case of these graphs; without `meetings` each is one pipeline."""
    return Case(name, config(dags, meetings=meetings), {}, DEFAULT_APP, Event.MERGE, "", Expected())


def config(dags: Mapping[str, Dag], *, meetings: bool) -> bytes:
    """The config of these graphs, by their pipelines' names: letters and digits."""
    pipelines = {}
    for name, dag in dags.items():
        for number, pairs in enumerate(rounds(dag) if meetings else [frozenset()], start=1):
            prefix = f"{name}{'abcdefghij'[number - 1]}-" if number > 1 else f"{name}-"
            pipelines[prefix.removesuffix("-")] = _pipeline(dag, waits(pairs), prefix)
    text: str = yaml.safe_dump({"pipelines": pipelines}, sort_keys=False, default_flow_style=None, width=120)
    return text.encode()


def _pipeline(dag: Dag, meets: Mapping[str, tuple[str, ...]], prefix: str) -> dict[str, Any]:
    alone = [n for n in dag.nodes if all(n not in edge for edge in dag.edges)]
    return {
        # Only after review may Zuul have a job for each stage.
        "events": ["merge"],
        "execution": [*([prefix + a, prefix + b] for a, b in dag.edges), *([prefix + n] for n in alone)],
        "stages": [
            {
                "name": prefix + node,
                "run": {
                    "image": "recorder",
                    "arguments": [f"@meet={prefix}{other}" for other in meets.get(node, ())],
                },
            }
            for node in dag.nodes
        ],
    }
