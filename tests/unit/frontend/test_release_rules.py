"""The house rules about deployments that stay."""

from __future__ import annotations

import pytest
from support.compiling import compile_text

from transpiler.frontend.policy import deployments
from transpiler.frontend.policy.provenance import images

RELEASE = "deploy: {image: web, tag: '1', release: web, chart: {name: web}}"
REHEARSAL = "deploy: {image: web, tag: '1', chart: {name: web}}"


def found(rule: str, stages: str, execution: str = "", events: str = "[merge]") -> list[str]:
    config = f"pipelines:\n  p:\n    dockerfile: Dockerfile\n    events: {events}\n"
    config += f"    execution: {execution}\n" if execution else ""
    compiled = compile_text(f"{config}    stages: [{stages}]\n")
    assert not {"wrong-type", "unknown-key"} & set(compiled.codes)
    return [message for message, _, _ in getattr(deployments, rule)(images(compiled.pipeline))]


@pytest.mark.parametrize(
    ("first", "fine"),
    [
        ("{name: a, build: test, run: true}", True),
        (f"{{name: a, {REHEARSAL}}}", True),
        ("{name: a, build: test}", False),
        ("{name: a, build: test, run: true, allowFailure: true}", False),
        (f"{{name: a, {REHEARSAL[:-1]}, test: false}}}}", False),
    ],
)
def test_a_release_is_tried_before(first: str, fine: bool) -> None:
    assert bool(found("untried", f"{first}, {{name: go, {RELEASE}}}")) is not fine


def test_what_runs_beside_tries_nothing() -> None:
    said = found("untried", f"{{name: a, build: test, run: true}}, {{name: go, {RELEASE}}}", "[[a], [go]]")
    assert said == [
        "`go` deploys a release, and nothing before it in the pipeline runs the image or rehearses the deployment."
    ]


@pytest.mark.parametrize(("events", "count"), [("[change, merge]", 1), ("[merge, tag]", 0)])
def test_a_change_deploys_no_release(events: str, count: int) -> None:
    assert len(found("on_change", f"{{name: go, {RELEASE}}}", events=events)) == count
    assert not found("on_change", f"{{name: go, {REHEARSAL}}}", events=events)


@pytest.mark.parametrize(
    ("rest", "late"),
    [
        ("{name: ask, approve: true}", True),
        ("{name: ask, approve: true}, {name: tell, build: test, run: true}", True),
        (f"{{name: ask, approve: true}}, {{name: more, {RELEASE}}}", False),
        (f"{{name: more, approve: true, {RELEASE}}}", False),
        ("{name: last, build: test, run: true}", False),
    ],
)
def test_a_person_is_asked_before_something_that_stays(rest: str, late: bool) -> None:
    assert bool(found("approved_too_late", f"{{name: go, {RELEASE}}}, {rest}")) is late


def test_an_approval_before_the_deployment_is_no_finding() -> None:
    assert not found("approved_too_late", f"{{name: ask, approve: true}}, {{name: go, {RELEASE}}}")
