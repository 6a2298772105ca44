"""Thirty graphs at random on every engine, and on Zuul every graph as jobs.

Order is read from the marks of containers, or of the processes that stand for them in cases of graphs. That no
engine adds an order is shown by meetings where one node runs a pipeline; where the engine schedules jobs, by its own
reading of the graph of jobs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from transpiler.graph import Graph, decompose
from transpiler.program import Plan

from . import case as case_module
from . import dags, github, gitlab, graphs, jenkins, local, trace, zuul
from .case import Case, compiled, load
from .case import names as case_names
from .dags import Dag
from .site import Site
from .trace import Trace
from .world import World

SEEDS = range(130, 160)
RANDOM = {f"seed{seed}": dags.random_dag(seed) for seed in SEEDS}
GRAPH_CASES = tuple(name for name in case_names() if name.startswith("graph-"))
# gitlab-ci-local runs in waves, and of GitHub's jobs one runs at a time: there is nothing to meet.
RUNNERS: Mapping[str, tuple[Callable[[Case, Site], Trace], bool]] = {
    "jenkins": (jenkins.run, True),
    "gitlab": (gitlab.run, False),
    "zuul": (zuul.run, True),
    "github": (github.run, False),
    "local": (local.run, True),
}


def batches() -> list[dict[str, Dag]]:
    """The random graphs, some at a time."""
    names = list(RANDOM)
    return [
        {name: RANDOM[name] for name in names[i : i + graphs.TOGETHER]} for i in range(0, len(names), graphs.TOGETHER)
    ]


def test_the_random_graphs_are_of_all_kinds() -> None:
    sizes = {len(dag.nodes) for dag in RANDOM.values()}
    twisted = [dag for dag in RANDOM.values() if decompose(Graph(dag.nodes, dag.edges)) is None]
    assert (min(sizes), max(sizes)) == (3, 12)
    assert len(RANDOM) == 30
    assert len(twisted) >= 8, "graphs that are not series-parallel are where engines err"


@pytest.mark.parametrize("name", RANDOM)
def test_every_pair_without_an_order_meets_in_a_round_that_can_be_run(name: str) -> None:
    dag = RANDOM[name]
    dealt = dags.rounds(dag)
    assert set().union(*dealt) == set(dag.unordered())
    assert sum(map(len, dealt)) == len(dag.unordered())
    for pairs in dealt:
        assert_no_deadlock(dag, pairs)


def assert_no_deadlock(dag: Dag, pairs: frozenset[dags.Pair]) -> None:
    """Plays the round: a stage starts when those before it have ended, and ends when those that it meets started."""
    before, meets = dag.ancestors(), dags.waits(pairs)
    started: set[str] = set()
    ended: set[str] = set()
    while len(ended) < len(dag.nodes):
        started |= {n for n in dag.nodes if before[n] <= ended}
        now = {n for n in started if started.issuperset(meets.get(n, ()))}
        assert now - ended, f"{dag} does not end with {pairs}"
        ended |= now


@pytest.mark.parametrize("name", GRAPH_CASES)
def test_in_the_cases_every_pair_without_an_order_meets(name: str) -> None:
    met: dict[tuple[str, frozenset[tuple[str, str]]], set[frozenset[str]]] = {}
    wanted: dict[tuple[str, frozenset[tuple[str, str]]], set[frozenset[str]]] = {}
    for pipeline in yaml.safe_load(load(name).config)["pipelines"].values():
        plain = {stage["name"]: stage["name"].partition("-")[2] for stage in pipeline["stages"]}
        edges = frozenset((plain[a], plain[b]) for arc in pipeline["execution"] for a, b in itertools.pairwise(arc))
        dag = Dag(tuple(plain.values()), tuple(edges))
        key = (",".join(sorted(dag.nodes)), edges)
        wanted[key] = {frozenset(pair) for pair in dag.unordered()}
        waits = {(s["name"], a.removeprefix("@meet=")) for s in pipeline["stages"] for a in s["run"]["arguments"]}
        met.setdefault(key, set()).update(frozenset((plain[a], plain[b])) for a, b in waits if (b, a) in waits)
    assert met == wanted


@pytest.mark.engine
@pytest.mark.parametrize("engine", case_module.ENGINES)
@pytest.mark.parametrize("batch", batches(), ids=lambda batch: "-".join((min(batch), max(batch))))
def test_random_graphs_run_in_their_order_and_no_other(batch: dict[str, Dag], engine: str, world: World) -> None:
    run, meetings = RUNNERS[engine]
    case = graphs.case("graph-random", batch, meetings=meetings)
    with world.site(containers=case.has_containers) as site:
        done = run(case, site)
        plan = compiled(case, site.directory / "again", site.profile, "local").plan
    differences = trace.compare(case, plan, done)
    assert not differences, "\n".join((*differences, done.log[-4000:]))


@pytest.mark.engine
def test_a_job_for_each_stage_depends_on_those_before_it_and_no_other(zuul_judge: object, tmp_path: Path) -> None:
    every = graphs.case("all", RANDOM, meetings=False)
    for case in (every, *map(load, GRAPH_CASES)):
        site = {
            "extends": "default",
            "project": "team/app",
            "builder": {"kind": "dockerfile"},
            "zuul": {"granularity": "stage"},
            "registry": {"public": "registry.example.org", "credential": "registry"},
            "credentials": {"registry": {"kind": "username-password", "zuul": "site-registry"}},
        }
        made = compiled(replace(case, profile=site), tmp_path / case.name, {}, "zuul")
        found = {name: job["dependencies"] for name, job in zuul.job_graph(made, "post").items()}
        assert found == _wanted(made.plan)


def _wanted(plan: Plan) -> dict[str, list[str]]:
    return {
        f"team-app-{pipeline.slug}-{node}": sorted(
            f"team-app-{pipeline.slug}-{before}" for before in pipeline.graph.before(node)
        )
        for pipeline in plan.pipelines
        for node in pipeline.graph.nodes
    }


@pytest.mark.engine
@pytest.mark.parametrize("name", ["graph-twelve-stages", "tail", "values-each", "values-exports", "values-output"])
def test_a_case_on_zuul_with_a_job_for_each_stage(name: str, world: World) -> None:
    case = load(name)
    with world.site(containers=case.has_containers) as site:
        done = zuul.run(case, site, "stage")
        plan = compiled(case, site.directory / "again", site.profile, "local").plan
    differences = trace.compare(case, plan, done)
    assert not differences, "\n".join((*differences, done.log[-4000:]))


@pytest.mark.engine
@pytest.mark.skipif("github" not in case_module.ENGINES, reason="there is no target for GitHub")
@pytest.mark.parametrize("granularity", ["stage", "pipeline"])
@pytest.mark.parametrize("name", ["graph-twelve-stages", "tail"])
def test_a_case_on_github_with_other_jobs(name: str, granularity: str, world: World) -> None:
    """In one job those that have no order meet."""
    case = load(name)
    with world.site(containers=case.has_containers) as site:
        done = github.run(case, site, granularity)
        plan = compiled(case, site.directory / "again", site.profile, "local").plan
    differences = trace.compare(case, plan, done)
    assert not differences, "\n".join((*differences, done.log[-4000:]))
