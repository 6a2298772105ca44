"""Directed acyclic graphs of stage names: what runs after what. Knows nothing of what a stage does.

Sets of nodes are bit masks of their positions, so that ancestors and decomposition stay cheap for thousands of
stages.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from transpiler.records import dataclass

_DEEPEST = 50
# How many graphs are cached: all targets ask the same questions about the graphs of one config.
_KEPT = 32


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in file order and edges without duplicates, in the order of the nodes. Acyclic (see `find_cycle`)."""

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]

    def before(self, node: str) -> tuple[str, ...]:
        """The direct predecessors, in node order."""
        return tuple(a for a, b in self.edges if b == node)

    def after(self, node: str) -> tuple[str, ...]:
        """The direct successors, in node order."""
        return tuple(b for a, b in self.edges if a == node)


@dataclass(frozen=True, slots=True)
class Series:
    """Parts that run one after another, each after the one before has succeeded completely."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Parts that run in parallel."""

    parts: tuple[Tree, ...]


Tree: TypeAlias = str | Series | Parallel


def from_arcs(names: Sequence[str], arcs: Iterable[Sequence[str]]) -> Graph:
    """The graph whose edges are the neighbours in each arc; nodes are the names that some arc reaches, in the order of
    `names`. May contain a cycle: call `find_cycle` before anything else."""
    position = {name: i for i, name in enumerate(names)}
    reached: set[str] = set()
    edges: set[tuple[str, str]] = set()
    for arc in arcs:
        reached.update(arc)
        edges.update(pairwise(arc))
    return Graph(
        tuple(name for name in names if name in reached),
        tuple(sorted(edges, key=lambda e: (position[e[0]], position[e[1]]))),
    )


def find_cycle(graph: Graph) -> tuple[str, ...]:
    """The nodes along one cycle, each once, or () if there is none."""
    after = _neighbours(graph, forward=True)
    done: set[str] = set()
    for root in graph.nodes:
        path: list[str] = []
        on_path: set[str] = set()
        stack: list[Iterator[str]] = [iter((root,))]
        while stack:
            node = next(stack[-1], None)
            if node is None:
                stack.pop()
                if path:
                    last = path.pop()
                    on_path.discard(last)
                    done.add(last)
            elif node in on_path:
                return tuple(path[path.index(node) :])
            elif node not in done:
                path.append(node)
                on_path.add(node)
                stack.append(iter(after[node]))
    return ()


