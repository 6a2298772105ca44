"""Which stages wait for which, before and after. The order counts, not the edges: an edge that others imply changes
nothing."""

from __future__ import annotations

from collections.abc import Iterator

from transpiler.difference.model import Change, How, Topic
from transpiler.difference.things import place
from transpiler.graph import Ancestry, Graph, ancestry
from transpiler.records import replace


def compare_order(pipeline: str, old: Graph, new: Graph) -> tuple[Change, ...]:
    """The waits between stages of both sides that were added or removed; those that others imply are left out."""
    if old == new:
        return ()
    both = frozenset(old.nodes) & frozenset(new.nodes)
    before, after = ancestry(old), ancestry(new)
    at = replace(place(pipeline), topic=Topic.EDGE)
    return (
        *(_edge(at, How.ADDED, a, b) for a, b in _more(after, before, both)),
        *(_edge(at, How.REMOVED, a, b) for a, b in _more(before, after, both)),
    )


def _edge(at: Change, how: How, first: str, then: str) -> Change:
    edge = replace(at, how=how, name=f"{first} -> {then}", stage=then)
    return replace(edge, after=first) if how is How.ADDED else replace(edge, before=first)


def _more(here: Ancestry, there: Ancestry, both: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The pairs of stages that wait for each other here and not there, without those that other pairs imply."""
    for node in (node for node in here.graph.nodes if node in both):
        more = [a for a in here.each(node) if a in both and not there.precedes(a, node)]
        if more:
            implied = 0
            for other in here.each(node):
                implied |= here.masks[other] if other in both else 0
            yield from ((a, node) for a in more if not implied >> here.position[a] & 1)
