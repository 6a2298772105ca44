"""Nothing behind a refused approval ever starts, and everything else does: of the parts of a graph, and of what each
engine's output says when it is read back, whatever stages share a job."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import strategies as st
from support.drawing import holds
from support.plans import pipeline, plan, stage
from support.settings import with_settings
from unit.targets.test_gitlab import SITE

from transpiler.gates import parts, waiting
from transpiler.graph import Graph, ancestors, find_cycle, from_arcs
from transpiler.ir import Approval
from transpiler.profile import Profile
from transpiler.program import Plan, ReadPipeline
from transpiler.targets import TARGETS, validate
from transpiler.targets.grouping import Granularity

NAMES = tuple("abcdefgh")
CASES = 150
EDGES = st.frozensets(st.sampled_from(list(combinations(NAMES, 2))), max_size=14)
GATES = st.frozensets(st.sampled_from(NAMES), max_size=4)
GRAPHS = st.tuples(st.integers(1, len(NAMES)), EDGES, GATES).map(lambda drawn: _cut(*drawn))
WAYS = [
    ("jenkins", None),
    *(("gitlab", granularity) for granularity in Granularity),
    *(("github", granularity) for granularity in Granularity),
]


def _cut(count: int, edges: Collection[tuple[str, str]], gates: Collection[str]) -> tuple[Graph, frozenset[str]]:
    names = NAMES[:count]
    kept = [list(edge) for edge in sorted(edges) if set(edge) <= set(names)]
    return from_arcs(names, [*([name] for name in names), *kept]), frozenset(gates) & frozenset(names)


def behind(graph: Graph, refused: Collection[str]) -> set[str]:
    """The stages that have one of these before them, or are it."""
    return {name for name, before in ancestors(graph).items() if not (before | {name}).isdisjoint(refused)}


def started(names: Iterable[str], edges: Iterable[tuple[str, str]], gates: Collection[str], refused: str) -> set[str]:
    """The stages that run if a person approves all but one, and nothing fails."""
    waits = {name: {a for a, b in edges if b == name} for name in names}
    found: set[str] = set()
    while more := {n for n in waits if n not in found and waits[n] <= found and not (n == refused and n in gates)}:
        found |= more
    return found


def divided(graph: Graph, gates: Collection[str]) -> set[frozenset[str]]:
    return {frozenset(part.stages) for part in parts(graph, gates)}


def test_parts_hold_every_stage_once_and_begin_with_their_approval() -> None:
    def law(drawn: tuple[Graph, frozenset[str]]) -> None:
        graph, gates = drawn
        found = parts(graph, gates)
        assert sorted(name for part in found for name in part.stages) == sorted(graph.nodes)
        assert [part.gate for part in found if part.gate] == [n for p in found for n in p.stages if n in gates]
        before = ancestors(graph)
        for index, part in enumerate(found):
            assert all(other < index for other in part.before)
            assert not part.gate or all(part.gate in before[name] for name in part.stages if name != part.gate)

    holds(law, GRAPHS, cases=CASES)


def test_a_part_waits_for_all_that_it_comes_after_and_no_stage_gets_behind_another_approval() -> None:
    def law(drawn: tuple[Graph, frozenset[str]]) -> None:
        graph, gates = drawn
        longer = waiting(graph, gates)
        assert not find_cycle(longer)
        assert set(graph.edges) <= set(longer.edges)
        assert waiting(longer, gates) == longer
        assert divided(longer, gates) == divided(graph, gates)
        before = ancestors(longer)
        found = parts(longer, gates)
        for part in found:
            for other in part.before:
                assert all(set(found[other].stages) <= before[name] for name in part.stages)
        for gate in gates:
            assert behind(longer, {gate}) == behind(graph, {gate})

    holds(law, GRAPHS, cases=CASES)


def compiled(graph: Graph, gates: Collection[str]) -> Plan:
    asked = Approval("", (), None)
    stages = (stage(name, "true", approval=asked if name in gates else None) for name in graph.nodes)
    return plan(pipeline("p", *stages, edges=waiting(graph, gates).edges))


def read_back(made: Plan, target: str, granularity: Granularity | None) -> ReadPipeline:
    profile: Profile = with_settings(SITE, target, granularity=granularity) if granularity else SITE
    files = TARGETS[target].emit(made, profile, frozenset())
    validate.validate(TARGETS[target], made, files, frozenset())
    (read,) = TARGETS[target].read({file.path: file.body for file in files})
    return read


@pytest.mark.parametrize(("target", "granularity"), WAYS, ids=lambda way: str(way or "parts"))
def test_what_follows_a_refused_approval_never_starts(target: str, granularity: Granularity | None) -> None:
    def law(drawn: tuple[Graph, frozenset[str]]) -> None:
        graph, gates = drawn
        read = read_back(compiled(graph, gates), target, granularity)
        assert gates in (read.gates, read.maybe_gates)
        for refused in gates:
            ran = started(read.stages, read.edges, read.gates | read.maybe_gates, refused)
            assert ran == set(graph.nodes) - behind(graph, {refused})

    holds(law, GRAPHS, cases=CASES // 3)


@pytest.mark.parametrize(
    ("target", "old", "new"),
    [
        ("gitlab", "when: manual", "when: on_success"),
        ("gitlab", "allow_failure: false", "allow_failure: true"),
        ("gitlab", "job: p-b,", "job: p-a,"),
        ("github", "    environment: approval\n", ""),
        ("github", "needs: [b]", "needs: [a]"),
        ("jenkins", "    approval('p_part_b', 'b', 'Start b?', '', 0)\n", ""),
        ("jenkins", "    p_part_a()\n    p_part_b()\n", "    p_part_b()\n    p_part_a()\n"),
        ("jenkins", "    p_part_a()\n    p_part_b()\n", "    parallel(a: { p_part_a() }, b: { p_part_b() })\n"),
    ],
)
def test_an_output_that_starts_something_without_its_approval_is_found(target: str, old: str, new: str) -> None:
    made = compiled(Graph(("a", "b", "c"), (("a", "b"), ("b", "c"))), {"b"})
    profile = SITE if target == "jenkins" else with_settings(SITE, target, granularity=Granularity.STAGE)
    (file,) = TARGETS[target].emit(made, profile, frozenset())
    assert old in file.body
    broken = replace(file, body=file.body.replace(old, new))
    with pytest.raises((validate.Mistranslation, ValueError)):
        validate.validate(TARGETS[target], made, (broken,), frozenset())
