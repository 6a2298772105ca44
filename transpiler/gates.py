"""Gates: stages that start only after a person has said yes, and the parts into which they divide a pipeline.

A part are the stages behind the same gates. It has at most one gate of its own, which is then its only first stage:
two gates of one part would each be behind the other. A part starts when all parts that it comes after have succeeded,
so a person is asked once all that can run before has run.
"""

from __future__ import annotations

from collections.abc import Collection

from transpiler.graph import Graph, ancestry, order
from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """The stages behind the same gates, in the order of the graph. `gate` is the first of them if a person is asked
    before it, else ""; `before` are the parts that the part comes after directly, as indices."""

    stages: tuple[str, ...]
    gate: str
    before: tuple[int, ...]


def parts(graph: Graph, gates: Collection[str]) -> tuple[Part, ...]:
    """The parts of a pipeline, each after those that it comes after; the whole pipeline if it has no gate."""
    names = order(graph)
    bits = {gate: 1 << i for i, gate in enumerate(name for name in names if name in gates)}
    behind = dict.fromkeys(names, 0)
    after: dict[str, list[str]] = {name: [] for name in names}
    for a, b in graph.edges:
        after[a].append(b)
    for name in names:
        behind[name] |= bits.get(name, 0)
        for other in after[name]:
            behind[other] |= behind[name]
    stages: dict[int, list[str]] = {}
    for name in names:
        stages.setdefault(behind[name], []).append(name)
    rank = {name: i for i, name in enumerate(names)}
    masks = sorted(stages, key=lambda mask: (mask.bit_count(), rank[stages[mask][0]]))
    index = {mask: i for i, mask in enumerate(masks)}
    before: dict[int, set[int]] = {mask: set() for mask in masks}
    for a, b in graph.edges:
        if behind[a] != behind[b]:
            before[behind[b]].add(index[behind[a]])
    return tuple(
        Part(tuple(stages[m]), stages[m][0] if stages[m][0] in bits else "", tuple(sorted(before[m]))) for m in masks
    )


def waiting(graph: Graph, gates: Collection[str]) -> Graph:
    """The graph with the arcs by which each part waits for the whole of those that it comes after."""
    if not gates:
        return graph
    found = parts(graph, gates)
    part_of = {name: i for i, part in enumerate(found) for name in part.stages}
    within = [(a, b) for a, b in graph.edges if part_of[a] == part_of[b]]
    followed, following = {a for a, _ in within}, {b for _, b in within}
    known = ancestry(graph)
    more = {
        (last, first)
        for part in found
        for i in part.before
        for last in found[i].stages
        for first in part.stages
        if last not in followed and first not in following and not known.precedes(last, first)
    }
    place = {name: i for i, name in enumerate(graph.nodes)}
    return Graph(graph.nodes, tuple(sorted({*graph.edges, *more}, key=lambda e: (place[e[0]], place[e[1]]))))
