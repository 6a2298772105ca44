"""Which stages share a job, and in which rows they run: whatever the graph, the order is that of the config."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import strategies as st
from support.drawing import holds
from support.plans import pipeline, stage

from transpiler.graph import Graph, ancestors
from transpiler.program import Feature, PipelineProgram, Use
from transpiler.targets.grouping import Granularity, groups, rows, within

CASES = 300
NAMES = "abcdefgh"


def _graph(count: int, chosen: frozenset[tuple[int, int]], order: list[int]) -> PipelineProgram:
    names = [NAMES[i] for i in order if i < count]
    edges = tuple((names[a], names[b]) for a, b in sorted(chosen) if a < b < count)
    return pipeline("p", *map(stage, sorted(names)), edges=edges)


PAIRS = st.tuples(st.integers(0, len(NAMES) - 1), st.integers(0, len(NAMES) - 1))
# Few edges leave chains, many leave none; both are wanted.
GRAPHS = st.builds(
    _graph,
    st.integers(0, len(NAMES)),
    st.frozensets(PAIRS, max_size=12),
    st.permutations(range(len(NAMES))).map(list),
)
CHOICES = st.sampled_from(Granularity)


def before(found: Iterable[Iterable[Iterable[str]]], made: PipelineProgram) -> dict[str, set[str]]:
    """What has ended when a stage begins: jobs are lists of rows, which follow each other; the graph orders the stages
    of a row, and jobs."""
    placed = [[list(row) for row in job] for job in found]
    edges = set(made.graph.edges)
    home = {name: i for i, job in enumerate(placed) for row in job for name in row}
    for job in placed:
        for earlier, later in itertools.pairwise(job):
            edges |= set(itertools.product(earlier, later))
    for a, b in made.graph.edges:
        if home[a] != home[b]:
            # A job waits for whole jobs.
            edges |= {(x, y) for row in placed[home[a]] for x in row for r in placed[home[b]] for y in r}
    return {name: set(found) for name, found in ancestors(Graph(made.graph.nodes, tuple(sorted(edges)))).items()}


def test_each_stage_is_in_one_job_and_one_row_and_the_order_is_the_graphs() -> None:
    def law(made: PipelineProgram, granularity: Granularity) -> None:
        found, why = groups(made, granularity, ())
        parts = [rows(within(made.graph, names)) for names in found]
        assert not why
        assert sorted(name for names in found for name in names) == sorted(made.graph.nodes)
        assert [sorted(name for row in part for name in row) for part in parts] == [sorted(names) for names in found]
        assert before(parts, made) == {name: set(above) for name, above in ancestors(made.graph).items()}

    holds(law, GRAPHS, CHOICES, cases=CASES)


def test_chains_are_maximal() -> None:
    def law(made: PipelineProgram) -> None:
        found, _ = groups(made, Granularity.CHAIN, ())
        first, last = {names[0]: names for names in found}, {names[-1]: names for names in found}
        for a, b in made.graph.edges:
            only = sum(x == a for x, _ in made.graph.edges) == sum(y == b for _, y in made.graph.edges) == 1
            joined = any((a, b) in itertools.pairwise(names) for names in found)
            assert only == joined, (a, b, found)
            assert joined or (a in last) + (b in first)

    holds(law, GRAPHS, cases=CASES)


def test_all_stages_are_together_where_two_share_what_only_a_daemon_has() -> None:
    def law(made: PipelineProgram, granularity: Granularity, data: st.DataObject) -> None:
        if not made.graph.edges:
            return
        a, b = data.draw(st.sampled_from(made.graph.edges))
        found, why = groups(made, granularity, (Use(Feature.OTHER_CONTAINER, "p", b, a),))
        assert any({a, b} <= set(names) for names in found)
        assert bool(why) == (len(groups(made, granularity, ())[0]) > len(found))

    holds(law, GRAPHS, CHOICES, st.data(), cases=CASES)


def test_another_pipelines_need_is_its_own() -> None:
    made = pipeline("p", stage("a"), stage("b"))
    assert groups(made, Granularity.STAGE, (Use(Feature.OTHER_CONTAINER, "q", "b", "a"),)) == ((("a",), ("b",)), "")


@pytest.mark.parametrize("granularity", Granularity)
def test_few_stages_are_grouped_alike(granularity: Granularity) -> None:
    assert groups(pipeline("p"), granularity, ()) == ((), "")
    assert groups(pipeline("p", stage("a")), granularity, ()) == ((("a",),), "")
