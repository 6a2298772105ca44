"""Laws of the graph algorithms, against plain definitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transpiler.graph import Graph, Parallel, Series, Tree, ancestors, decompose, find_cycle, from_arcs, notation, order


@st.composite
def dags(draw: st.DrawFn) -> Graph:
    """Random acyclic graphs of up to nine nodes, in an order that is not always topological."""
    n = draw(st.integers(0, 9))
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    names = draw(st.permutations([f"s{i}" for i in range(n)]))
    arcs = [[f"s{i}", f"s{j}"] for i, j in chosen] + [[name] for name in names]
    return from_arcs(names, arcs)


def naive_ancestors(graph: Graph, node: str) -> set[str]:
    direct = set(graph.before(node))
    return direct.union(*(naive_ancestors(graph, d) for d in direct))


def ordered_pairs(tree: Tree) -> tuple[list[str], set[tuple[str, str]]]:
    """The leaves of a decomposition, and which it puts before which."""
    if isinstance(tree, str):
        return [tree], set()
    leaves: list[str] = []
    pairs: set[tuple[str, str]] = set()
    for part in tree.parts:
        part_leaves, part_pairs = ordered_pairs(part)
        pairs |= part_pairs
        if isinstance(tree, Series):
            pairs |= {(a, b) for a in leaves for b in part_leaves}
        leaves += part_leaves
    return leaves, pairs


def has_n(graph: Graph) -> bool:
    before = ancestors(graph)

    def alone(x: str, y: str) -> bool:
        return x not in before[y] and y not in before[x]

    return any(
        a in before[c] and a in before[d] and b in before[d] and alone(a, b) and alone(c, d) and alone(b, c)
        for a in graph.nodes
        for b in graph.nodes
        for c in graph.nodes
        for d in graph.nodes
        if len({a, b, c, d}) == 4
    )


@given(dags())
def test_ancestors_are_the_transitive_predecessors(graph: Graph) -> None:
    found = ancestors(graph)
    assert {n: set(found[n]) for n in graph.nodes} == {n: naive_ancestors(graph, n) for n in graph.nodes}


@given(dags())
def test_order_puts_every_node_once_and_after_its_predecessors(graph: Graph) -> None:
    result = order(graph)
    assert sorted(result) == sorted(graph.nodes)
    assert all(result.index(a) < result.index(b) for a, b in graph.edges)


@given(dags())
def test_a_decomposition_orders_exactly_what_the_graph_orders(graph: Graph) -> None:
    tree = decompose(graph)
    if tree is None:
        assert has_n(graph)
        return
    assert not has_n(graph)
    leaves, pairs = ordered_pairs(tree)
    assert sorted(leaves) == sorted(graph.nodes)
    assert pairs == {(a, b) for b, befores in ancestors(graph).items() for a in befores}


@given(dags())
def test_a_dag_has_no_cycle(graph: Graph) -> None:
    assert find_cycle(graph) == ()


@given(dags(), st.data())
def test_a_closed_path_is_found_and_is_a_cycle(graph: Graph, data: st.DataObject) -> None:
    found = [(a, b) for b, befores in ancestors(graph).items() for a in befores]
    if not found:
        return
    a, b = data.draw(st.sampled_from(found))
    cycle = find_cycle(Graph(graph.nodes, (*graph.edges, (b, a))))
    edges = {*graph.edges, (b, a)}
    assert cycle
    assert all((x, y) in edges for x, y in zip(cycle, (*cycle[1:], cycle[0]), strict=True))


def test_a_stage_that_follows_itself_is_a_cycle() -> None:
    assert find_cycle(from_arcs(["a"], [["a", "a"]])) == ("a",)


@pytest.mark.parametrize(
    ("arcs", "text"),
    [
        ([["a"]], "a"),
        ([["a", "b", "d"], ["a", "c", "d"], ["z"]], "(a -> (b | c) -> d) | z"),
        ([["build", "unit"], ["build", "lint"]], "build -> (unit | lint)"),
        ([["a", "c"], ["a", "d"], ["b", "d"], ["e"]], "a -> c, a -> d, b -> d, e"),
        ([["a", "b", "c"], ["a", "c"]], "a -> b -> c"),
    ],
)
def test_notation(arcs: list[list[str]], text: str) -> None:
    names = list(dict.fromkeys(name for arc in arcs for name in arc))
    assert notation(from_arcs(names, arcs)) == text


def test_two_thousand_stages_in_six_thousand_arcs() -> None:
    names = [f"s{i}" for i in range(2000)]
    graph = from_arcs(names, [[names[i], names[i + d]] for i in range(1996) for d in (1, 2, 3)])
    assert len(ancestors(graph)["s1998"]) == 1996
    assert isinstance(decompose(from_arcs(names, [names])), Series)
    assert isinstance(decompose(from_arcs(names, [[n] for n in names])), Parallel)
