"""What Jenkins makes of the question of a Jenkinsfile with approvals, and of what is fetched after it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.plans import pipeline, plan, stage
from unit.targets.test_approvals import ASKED, written

from transpiler.ir import Approval, Event

from .fixtures import JenkinsJudge
from .jenkins_runtime import Build, BuildRequest, run

pytestmark = pytest.mark.engine

AS_SOMEBODY = "git -C {} -c user.name=t -c user.email=t@localhost"
ANSWERS = {"b": "anna", "c": "anna"}


@pytest.fixture(autouse=True, scope="module")
def _groovy(jenkins_judge: JenkinsJudge) -> None:
    """Without Groovy there is nothing to test."""


def built(text: str, **request: object) -> Build:
    (done,) = run(BuildRequest(text, answers=ANSWERS, **request))  # type: ignore[arg-type]
    return done


def test_each_question_has_its_own_answer_though_they_ask_the_same() -> None:
    asked = Approval("Go?", (), None)
    made = plan(
        pipeline(
            "p",
            stage("a"),
            stage("b", approval=asked),
            stage("c", approval=asked),
            edges=(("a", "b"), ("a", "c")),
            events=(Event.MERGE,),
        )
    )
    done = built(written(made, "jenkins"))
    assert done.error is None
    assert len({event["id"] for event in done.all("input")}) == 2


def test_what_is_behind_an_approval_is_found_however_far_its_branch_has_moved_on(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    somebody = AS_SOMEBODY.format(origin)
    commit = f"{somebody} commit -q --allow-empty -m"
    subprocess.run(["git", "init", "-q", "-b", "main", str(origin)], check=True)
    subprocess.run([*commit.split(), "asked about"], check=True)
    moved = f"for number in $(seq 30); do {commit} later; done"
    shown = "git log -1 --format=%s"
    made = plan(
        pipeline(
            "p",
            stage("a", moved),
            stage("b", shown, approval=ASKED),
            edges=(("a", "b"),),
            events=(Event.MERGE,),
        )
    )
    done = built(written(made, "jenkins"), scm=(f"file://{origin}", "main"), home=tmp_path / "home")
    assert done.error is None
    assert "asked about\n" in [event["output"] for event in done.all("sh")]
