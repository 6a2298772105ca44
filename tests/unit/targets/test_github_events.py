"""What workflows and jobs are called, and which events start them."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from engines import github_events as events
from engines import github_rules as rules
from engines.github_refusals import load
from support.github_plans import (
    DIAMOND,
    GITHUB,
    ODD_NAMES,
    PLANS,
    QUEUED,
    SITE,
    called,
    chain,
    emitted,
    jobs,
    odd,
    said,
    site,
)
from support.plans import pipeline, plan, stage

from transpiler.ir import Event
from transpiler.program import Feature, StageProgram, TargetTooLarge, Use
from transpiler.targets.github import needs

# ---- names ----


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_shown_and_no_more(name: str) -> None:
    workflow = said(odd(name))
    one = " ".join(name.split())
    assert workflow["name"].replace("$ {{", "${{") == one
    assert "${{" not in workflow["name"], "a workflow's own name may hold no expression, not even that of a literal"
    assert list(workflow["jobs"]) == ["jobs"]
    names = [each["name"].replace("${{ '${{' }}", "${{") for each in workflow["jobs"]["jobs"]["steps"]]
    assert names == ["checkout", "begin", one, f"{one} 2", "a stage", "teardown"]


def test_ids_of_jobs_are_theirs_alone() -> None:
    made = pipeline("setup", stage("setup"), stage("0"), stage("job-0"), stage("s" * 60), stage("teardown"), stage("_"))
    ids = list(jobs(plan(made)))
    assert len(ids) == 6
    assert {"setup", "teardown"}.isdisjoint(ids)
    assert all(re.fullmatch("[a-z][a-z0-9_-]{0,59}", one) for one in ids)


def beside(*stages: StageProgram) -> str:
    """The name of the job of a chain with another stage beside it."""
    edges = tuple((a.name, b.name) for a, b in pairwise(stages))
    made = pipeline("test", *stages, stage("other"), edges=edges)
    names: list[str] = [job["name"] for job in jobs(plan(made)).values()]
    return next(name for name in names if name != "other")


def test_the_name_of_a_long_chain_stays_short() -> None:
    name = beside(*(stage(f"s{i}") for i in range(300)))
    assert name.startswith("s0, s1, s2")
    assert re.search(r", s\d+ and \d+ more$", name)
    assert len(name) <= 100
    assert beside(called("a", "x" * 200), stage("b")) == f"{'x' * 200} and 1 more"


def test_a_job_of_a_whole_pipeline_is_called_like_it() -> None:
    """A check is called like its job, and a new stage must not give it another name."""
    assert [job["name"] for job in jobs(plan(chain(stage("a"), stage("b")))).values()] == ["test"]


def test_what_is_too_large_for_github_is_said() -> None:
    made = chain(*(stage(f"s{i}", "x" * 4000) for i in range(150)))
    with pytest.raises(TargetTooLarge, match="GitHub reads at most 512 kB"):
        GITHUB.emit(plan(made), SITE, frozenset())


def test_losses_are_told_where_they_are() -> None:
    use = Use(Feature.ARCHIVE, "test", "a")
    made = plan(chain(stage("a")), replace(chain(stage("a")), name="other", slug="other"), uses=(use,))
    intros = ["\n".join(file.intro) for file in GITHUB.emit(made, SITE, frozenset({use}))]
    assert ["left out: archive (a)" in intro for intro in intros] == [True, False]


# ---- when ----


def test_pipelines_run_on_their_events() -> None:
    made = plan(*(pipeline(event.value, stage("s"), events=(event,)) for event in Event))
    workflows = {path: load(text) for path, text in emitted(made, QUEUED).items()}
    happened = {
        "change": events.change(),
        "a fork's": events.change(fork=True),
        "queue": events.queued(),
        "merge": events.push(),
        "elsewhere": events.push("feature"),
        "tag": events.tag("v1"),
        "odd tag": events.tag("a/'\"$(id)"),
    }
    runs = {
        what: [workflow["name"] for workflow in workflows.values() if rules.runs(workflow, event)]
        for what, event in happened.items()
    }
    assert runs == {
        "change": ["change"],
        "a fork's": ["change"],
        "queue": ["change"],
        "merge": ["merge"],
        "elsewhere": [],
        "tag": ["tag"],
        "odd tag": ["tag"],
    }


def test_a_branch_of_the_profile_is_no_pattern() -> None:
    profile = replace(SITE, branches=("c++", "wip!", "!odd"))
    workflow = said(plan(pipeline("p", stage("a"), events=(Event.MERGE,))), profile)
    ran = [name for name in ("c++", "c", "cc", "wip!", "!odd", "odd") if rules.runs(workflow, events.push(name))]
    assert ran == ["c++", "wip!", "!odd"]


def test_a_schedule_runs_what_leaves_nothing_behind() -> None:
    profile = site(schedule=["17 3 * * *"])
    assert said(plan(pipeline("p", stage("a"))), profile)["on"]["schedule"] == [{"cron": "17 3 * * *"}]
    for kind in ("publish", "promote", "deploy", "trigger"):
        assert "schedule" not in said(plan(pipeline("p", stage("a", kinds=(kind,)))), profile)["on"]


def test_a_schedule_runs_what_names_it_alone() -> None:
    nightly = pipeline("nightly", stage("a", kinds=("publish",)), events=(Event.SCHEDULE,))
    files = emitted(plan(pipeline("p", stage("a")), nightly), site(schedule=["17 3 * * *"]))
    workflows = [load(text) for text in files.values()]
    assert [w["name"] for w in workflows if rules.runs(w, events.scheduled("17 3 * * *"))] == ["nightly"]


def test_without_a_cron_line_no_clock_starts_anything() -> None:
    nightly = pipeline("nightly", stage("a"), events=(Event.SCHEDULE,))
    assert said(plan(nightly), SITE)["on"] == {"workflow_dispatch": None}
    silences = [needs.silence(Event.SCHEDULE, nightly, p) for p in (SITE, site(schedule=["17 3 * * *"]))]
    assert [silence is None for silence in silences] == [False, True]
    assert needs.silence(Event.MERGE, nightly, SITE) is None


def test_what_no_event_starts_is_started_by_hand() -> None:
    assert said(PLANS["no event"])["on"] == {"workflow_dispatch": None}


def together(workflow: dict[str, Any], first: events.Event, second: events.Event, other: Any = None) -> str:
    said = [each["concurrency"] for each in (workflow, other or workflow)]
    return rules.together(
        *(rules.concurrency(key, event, workflow) for key, event in zip(said, (first, second), strict=True))
    )


def test_a_new_run_of_a_change_ends_the_old_one() -> None:
    workflow = said(plan(DIAMOND))
    assert together(workflow, events.change(), events.change()) == "the first is cancelled"
    assert "github.run_id" in workflow["concurrency"]["group"]
    both = said(plan(pipeline("p", stage("a"), events=(Event.MERGE,))))
    assert "github.ref" not in both["concurrency"]["group"], "runs of other events each have a group of their own"


def test_lanes_hold_the_pipelines_of_one_event_alone() -> None:
    first, second, third = map(load, emitted(PLANS["more pipelines than may run"]).values())
    assert together(first, events.push(), events.push(), third) == "the second waits"
    assert together(first, events.push(), events.push(), second) == "both run"
    # The branch and the tag of one commit, pushed together.
    assert together(first, events.push(), events.tag("v1"), third) == "both run"


def test_lanes_that_were_given_up_keep_nothing_from_running() -> None:
    """A third run in a group would end the second, which nobody wanted."""
    use = Use(Feature.CONCURRENCY)
    made = plan(*(pipeline(name, stage("s")) for name in "abc"), concurrency=1, uses=(use,))
    groups = {load(text)["concurrency"]["group"] for text in emitted(made, SITE, frozenset({use})).values()}
    assert len(groups) == 3


def test_nothing_ends_a_run_that_changes_something_outside_or_where_the_profile_says_so() -> None:
    shipping = said(plan(pipeline("p", stage("a", kinds=("publish",)), events=(Event.CHANGE,))))
    staying = said(plan(DIAMOND), replace(SITE, supersede=False))
    for workflow in (shipping, staying):
        assert together(workflow, events.change(), events.change()) != "the first is cancelled"
