"""Large configs: what an engine can hold passes its judge, what it cannot is refused with the limit and the way out."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from engines.fixtures import GitlabJudge, JenkinsJudge, ZuulJudge
from support.repositories import compiled, make
from support.zuul_sites import expected_jobs, repository_for, site

from transpiler.driver import Outcome

pytestmark = pytest.mark.engine


def config(pipelines: int, stages: int, execution: str = "") -> str:
    """`pipelines` pipelines of `stages` stages each, one after another if `execution` does not say otherwise."""
    lines = ["project: team/ores", "pipelines:"]
    for p in range(pipelines):
        lines += [f"  p{p}:", "    blubberfile: blubber.yaml", *([f"    execution: {execution}"] if execution else [])]
        lines += ["    stages:", *(f"      - {{name: s{i}, build: test, run: true}}" for i in range(stages))]
    return "\n".join(lines) + "\n"


def layers(stages: int, width: int) -> str:
    """Arcs by which each of `width` stages comes after each of the `width` before it."""
    return str(
        [
            [f"s{a}", f"s{b}"]
            for start in range(0, stages - width, width)
            for a in range(start, start + width)
            for b in range(start + width, start + 2 * width)
        ]
    )


def without_form(stages: int) -> str:
    """Arcs in no series-parallel form: each stage comes after two before it."""
    return str([["s0", "s1"], *([f"s{i - d}", f"s{i}"] for i in range(3, stages) for d in (2, 3))])


CONFIGS = {
    "40 pipelines of 3 stages": config(40, 3),
    "a pipeline of 300 stages": config(1, 300),
    "300 stages side by side": config(1, 300, str([[f"s{i}"] for i in range(300)])),
    "300 stages in no series-parallel form": config(1, 300, without_form(300)),
    "a stage after 60 others": config(1, 61, str([[f"s{i}", "s60"] for i in range(60)])),
    "layers of 10 stages": config(1, 60, layers(60, 10)),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    directory = tmp_path_factory.mktemp("scale")
    return {
        name: compiled(make(directory / str(number), text), "default")
        for number, (name, text) in enumerate(CONFIGS.items())
    }


def test_all_compile(outcomes: Mapping[str, Outcome]) -> None:
    assert {name: [d.message for d in o.diagnostics] for name, o in outcomes.items() if o.failed} == {}


def test_jenkins_holds_them(outcomes: Mapping[str, Outcome], jenkins_judge: JenkinsJudge) -> None:
    verdicts = jenkins_judge({name: outcome.files["Jenkinsfile"] for name, outcome in outcomes.items()})
    assert {name: verdict["errors"][:3] for name, verdict in verdicts.items() if verdict["errors"]} == {}


def test_gitlab_holds_them(outcomes: Mapping[str, Outcome], gitlab_judge: GitlabJudge) -> None:
    verdicts = gitlab_judge({name: outcome.files[".gitlab-ci.yml"] for name, outcome in outcomes.items()})
    assert {name: verdict.errors[:3] for name, verdict in verdicts.items() if verdict.errors} == {}


def test_zuul_holds_them(outcomes: Mapping[str, Outcome], zuul_judge: ZuulJudge) -> None:
    repositories = [repository_for(site("default"), "team/ores", outcome.files) for outcome in outcomes.values()]
    answers = dict(zip(outcomes, zuul_judge(*repositories), strict=True))
    assert {name: answer["errors"][:3] for name, answer in answers.items() if answer["errors"]} == {}


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("jenkins", config(1, 700)),
        ("gitlab", config(20, 150)),
    ],
)
def test_what_is_too_large_is_refused_with_the_way_out(target: str, text: str, tmp_path: Path) -> None:
    outcome = compiled(make(tmp_path, text), "default", targets=(target,))
    assert [d.code for d in outcome.diagnostics] == ["target-too-large"]
    assert outcome.diagnostics[0].hint
    assert not outcome.files


def random_arcs(chance: random.Random) -> str:
    names = [f"s{i}" for i in range(chance.randint(2, 9))]
    pairs = [[a, b] for i, a in enumerate(names) for b in names[i + 1 :] if chance.random() < 0.3]
    return str([*pairs, *([name] for name in names)])  # the others of nine are never reached


def test_zuuls_frozen_graph_has_the_edges_of_the_config(tmp_path: Path, zuul_judge: ZuulJudge) -> None:
    """At granularity `stage`, on 30 random graphs."""
    profile = (
        "extends: default\nregistry: {public: registry.example.org, credential: reg}\nzuul: {granularity: stage}\n"
        "credentials: {reg: {kind: username-password, zuul: reg}}\n"
    )
    outcomes = []
    for seed in range(30):
        arcs = random_arcs(random.Random(seed))
        publish = "s0, build: test, publish: {image: {tag: v1, tags: []}}"
        text = config(1, 9, arcs).replace("s0, build: test, run: true", publish)
        root = make(tmp_path / str(seed), text)
        (root / ".pipeline/profile.yaml").write_text(profile)
        outcomes.append(compiled(root, str(root / ".pipeline/profile.yaml"), targets=("zuul",)))
    own = site(str(tmp_path / "0/.pipeline/profile.yaml"))
    assert not any(outcome.failed for outcome in outcomes)
    answers = zuul_judge(*(repository_for(own, "team/ores", outcome.files) for outcome in outcomes))
    for outcome, answer in zip(outcomes, answers, strict=True):
        assert answer["errors"] == []
        assert outcome.workflow is not None
        found = {
            name: {(job, frozenset(body["dependencies"])) for job, body in graph["jobs"].items()}
            for name, graph in answer["pipelines"].items()
            if graph["jobs"]
        }
        assert found == expected_jobs(outcome.workflow, own, "team/ores")
