"""Graphs for the conformance cases, and which stages wait for which.

That an engine adds no barrier is shown without a clock: a stage that waits for the start of another, while the graph
leaves the two unordered, waits for ever where the engine has put an order between them. All pairs at once may be more
than any engine could satisfy (of two chains a -> b, c -> d, both a with d and c with b cannot overlap), so they are
dealt out to rounds, as few as can be found. Knows graphs only: neither configs nor engines.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from dataclasses import dataclass

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Dag:
    """Stages in file order, and edges between them. Acyclic."""

    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]

    def ancestors(self) -> dict[str, frozenset[str]]:
        """What comes before each node, directly or not."""
        found: dict[str, frozenset[str]] = {}

        def of(node: str) -> frozenset[str]:
            if node not in found:
                before = [a for a, b in self.edges if b == node]
                found[node] = frozenset(before).union(*(of(a) for a in before))
            return found[node]

        for node in self.nodes:
            of(node)
        return found

    def unordered(self) -> tuple[Pair, ...]:
        """Each pair of nodes of which neither comes before the other, once."""
        before = self.ancestors()
        pairs = itertools.combinations(self.nodes, 2)
        return tuple((a, b) for a, b in pairs if a not in before[b] and b not in before[a])


def random_dag(seed: int) -> Dag:
    """A graph of 3 to 12 stages, the same for the same seed: sparse or dense, in an arbitrary file order."""
    dice = random.Random(seed)
    order = [f"s{i}" for i in range(1, round(dice.triangular(2.6, 12.4, 3)) + 1)]
    dice.shuffle(order)
    density = dice.choice((0.15, 0.25, 0.4))
    edges = [pair for pair in itertools.combinations(order, 2) if dice.random() < density]
    return Dag(tuple(sorted(order, key=lambda name: int(name[1:]))), tuple(sorted(edges)))


def rounds(dag: Dag, attempts: int = 40) -> tuple[frozenset[Pair], ...]:
    """The unordered pairs, dealt out so that within a round every pair can overlap at once. At least one round, which
    may have no pairs."""
    dice = random.Random(0)
    pairs = list(dag.unordered())
    found = [_deal(dag, pairs)]
    for _ in range(attempts):
        dice.shuffle(pairs)
        found.append(_deal(dag, pairs))
    fewest: list[frozenset[Pair]] = min(found, key=len)
    return tuple(fewest) or (frozenset(),)


def waits(round_: frozenset[Pair]) -> dict[str, tuple[str, ...]]:
    """For each stage whose starts it waits for in this round."""
    both = sorted({*round_, *((b, a) for a, b in round_)})
    return {a: tuple(b for _, b in group) for a, group in itertools.groupby(both, key=lambda pair: pair[0])}


def _deal(dag: Dag, pairs: Iterable[Pair]) -> list[frozenset[Pair]]:
    left = list(pairs)
    found: list[frozenset[Pair]] = []
    while left:
        after = _events(dag)
        taken = {pair for pair in left if _overlap(after, *pair)}
        found.append(frozenset(taken))
        left = [pair for pair in left if pair not in taken]
    return found


def _overlap(after: dict[str, set[str]], a: str, b: str) -> bool:
    """Lets both start before either ends, if they still can."""
    if _reaches(after, f"end {a}", f"start {b}") or _reaches(after, f"end {b}", f"start {a}"):
        return False
    after[f"start {b}"].add(f"end {a}")
    after[f"start {a}"].add(f"end {b}")
    return True


def _events(dag: Dag) -> dict[str, set[str]]:
    """What each start and end must come before."""
    after = {f"{what} {node}": set[str]() for node in dag.nodes for what in ("start", "end")}
    for node in dag.nodes:
        after[f"start {node}"].add(f"end {node}")
    for a, b in dag.edges:
        after[f"end {a}"].add(f"start {b}")
    return after


def _reaches(after: dict[str, set[str]], start: str, goal: str) -> bool:
    seen, left = {start}, [start]
    while left:
        event = left.pop()
        if event == goal:
            return True
        left += after[event] - seen
        seen |= after[event]
    return False
