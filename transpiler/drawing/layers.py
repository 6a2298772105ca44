"""A stage graph in columns: each stage right of all that it waits for, with as few crossing lines as can be found.

An item is a stage, a junction or a bend. Where several stages all wait for the same several stages, their lines meet in
a junction: `a + b` lines instead of `a * b`. A line that crosses a column has a bend in it, so that it gets a place of
its own there. A line that others imply is left out.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from transpiler.graph import Graph, ancestry, order
from transpiler.records import dataclass

MOST_LINKS = 6_000
"""With more pieces of lines nobody can follow a picture, and sorting them would take seconds."""

_SWEEPS = 12
_FEW = 400


class TooManyLines(Exception):
    """A graph has more lines than a picture can show."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Items are numbers. The first are the stages, in the graph's order; `columns` has all items, from left to right
    and from top to bottom; `lines` are those to draw, each from a stage or junction over bends to another."""

    stages: tuple[str, ...]
    junctions: frozenset[int]
    columns: tuple[tuple[int, ...], ...]
    lines: tuple[tuple[int, ...], ...]


def layered(graph: Graph) -> Layers:
    """The graph in columns. Raises TooManyLines."""
    links, junctions = _joined(graph)
    total = len(graph.nodes) + len(junctions)
    columns, lines = _with_bends(_ranks(graph, links, total), links)
    return Layers(graph.nodes, junctions, _untangled(columns, lines), lines)


def _joined(graph: Graph) -> tuple[list[tuple[int, int]], frozenset[int]]:
    """The links between stages that no others imply, through junctions where many meet; and the junctions."""
    before = ancestry(graph)
    edges = [(before.position[a], before.position[b]) for a, b in graph.edges]
    after: dict[int, int] = {}
    for a, b in edges:
        after[a] = after.get(a, 0) | 1 << b
    following: dict[int, list[int]] = {}
    for a, b in edges:
        if not before.masks[graph.nodes[b]] & after[a]:
            following.setdefault(a, []).append(b)
    alike: dict[tuple[int, ...], list[int]] = {}
    for a, found in following.items():
        alike.setdefault(tuple(found), []).append(a)
    links: list[tuple[int, int]] = []
    junction = len(graph.nodes)
    for ends, starts in alike.items():
        if len(starts) * len(ends) > len(starts) + len(ends):
            links += [*((a, junction) for a in starts), *((junction, b) for b in ends)]
            junction += 1
        else:
            links += ((a, b) for a in starts for b in ends)
    return links, frozenset(range(len(graph.nodes), junction))


def _ranks(graph: Graph, links: Sequence[tuple[int, int]], total: int) -> list[int]:
    """The column of each item: one more than the last of those before it."""
    place = {name: i for i, name in enumerate(graph.nodes)}
    after: list[list[int]] = [[] for _ in range(total)]
    for a, b in links:
        after[a].append(b)
    ranks = [0] * total
    for name in order(graph):
        a = place[name]
        for b in after[a]:
            ranks[b] = max(ranks[b], ranks[a] + 1)
            for c in after[b] if b >= len(graph.nodes) else ():
                ranks[c] = max(ranks[c], ranks[b] + 1)
    return ranks


def _with_bends(
    ranks: list[int], links: Iterable[tuple[int, int]]
) -> tuple[list[list[int]], tuple[tuple[int, ...], ...]]:
    """The columns with a bend in each column that a line crosses, and the lines."""
    columns: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for item, rank in enumerate(ranks):
        columns[rank].append(item)
    bend, lines, pieces = len(ranks), [], 0
    for a, b in links:
        between = range(ranks[a] + 1, ranks[b])
        pieces += len(between) + 1
        if pieces > MOST_LINKS:
            raise TooManyLines
        lines.append((a, *range(bend, bend + len(between)), b))
        for rank in between:
            columns[rank].append(bend)
            bend += 1
    return columns, tuple(lines)


def _untangled(columns: list[list[int]], lines: Iterable[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """The columns in an order with few crossings: each item goes to the middle of its neighbours, from left to right
    and back again, and the best order of all is kept."""
    left: dict[int, list[int]] = {}
    right: dict[int, list[int]] = {}
    for line in lines:
        for a, b in pairwise(line):
            right.setdefault(a, []).append(b)
            left.setdefault(b, []).append(a)
    best, least = [list(column) for column in columns], _crossings(columns, right)
    now = [list(column) for column in columns]
    for sweep in range(_SWEEPS):
        if not least:
            break
        forward = sweep % 2 == 0
        neighbours = left if forward else right
        for i in range(1, len(now)) if forward else range(len(now) - 2, -1, -1):
            _sort(now[i], now[i - 1 if forward else i + 1], neighbours)
        if now and sum(map(len, now)) <= _FEW:
            _swap(now, left, right)
        crossings = _crossings(now, right)
        if crossings < least:
            best, least = [list(column) for column in now], crossings
    return tuple(map(tuple, best))


def _sort(column: list[int], fixed: Sequence[int], neighbours: Mapping[int, Sequence[int]]) -> None:
    """Sorts a column by the middles of its items' neighbours; an item without any stays where it is."""
    place = {item: i for i, item in enumerate(fixed)}
    middle = {item: sum(place[n] for n in near) / len(near) for item in column if (near := neighbours.get(item))}
    ordered = iter(sorted(middle, key=middle.__getitem__))
    column[:] = [next(ordered) if item in middle else item for item in column]


def _swap(columns: list[list[int]], left: Mapping[int, Sequence[int]], right: Mapping[int, Sequence[int]]) -> None:
    """Exchanges two items that stand one above the other wherever fewer lines cross then."""
    for i, column in enumerate(columns):
        beside = [
            ({item: at for at, item in enumerate(columns[other])}, near)
            for other, near in ((i - 1, left), (i + 1, right))
            if 0 <= other < len(columns)
        ]
        for at in range(len(column) - 1):
            a, b = column[at], column[at + 1]
            gain = 0
            for place, near in beside:
                above, below = [place[n] for n in near.get(a, ())], [place[n] for n in near.get(b, ())]
                gain += sum((x > y) - (x < y) for x in above for y in below)
            if gain > 0:
                column[at], column[at + 1] = b, a


def _crossings(columns: Sequence[Sequence[int]], right: Mapping[int, Sequence[int]]) -> int:
    """How often lines cross between the columns."""
    count = 0
    for column, following in pairwise(columns):
        place = {item: i for i, item in enumerate(following)}
        seen: list[int] = []
        for item in column:
            ends = sorted(place[n] for n in right.get(item, ()))
            count += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return count
