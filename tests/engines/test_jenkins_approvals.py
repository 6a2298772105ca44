"""What Jenkins makes of the question of a Jenkinsfile with approvals, and of what is fetched after it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from doubles.gerrit import Gerrit
from doubles.http_service import services
from support.plans import pipeline, plan, stage
from unit.targets.test_approvals import ASKED, written
from unit.targets.test_gitlab import SITE

from transpiler.changes import Changes
from transpiler.deciding import Deciding
from transpiler.ir import Approval, Event, Fetch
from transpiler.program import Plan

from .fixtures import JenkinsJudge
from .jenkins_runtime import Build, BuildRequest, Credential, run

pytestmark = pytest.mark.engine

AS_SOMEBODY = "git -C {} -c user.name=t -c user.email=t@localhost"
CHANGE = {"GERRIT_CHANGE_NUMBER": "7", "GERRIT_PATCHSET_NUMBER": "2", "BUILD_URL": "https://ci.example/1/"}
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


def forked(last: str) -> Plan:
    """A pipeline with two approvals side by side; the program `last` comes after the second."""
    publish = "printf 'app:1\\n' > \"$values/a.published\""
    return plan(
        pipeline(
            "p",
            stage("a", publish, publishes="a.published"),
            stage("b", approval=replace(ASKED, timeout=60)),
            stage("d", approval=ASKED),
            stage("c", last),
            edges=(("a", "b"), ("a", "d"), ("d", "c")),
            events=(Event.CHANGE,),
        )
    )


FINE, FAILING = forked("true"), forked("exit 1")


@pytest.mark.parametrize(
    ("made", "answers", "said", "result"),
    [
        (FINE, {"b": "anna", "d": "anna"}, ["SUCCESS"], "SUCCESS"),
        (FINE, {"b": "no", "d": "anna"}, ["NOT APPROVED"], "ABORTED"),
        (FINE, {"b": "late", "d": "anna"}, ["NOT APPROVED"], "ABORTED"),
        (FAILING, {"b": "anna", "d": "anna"}, ["FAILURE"], "FAILURE"),
        (FAILING, {"b": "no", "d": "no"}, ["NOT APPROVED"] * 2, "ABORTED"),
    ],
)
def test_gerrit_is_told_how_a_pipeline_with_approvals_has_ended(
    made: Plan, answers: dict[str, str], said: list[str], result: str
) -> None:
    done, told = reported(made, answers=answers)
    assert done.result == result
    assert [message.split("\n")[0] for message in told] == [f"p: {one}" for one in said]
    assert ["app:1" in message for message in told] == [one == "SUCCESS" for one in said]


def test_gerrit_is_told_nothing_of_an_abort_of_what_runs() -> None:
    done, told = reported(FINE, answers={"b": "anna", "d": "anna"}, interrupt="run")
    assert (done.result, told) == ("ABORTED", [])


def test_no_node_is_taken_for_a_report_where_no_change_is_known() -> None:
    done, told = reported(FINE, answers={"b": "no", "d": "no"}, env={"CHANGE_ID": "7"})
    assert told == []
    assert len(done.all("node")) == 1


@pytest.mark.parametrize(("decided", "asked", "said"), [("no", 0, "SUCCESS"), ("yes", 2, "NOT APPROVED")])
def test_nobody_is_asked_before_a_pipeline_that_need_not_run(decided: str, asked: int, said: str) -> None:
    how = Deciding(Changes(("src/",), (), ()), (f"runs={decided}",), Fetch(shallow=False))
    made = plan(replace(FINE.pipelines[0], deciding=how))
    done, told = reported(made, answers={"b": "no", "d": "no"})
    assert len(done.all("input")) == asked
    assert {message.split("\n")[0] for message in told} == {f"p: {said}"}


def reported(made: Plan, env: Mapping[str, str] = CHANGE, **request: object) -> tuple[Build, list[str]]:
    """A build of a change, and what a stand-in for Gerrit is told of it."""
    gerrit = Gerrit(("bot", "secret"))
    with services() as served:
        url = served.offer("run1/gerrit", gerrit)
        site = replace(SITE, report=replace(SITE.report, gerrit=url, gerrit_credential="gerrit"))
        login = {"gerrit": Credential("usernamePassword", ["bot", "secret"])}
        text = written(made, "jenkins", site)
        (done,) = run(BuildRequest(text, env=env, credentials=login, **request))  # type: ignore[arg-type]
    assert not done.all("caught")
    return done, [message for _, _, message in gerrit.said]


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