@lru_cache(_KEPT)
def order(graph: Graph) -> tuple[str, ...]:
    """A topological order: of the nodes that are ready, the first in file order comes first."""
    position = {name: i for i, name in enumerate(graph.nodes)}
    after = _neighbours(graph, forward=True)
    waits = {node: len(befores) for node, befores in _neighbours(graph, forward=False).items()}
    ready = [position[node] for node, count in waits.items() if not count]
    heapq.heapify(ready)
    result: list[str] = []
    while ready:
        node = graph.nodes[heapq.heappop(ready)]
        result.append(node)
        for successor in after[node]:
            waits[successor] -= 1
            if not waits[successor]:
                heapq.heappush(ready, position[successor])
    return tuple(result)


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Which nodes come before which, directly or not. It has one bit mask for each node: a query is cheap, listing
    everything is quadratic."""

    graph: Graph
    masks: Mapping[str, int]
    position: Mapping[str, int]

    def precedes(self, a: str, b: str) -> bool:
        """Whether `a` is a node that comes before `b`."""
        return a in self.position and self.masks[b] >> self.position[a] & 1 == 1

    def of(self, node: str) -> tuple[str, ...]:
        """The nodes before this one, in node order."""
        return tuple(self.each(node))

    def each(self, node: str) -> Iterator[str]:
        """Yields the same nodes: cheap for callers that need only the first."""
        return (self.graph.nodes[i] for i in _bits(self.masks[node]))


@lru_cache(_KEPT)
def ancestry(graph: Graph) -> Ancestry:
    """The transitive order of a graph."""
    position = {node: i for i, node in enumerate(graph.nodes)}
    return Ancestry(graph, dict(zip(graph.nodes, _masks(graph, forward=False), strict=True)), position)


def ancestors(graph: Graph) -> Mapping[str, frozenset[str]]:
    """For each node the nodes that come before it, directly or not."""
    order_of = ancestry(graph)
    return {node: frozenset(order_of.of(node)) for node in graph.nodes}


@lru_cache(_KEPT)
def decompose(graph: Graph) -> Tree | None:
    """The graph as nested series and parallels with exactly the same order, or None if there is no such form.

    A partial order has such a form if and only if it holds no N (a→c, a→d, b→d and nothing else between these). Parts
    of a parallel are in file order. The empty graph is an empty Series. A form that is nested too deeply to read counts
    as none.
    """
    before = _masks(graph, forward=False)
    comparable = [b | a for b, a in zip(before, _masks(graph, forward=True), strict=True)]

    def build(nodes: int, depth: int) -> Tree | None:
        if nodes.bit_count() == 1:
            return graph.nodes[nodes.bit_length() - 1]
        if depth > _DEEPEST:
            return None
        side_by_side = _components(nodes, lambda i: comparable[i])
        if len(side_by_side) > 1:
            return _all(Parallel, (build(part, depth + 1) for part in side_by_side))
        in_turn = _components(nodes, lambda i: ~comparable[i])
        if len(in_turn) == 1:
            return None
        in_turn.sort(key=lambda part: (before[_lowest(part)] & nodes).bit_count())
        return _all(Series, (build(part, depth + 1) for part in in_turn))

    return build((1 << len(before)) - 1, 0) if before else Series(())


@lru_cache(_KEPT)
def notation(graph: Graph) -> str:
    """The graph on one line: `build -> (unit | lint)`, or its arcs if it has no such form."""
    tree = decompose(graph)
    if tree is not None:
        return _write(tree)
    alone = set(graph.nodes) - {node for edge in graph.edges for node in edge}
    return ", ".join([*(f"{a} -> {b}" for a, b in graph.edges), *(n for n in graph.nodes if n in alone)])


def _write(tree: Tree, *, inside: bool = False) -> str:
    match tree:
        case str():
            return tree
        case Series(parts):
            text = " -> ".join(_write(part, inside=True) for part in parts)
        case Parallel(parts):
            text = " | ".join(_write(part, inside=True) for part in parts)
    return f"({text})" if inside else text


def _all(kind: type[Series | Parallel], parts: Iterable[Tree | None]) -> Tree | None:
    whole: list[Tree] = []
    for part in parts:
        if part is None:
            return None
        whole.append(part)
    return kind(tuple(whole))


def _components(nodes: int, neighbours: Callable[[int], int]) -> list[int]:
    """The connected components among `nodes`, as masks, by their lowest position."""
    found: list[int] = []
    while nodes:
        component = frontier = nodes & -nodes
        while frontier:
            reached = 0
            for i in _bits(frontier):
                reached |= neighbours(i)
            frontier = reached & nodes & ~component
            component |= frontier
        found.append(component)
        nodes &= ~component
    return found


def _masks(graph: Graph, *, forward: bool) -> list[int]:
    """For each node those after it, or those before it."""
    position = {name: i for i, name in enumerate(graph.nodes)}
    neighbours = _neighbours(graph, forward=forward)
    masks = [0] * len(graph.nodes)
    for node in reversed(order(graph)) if forward else order(graph):
        for other in neighbours[node]:
            masks[position[node]] |= masks[position[other]] | 1 << position[other]
    return masks


def _neighbours(graph: Graph, *, forward: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {node: [] for node in graph.nodes}
    for a, b in graph.edges:
        found[a if forward else b].append(b if forward else a)
    return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        yield _lowest(mask)
        mask &= mask - 1


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1
