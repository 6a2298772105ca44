"""Pictures that can be read: nothing overlaps, and each line can be followed."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.compiling import compile_text
from support.corpus import found
from support.pictures import overlaps, pipeline, reached

from transpiler.drawing.layers import TooManyLines, layered
from transpiler.drawing.layout import Layout
from transpiler.drawing.svg import drawn
from transpiler.graph import Graph, ancestors, from_arcs

FORK = from_arcs(("build", "unit", "lint"), [("build", "unit"), ("build", "lint")])


def layout_of(graph: Graph) -> Layout:
    layout = drawn(pipeline(graph)).layout
    assert layout is not None
    return layout


def order_of(pairs: frozenset[tuple[str, str]], nodes: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """All pairs that these imply."""
    return frozenset(
        (a, b) for b, before in ancestors(from_arcs(nodes, [*pairs, *((n,) for n in nodes)])).items() for a in before
    )


def random_graph(seed: int, size: int) -> Graph:
    chance = Random(seed)
    names = [f"stage-{i}" for i in range(size)]
    arcs = [
        (names[chance.randrange(max(0, b - 9), b)], names[b])
        for b in range(1, size)
        for _ in range(chance.randrange(4))
    ]
    return from_arcs(names, [*arcs, *((name,) for name in names)])


def test_a_fork_is_drawn_from_left_to_right() -> None:
    build, unit, lint = layout_of(FORK).boxes
    assert build.x < unit.x == lint.x
    assert unit.y < build.y < lint.y


@pytest.mark.parametrize("seed", range(12))
def test_sixty_stages_do_not_overlap(seed: int) -> None:
    assert overlaps(layout_of(random_graph(seed, 60))) == []


@given(st.integers(0, 10**6), st.integers(1, 25))
@settings(max_examples=60, deadline=None)
def test_the_lines_are_the_graph(seed: int, size: int) -> None:
    """What lines imply, no more and no less, is the order of the stages."""
    graph = random_graph(seed, size)
    layout = layout_of(graph)
    assert overlaps(layout) == []
    before = ancestors(graph)
    assert order_of(reached(layout), graph.nodes) == {(a, b) for b in graph.nodes for a in before[b]}


def test_lines_between_the_same_stages_meet_in_a_junction() -> None:
    graph = from_arcs("abcxyz", [(a, b) for a in "abc" for b in "xyz"])
    layout = layout_of(graph)
    assert len(layout.junctions) == 1
    assert len(layout.lines) == 6
    assert reached(layout) == {(a, b) for a in "abc" for b in "xyz"}


def test_a_line_that_others_imply_is_left_out() -> None:
    assert reached(layout_of(from_arcs("abc", ["ab", "bc", "ac"]))) == {("a", "b"), ("b", "c")}


def test_two_pairs_that_would_cross_do_not() -> None:
    layers = layered(from_arcs("abcd", ["ad", "bc"]))
    assert layers.columns[1] == (3, 2)


def test_chains_are_level() -> None:
    boxes = {box.name: box for box in layout_of(from_arcs("abcdef", ["abc", "def"])).boxes}
    assert boxes["a"].y == pytest.approx(boxes["c"].y, abs=1)
    assert boxes["d"].y == pytest.approx(boxes["f"].y, abs=1)


def test_long_and_wide_names_fit_their_boxes() -> None:
    names = ("漢字" * 40, "x" * 150, "unit py=3.11 os=debian-12 db=postgres mode=slow", "e\u0301" * 20)
    layout = layout_of(from_arcs(names, [names]))
    assert overlaps(layout) == []
    assert [len(box.label.name) for box in layout.boxes] == [3, 3, 2, 1]


def test_more_lines_than_anyone_can_follow_are_refused() -> None:
    names = [f"s{i}" for i in range(2_000)]
    arcs = [(names[0], name) for name in names] + [names[:1_000]] + [(name, names[-1]) for name in names[500:-1]]
    with pytest.raises(TooManyLines):
        layered(from_arcs(names, [arc for arc in arcs if len(set(arc)) == len(arc)]))


@pytest.mark.corpus
def test_nothing_overlaps_in_real_configs(corpus: object) -> None:
    for path in found("*/.pipeline/config.yaml"):
        for each in compile_text(path.read_text()).workflow.pipelines:
            layout = drawn(each).layout
            assert layout is not None
            assert overlaps(layout) == [], path
