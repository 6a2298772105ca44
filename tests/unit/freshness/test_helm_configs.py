"""A helm config of proposal B decides about bytes by existing: outputs notice it appearing, changing and vanishing."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.repositories import CONFIG

from transpiler.driver import Outcome, Request, compile_config
from transpiler.fast_path.check import Question, fresh_files, other_paths
from transpiler.fast_path.digests import ABSENT, HELMCONFIG, shipped_templates, templates_digest
from transpiler.freshness.header import Move, parse
from transpiler.freshness.verdicts import State, judge
from transpiler.resources import directory

HELM = ".pipeline/service/helm.yaml"
PROFILE = """
extends: default
project: team/service
registry: {public: registry.example.org, repository: team}
kubernetes: {repository: 'https://charts.example.org', clusters: {ci: {config: /etc/kube, namespace: ci}}}
"""


def compiled(root: Path) -> Outcome:
    outcome = compile_config(Request(root, CONFIG, str(root / ".pipeline/profile.yaml"), ("gitlab",)))
    assert not outcome.failed, outcome.diagnostics
    return outcome


def generated(root: Path) -> None:
    for path, text in compiled(root).files.items():
        (root / path).write_text(text)


def question(root: Path) -> Question:
    return Question(str(root), CONFIG, "", (), ("gitlab",), str(directory("profiles")))


def quickly_fresh(root: Path) -> bool:
    return bool(fresh_files(question(root), templates_digest(shipped_templates(directory("templates")))))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".pipeline/service").mkdir(parents=True)
    (tmp_path / CONFIG).write_text("pipelines: {service: {blubberfile: blubber.yaml}}\n")
    (tmp_path / ".pipeline/profile.yaml").write_text(PROFILE)
    (tmp_path / ".pipeline/blubber.yaml").write_text("version: v4\nvariants:\n  test: {}\n  production: {}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "chart: {name: service}\n", id="it appears"),
        pytest.param("chart: {name: service}\n", "chart: {name: other}\n", id="it changes"),
        pytest.param("chart: {name: service}\n", "", id="it vanishes"),
    ],
)
def test_outputs_are_stale_when_the_helm_config_moves(before: str, after: str, repository: Path) -> None:
    def put(content: str) -> None:
        (repository / HELM).unlink(missing_ok=True)
        if content:
            (repository / HELM).write_text(content)

    put(before)
    generated(repository)
    assert quickly_fresh(repository)
    assert verdict(repository) == (State.FRESH, ())
    put(after)
    assert not quickly_fresh(repository)
    assert verdict(repository) == (State.STALE, (Move(HELMCONFIG, HELM),))
    generated(repository)
    assert quickly_fresh(repository)


def verdict(root: Path) -> tuple[State, tuple[Move, ...]]:
    now = compiled(root)
    assert now.inputs
    (found,) = judge(root, CONFIG, now.files, now.inputs, (".gitlab-ci.yml",), frozenset({"gitlab"}))
    return found.state, found.moves


def test_the_header_says_that_a_helm_config_was_looked_for(repository: Path) -> None:
    generated(repository)
    header = parse((repository / ".gitlab-ci.yml").read_text())
    assert header
    assert header.inputs
    assert [(i.name, i.digest) for i in header.inputs.files if i.kind == HELMCONFIG] == [(HELM, ABSENT)]
    assert HELM in other_paths(question(repository))


def test_a_test_only_pipeline_has_no_helm_config_to_look_for(repository: Path) -> None:
    (repository / CONFIG).write_text(
        "pipelines: {service: {blubberfile: blubber.yaml, variants: {production: false}}}\n"
    )
    inputs = compiled(repository).inputs
    assert inputs
    assert HELMCONFIG not in {i.kind for i in inputs.files}
