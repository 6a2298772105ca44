"""What waits for what: only what is new in the order itself is told, and all of it."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from transpiler.difference.model import How
from transpiler.difference.orders import compare_order
from transpiler.graph import Graph, ancestors, from_arcs


def edges(old: Graph, new: Graph) -> dict[How, set[tuple[str, str]]]:
    found: dict[How, set[tuple[str, str]]] = {How.ADDED: set(), How.REMOVED: set()}
    for change in compare_order("p", old, new):
        found[change.how].add((change.after or change.before, change.stage))
    return found


def test_an_implied_edge_changes_nothing() -> None:
    assert compare_order("p", from_arcs("abc", ["abc"]), from_arcs("abc", ["abc", "ac"])) == ()


def test_a_stage_in_between_changes_nothing_for_the_others() -> None:
    assert compare_order("p", from_arcs("ab", ["ab"]), from_arcs("axb", ["axb"])) == ()


def test_a_stage_that_went_takes_its_waits_along() -> None:
    found = edges(from_arcs("axb", ["axb"]), from_arcs("ab", ["a", "b"]))
    assert found == {How.ADDED: set(), How.REMOVED: {("a", "b")}}


def test_another_order() -> None:
    found = edges(from_arcs("abc", ["abc"]), from_arcs("abc", ["acb"]))
    assert found == {How.ADDED: {("c", "b")}, How.REMOVED: {("b", "c")}}


def graph(chance: Random) -> Graph:
    names = chance.sample("abcdefgh", chance.randint(1, 8))
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if chance.random() < 0.3]
    return from_arcs(sorted(names), [*pairs, *((name,) for name in names)])


def order_of(graph: Graph, both: set[str]) -> set[tuple[str, str]]:
    before = ancestors(graph)
    return {(a, b) for b in both for a in before[b] if a in both}


@given(st.integers(0))
@settings(max_examples=200, deadline=None)
def test_what_is_told_and_what_it_implies_is_the_whole_difference(seed: int) -> None:
    chance = Random(seed)
    old, new = graph(chance), graph(chance)
    both = {*old.nodes} & {*new.nodes}
    found = edges(old, new)
    before, after = order_of(old, both), order_of(new, both)
    for told, here, there in ((found[How.ADDED], after, before), (found[How.REMOVED], before, after)):
        assert told <= here - there
        known = told | (here & there)
        for _ in both:
            known |= {(a, d) for a, b in known for c, d in known if b == c}
        assert known >= here, "what is told implies the rest"
        for a, b in told:
            assert not any((a, c) in here and (c, b) in here for c in both), "what others imply is not told"
