"""What follows the failure of a pipeline that a stage starts: who is mailed, what the report says, what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.plans import plan, stage

from transpiler.program import Feature, Parameter, StageProgram, TriggerCall, Use, ValueFile
from unit.targets.test_gitlab import CALL, DOCS, MAIL, REPORTING, chain, emitted, said

TELLING = replace(DOCS, mail_command=("sendmail",), settings=REPORTING.settings)
OWN = ValueFile("a", "output", "a.output")
BEFORE = ValueFile("before", "output", "before.output")


def mailing(**changes: Any) -> StageProgram:
    return stage("a", mail=replace(MAIL, reads=(OWN, BEFORE)), binds=(OWN,), trigger=CALL, **changes)


def test_a_mail_of_its_own_tells_that_what_the_stage_started_has_failed() -> None:
    jobs = said(plan(chain(stage("before", binds=(BEFORE,)), mailing())), TELLING)
    assert jobs["test-a mail"]["needs"] == ["test-a"]
    assert jobs["test-a trigger mail"]["needs"] == ["test-a", {"job": "test-a trigger", "artifacts": False}]
    assert jobs["test-a trigger mail"]["when"] == "on_failure"
    # Then the stage itself has succeeded, and its values must be there all the same.
    assert "a.output" in jobs["test-a"]["after_script"][0]
    assert "CI_JOB_STATUS" not in jobs["test-a"]["after_script"][0]


def test_a_stage_that_only_triggers_mails_what_those_before_it_bound() -> None:
    jobs = said(plan(chain(stage("before", binds=(BEFORE,)), replace(mailing(), lines=(), binds=()))), TELLING)
    assert jobs["test-a mail"]["needs"] == ["test-before", {"job": "test-a", "artifacts": False}]
    assert "give_values before.output" in jobs["test-before"]["script"]


def test_a_failure_that_is_not_ours_is_not_mailed() -> None:
    jobs = said(plan(chain(replace(mailing(), trigger=replace(CALL, propagate=False)))), TELLING)
    assert "test-a trigger mail" not in jobs


@pytest.mark.parametrize(
    ("program", "call", "marker"),
    [
        pytest.param(("set -eu",), CALL, "test-a trigger done", id="behind what the stage starts"),
        pytest.param((), CALL, "test-a done", id="behind a stage that only triggers"),
        pytest.param(("set -eu",), replace(CALL, propagate=False), "test-a", id="by the stage, if that is all"),
    ],
)
def test_the_report_waits_for_the_mark_of_success(program: tuple[str, ...], call: TriggerCall, marker: str) -> None:
    jobs = said(plan(chain(replace(stage("a", trigger=call), lines=program))), TELLING)
    assert jobs["test report"]["dependencies"] == [marker]
    assert [name for name, job in jobs.items() if "a.done" in str(job)] == [marker]


def test_what_cannot_be_given_is_named_where_the_other_pipeline_starts() -> None:
    parameters = (Parameter("KNOWN", "x", ""), Parameter("VERSION", None, "a.parameter.VERSION"))
    call = replace(CALL, parameters=parameters)
    lost = frozenset({Use(Feature.TRIGGER_VALUES, "test", "a", "docs")})
    text = emitted(plan(chain(stage("a", trigger=call))), DOCS, lost)
    assert "# Without VERSION: a value of the run cannot be a variable here.\ntest-a trigger:" in text
