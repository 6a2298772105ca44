"""What `graph --cost` says of a plan."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.plans import pipeline, plan, stage
from support.settings import with_settings

from transpiler import bill
from transpiler.diagnostics import Diagnostics
from transpiler.frontend.profiles import load
from transpiler.graph import Graph
from transpiler.ir import Approval, CredentialKind, Event
from transpiler.local import times
from transpiler.local.outcome import End, Outcome, StageOutcome
from transpiler.profile import Profile
from transpiler.program import CredentialUse, PipelineProgram, Plan
from transpiler.targets import TARGETS
from transpiler.targets.grouping import Granularity


def site() -> Profile:
    profile = load.load("default", None, Diagnostics())
    assert profile
    return profile


SITE = site()
BUILD = replace(stage("build", kinds=("build",)), gives_image=True)
USERS = tuple(stage(name, images=("build",)) for name in ("unit", "lint"))
FORK = pipeline("test", BUILD, *USERS, edges=(("build", "unit"), ("build", "lint")))
SHIP = pipeline("ship", stage("image", kinds=("publish",)), events=(Event.MERGE, Event.TAG))


def counts(made: Plan, profile: Profile = SITE, *names: str) -> dict[tuple[str, str], tuple[int, int]]:
    targets = [TARGETS[name] for name in names or TARGETS]
    return {(b.event, b.target): (b.jobs, b.images) for b in bill.bills(made, profile, targets)}


def test_jobs_and_images_for_each_event_and_target() -> None:
    found = counts(plan(FORK, SHIP))
    assert found["change", "jenkins"] == (1, 0)
    assert found["change", "gitlab"] == (4, 1), "a job for each stage, and one that removes the image"
    assert found["change", "zuul"] == (2, 0), "in `check` and in `gate`"
    assert found["change", "github"] == (3, 1)
    assert found["merge", "jenkins"] == (2, 0)
    assert found["merge", "gitlab"] == (5, 1)
    assert found["tag", "github"] == (1, 0)
    assert {event for event, _ in found} == {"change", "merge", "tag"}


def test_a_login_that_a_stage_can_do_without_keeps_no_job_from_running_before_review() -> None:
    login = CredentialUse("hub", CredentialKind.USERNAME_PASSWORD, ("user", "password"), optional=True)
    assert counts(plan(pipeline("test", replace(BUILD, credentials=(login,)))))["change", "zuul"] == (2, 0)
    needed = pipeline("test", replace(BUILD, credentials=(replace(login, optional=False),)))
    assert counts(plan(needed))["change", "zuul"] == (0, 0)


def test_the_bill_shows_what_another_granularity_saves() -> None:
    whole = with_settings(SITE, "gitlab", granularity=Granularity.PIPELINE)
    assert counts(plan(FORK), SITE, "gitlab")["change", "gitlab"] == (4, 1)
    assert counts(plan(FORK), whole, "gitlab")["change", "gitlab"] == (1, 0)


def test_a_target_that_never_runs_the_pipeline_has_no_bill() -> None:
    nightly = pipeline("nightly", stage("a"), events=(Event.SCHEDULE,))
    assert counts(plan(nightly)).keys() == {("schedule", "gitlab"), ("schedule", "zuul")}


LONG: tuple[PipelineProgram, ...] = (
    replace(
        pipeline("p", *(stage(name) for name in "abcde")),
        graph=Graph(tuple("abcde"), (("a", "b"), ("b", "c"), ("a", "d"))),
    ),
    pipeline("q", stage("x"), stage("y"), edges=(("x", "y"),)),
)


def test_the_longest_path_is_that_of_most_stages_or_of_most_time() -> None:
    targets = [TARGETS["gitlab"]]
    (first, *_) = bill.bills(plan(*LONG), SITE, targets)
    assert first.path == bill.Path("p", ("a", "b", "c"))
    taken = {("p", "a"): 60.0, ("p", "b"): 1, ("p", "c"): 1, ("p", "d"): 90, ("q", "x"): 10}
    (first, *_) = bill.bills(plan(*LONG), SITE, targets, taken)
    assert first.path == bill.Path("p", ("a", "d"), 150)
    assert (first.seconds, first.unknown) == (162, ("p/e", "q/y"))
    told = bill.text([first], {"gitlab": "GitLab"})
    assert told.splitlines()[1].split() == ["change", "GitLab", "7", "0", "2.7", "2.5", "2:", "a", "->", "d", "(p)"]
    assert told.endswith("without a time, and so counted as none: p/e, q/y\n")


def test_the_bill_as_data() -> None:
    found = tuple(bill.bills(plan(FORK), SITE, [TARGETS["jenkins"]], {("test", "build"): 6.0}))
    assert bill.data(found)["cost"]["change"] == {
        "jenkins": {
            "pipelines": ["test"],
            "jobs": 1,
            "images": 0,
            "path": {"pipeline": "test", "stages": ["build", "unit"], "seconds": 6.0},
            "seconds": 6.0,
            "unknown": ["test/unit", "test/lint"],
        }
    }


def test_times_are_read_as_they_were_written(tmp_path: Path) -> None:
    ends = (("p", "a/ä", End.SUCCEEDED, 1.25), ("p", "b", End.FAILED, 2.0), ("q", "c", End.NOT_STARTED, 0.0))
    outcome = Outcome(tuple(StageOutcome(p, s, end, seconds) for p, s, end, seconds in ends), 3.0)
    (tmp_path / "times").write_text(times.written(outcome))
    assert times.read(tmp_path / "times") == {("p", "a/ä"): 1.25, ("p", "b"): 2.0}
    assert json.loads(times.written(outcome))["times"]["p"]["b"] == {"seconds": 2.0, "end": "failed"}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"times": [1]}', '{"times": {"p": {"s": {"seconds": "x"}}}}', "\xff"]
)
def test_another_file_is_no_times(tmp_path: Path, text: str) -> None:
    (tmp_path / "times").write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match="transpipe run --times"):
        times.read(tmp_path / "times")


def test_jenkins_takes_a_node_for_each_part_between_approvals() -> None:
    stages = (stage("a"), stage("b", approval=Approval("", (), None)), stage("c"), stage("d"))
    made = plan(pipeline("p", *stages, edges=(("a", "b"), ("b", "c"), ("a", "d"))))
    assert TARGETS["jenkins"].bill.count(made, SITE, frozenset(), Event.MERGE).jobs == 2
