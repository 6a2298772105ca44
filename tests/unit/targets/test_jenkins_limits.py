"""What a Jenkinsfile of the largest size that is promised looks like to Jenkins, and what is refused as too large."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from engines.fixtures import JenkinsJudge
from support.plans import pipeline, plan, stage

from transpiler.frontend.profiles.load import decode
from transpiler.ir import Event
from transpiler.program import Plan, StageProgram, TargetTooLarge
from transpiler.targets import TARGETS
from transpiler.targets.validate import validate

JENKINS = TARGETS["jenkins"]

ALL = tuple(Event)


def text(made: Plan) -> str:
    """The one Jenkinsfile, after it was read back."""
    files = JENKINS.emit(made, decode({}), frozenset())
    validate(JENKINS, made, files, frozenset())
    return files[0].body


def chain(count: int, prefix: str = "s") -> tuple[tuple[StageProgram, ...], tuple[tuple[str, str], ...]]:
    """Stages one after another, with about fifteen lines each."""
    names = [f"{prefix}{i}" for i in range(count)]
    lines = [f"echo 'line {i}' \"$HOME\"" for i in range(15)]
    return tuple(stage(name, *lines) for name in names), tuple(pairwise(names))


def n_graph(count: int) -> Plan:
    """Many stages whose graph is not series-parallel."""
    names = [f"s{i}" for i in range(count)]
    edges = tuple((names[i], names[j]) for i in range(count) for j in (i + 3, i + 5) if j < count)
    return plan(pipeline("n", *(stage(name, "echo") for name in names), edges=edges))


def big() -> dict[str, Plan]:
    """Workflows at the sizes that the target promises to hold."""
    stages, edges = chain(300)
    events = (ALL, (Event.TAG,), (Event.CHANGE, Event.MERGE))
    many = [pipeline(f"p{i}", *chain(3)[0], edges=chain(3)[1], events=events[i % 3]) for i in range(40)]
    nested = [(f"s{i}", f"s{j}") for i in range(0, 280, 7) for j in range(i + 1, i + 7)]
    return {
        "a chain of 300 stages": plan(pipeline("long", *stages, edges=edges)),
        "300 stages side by side": plan(pipeline("wide", *stages)),
        "40 forks of seven stages": plan(pipeline("forks", *stages[:280], edges=tuple(nested))),
        "300 stages in a graph that is not series-parallel": n_graph(300),
        "a stage after 290 others, not series-parallel": plan(
            pipeline("fan", *stages[:294], edges=(*((f"s{i}", "s290") for i in range(290)), ("s291", "s292"),
                     ("s291", "s293"), ("s0", "s293")))
        ),
        "40 pipelines of three stages": plan(*many),
        "100 pipelines, three at a time": plan(*(replace(many[i % 40], name=f"q{i}", slug=f"q{i}") for i in range(100)),
                                               concurrency=3),
    }  # fmt: skip


@pytest.mark.engine
def test_jenkins_compiles_large_workflows(jenkins_judge: JenkinsJudge) -> None:
    files = {name: text(made) for name, made in big().items()}
    verdicts = jenkins_judge(files)
    assert {name: verdict["errors"] for name, verdict in verdicts.items() if verdict["errors"]} == {}


@pytest.mark.parametrize("name", big())
def test_large_workflows_are_read_back_as_they_were(name: str) -> None:
    text(big()[name])


@pytest.mark.parametrize(
    ("made", "limit"),
    [
        (plan(pipeline("p", *chain(700)[0])), "724 methods"),
        (plan(pipeline("p", stage("a", f"echo {'é' * 30_000}"))), "60,"),
        (plan(pipeline("p", stage("a\uffff"))), "U+FFFF"),
        (plan(pipeline("p", *chain(610)[0], stage("z"), edges=(*((f"s{i}", "z") for i in range(605)), ("s606", "s607"),
                       ("s606", "s608"), ("s0", "s608")))), "605 others"),
    ],
    ids=["too many stages", "a long program", "a character that ends every script", "a stage after too many"],
)  # fmt: skip
def test_what_is_too_large_is_refused_with_the_limit(made: Plan, limit: str) -> None:
    with pytest.raises(TargetTooLarge) as refusal:
        JENKINS.emit(made, decode({}), frozenset())
    assert limit in refusal.value.limit
    assert refusal.value.hint
