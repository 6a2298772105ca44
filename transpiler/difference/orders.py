"""Which stages wait for which, before and after. The order counts, not the edges: an edge that others imply changes
nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from transpiler.difference.model import Change, How, Topic
from transpiler.difference.things import place
from transpiler.graph import Graph, order
from transpiler.records import dataclass, replace


def compare_order(pipeline: str, old: Graph, new: Graph) -> tuple[Change, ...]:
    """The waits between stages of both sides that were added or removed; those that others imply are left out."""
    if old == new:
        return ()
    common = frozenset(old.nodes) & frozenset(new.nodes)
    both = [node for node in new.nodes if node in common]
    before, after = _waits(old, both), _waits(new, both)
    at = replace(place(pipeline), topic=Topic.EDGE)
    return (
        *(_edge(at, How.ADDED, a, b) for a, b in _more(after, before, both)),
        *(_edge(at, How.REMOVED, a, b) for a, b in _more(before, after, both)),
    )


def _edge(at: Change, how: How, first: str, then: str) -> Change:
    edge = replace(at, how=how, name=f"{first} -> {then}", stage=then)
    return replace(edge, after=first) if how is How.ADDED else replace(edge, before=first)


@dataclass(frozen=True, slots=True)
class _Waits:
    """What each node waits for among the nodes of both sides, as bit masks: all of them, and those that no other of
    them implies."""

    all: Mapping[str, int]
    nearest: Mapping[str, int]


def _waits(graph: Graph, both: Sequence[str]) -> _Waits:
    bits = {node: 1 << i for i, node in enumerate(both)}
    direct: dict[str, list[str]] = {}
    for a, b in graph.edges:
        direct.setdefault(b, []).append(a)
    everything: dict[str, int] = {}
    last: dict[str, int] = {}
    for node in order(graph):
        ends = implied = 0
        for other in direct.get(node, ()):
            # What a node that only one side has waits for, the next one waits for through it.
            ends |= bits.get(other) or last[other]
            implied |= everything[other]
        everything[node] = implied | ends
        last[node] = ends
    nearest = {}
    for node in both:
        implied = 0
        for i in _bits(last[node]):
            implied |= everything[both[i]]
        nearest[node] = last[node] & ~implied
    return _Waits(everything, nearest)


def _more(here: _Waits, there: _Waits, both: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The pairs of stages that wait for each other here and not there, without those that other pairs imply."""
    for node in both:
        for i in _bits(here.nearest[node] & ~there.all[node]):
            yield both[i], node


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
