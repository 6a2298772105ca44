"""What each engine tells the program that decides whether a pipeline runs, and that nothing runs where it says no."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engines import github_events as events
from engines import github_expressions as expressions
from engines.fixtures import JenkinsJudge
from engines.github_refusals import load
from engines.jenkins_runtime import PERSON, TIMER, BuildRequest, run
from support import github_plans
from support.jenkins_builds import text
from support.plans import pipeline, plan, stage
from support.settings import with_settings

from transpiler.changes import Changes
from transpiler.deciding import Deciding
from transpiler.diagnostics import Diagnostics
from transpiler.frontend.profiles import load as profiles
from transpiler.graph import Graph
from transpiler.ir import Approval, Event, Fetch
from transpiler.needs import without_lost
from transpiler.profile import Profile
from transpiler.program import Feature, Level, Plan, TriggerCall, Use
from transpiler.targets import TARGETS, yaml_text
from transpiler.targets.jenkins.tokens import Unreadable
from transpiler.targets.validate import Mistranslation, validate

RULES = Changes(("src/",), (), ())
TOLD = Deciding(RULES, ('echo "<${base-}|${before-}>"', "runs=no"), Fetch(shallow=False))
EVERYWHERE = tuple(Event)
EDGES = (("a", "b"), ("a", "c"))


def deciding(how: Deciding = TOLD, events: tuple[Event, ...] = EVERYWHERE) -> Plan:
    stages = (stage("a", "echo"), stage("b", "echo"), stage("c", "echo"))
    return plan(replace(pipeline("p", *stages, edges=EDGES, events=events), deciding=how))


def site() -> Profile:
    profile = profiles.load("default", None, Diagnostics())
    assert profile
    return profile


SITE = site()


@pytest.mark.parametrize("name", TARGETS)
def test_what_decides_is_read_back(name: str) -> None:
    target, made = TARGETS[name], deciding()
    files = target.emit(made, SITE, frozenset())
    validate(target, made, files, frozenset(), frozenset({("p", Event.SCHEDULE)}))
    other = deciding(replace(TOLD, lines=("echo another", "runs=no")))
    without = plan(replace(made.pipelines[0], deciding=None))
    for wrong in (other, without):
        with pytest.raises(Mistranslation, match="what decides"):
            validate(target, wrong, files, frozenset(), frozenset({("p", Event.SCHEDULE)}))


GATES = {
    "jenkins": [("if (p_changes())", "if (p_changes() || true)"), ("!= 99", "!= 98")],
    "gitlab": [("needs: [p changes]", "needs: []"), ("|| exit 0 # by what", "|| true # by what")],
    "github": [("if: needs.changes.outputs.runs != 'no'", "if: always()"), ('"runs=$runs"', '"runs=yes"')],
    "zuul": [("ansible.builtin.meta: end_play", "ansible.builtin.meta: noop"), ("runs=no'", "runs=never'")],
}


@pytest.mark.parametrize(("name", "old", "new"), [(name, *pair) for name, pairs in GATES.items() for pair in pairs])
def test_an_output_that_runs_whatever_is_decided_is_refused(name: str, old: str, new: str) -> None:
    target, made = TARGETS[name], deciding()
    files = tuple(replace(f, body=f.body.replace(old, new)) for f in target.emit(made, SITE, frozenset()))
    assert files != target.emit(made, SITE, frozenset())
    with pytest.raises((Mistranslation, ValueError, Unreadable), match=r"decide|does not run exactly"):
        validate(target, made, files, frozenset(), frozenset({("p", Event.SCHEDULE)}))


def test_a_lost_decision_runs_the_pipeline() -> None:
    made = without_lost(deciding(), frozenset({Use(Feature.CHANGES, "p")}))
    assert made.pipelines[0].deciding is None
    assert without_lost(deciding(), frozenset({Use(Feature.CHANGES, "q")})).pipelines[0].deciding


def asking() -> Plan:
    """A pipeline that decides, with a stage that somebody approves at its beginning and one at its end."""
    (made,) = deciding().pipelines
    asked = (replace(s, approval=Approval("", (), None)) if s.name in ("b", "c") else s for s in made.stages)
    return plan(replace(made, stages=tuple(asked), graph=Graph(("a", "b", "c"), (("a", "b"),))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if (runs)", "if (true)"),
        ("def runs = false", "def runs = true"),
        ("runs = p_changes()", "runs = !p_changes()"),
        ("    if (runs) {", "    p_part_b()\n    if (runs) {"),
        ("END}\n\n// Whether what", "END    p_part_b()\n}\n\n// Whether what"),
    ],
)
@pytest.mark.parametrize("reports", [False, True])
def test_jenkins_decides_before_it_asks(old: str, new: str, reports: bool) -> None:
    target, made = TARGETS["jenkins"], asking()
    told = replace(SITE.report, gerrit="https://r.example", gerrit_credential="bot") if reports else SITE.report
    (file,) = target.emit(made, replace(SITE, report=told), frozenset())
    silent = frozenset({("p", Event.SCHEDULE)})
    validate(target, made, (file,), frozenset(), silent)
    end = "    reportOnNode('p', 'SUCCESS', [])\n" if reports else ""
    wrong = file.body.replace(old.replace("END", end), new.replace("END", end), 1)
    assert wrong != file.body
    with pytest.raises((Mistranslation, ValueError, Unreadable)):
        validate(target, made, (replace(file, body=wrong),), frozenset(), silent)


def test_what_a_person_approves_loses_its_condition_on_gitlab_and_never_its_approval() -> None:
    made = asking()
    uses = (Use(Feature.CHANGES, "p"), Use(Feature.APPROVAL, "p", "b"))
    found = {
        name: [TARGETS[name].support(use, made, SITE).level is Level.UNSUPPORTED for use in uses] for name in TARGETS
    }
    assert found == {"jenkins": [False] * 2, "gitlab": [True, False], "zuul": [False, True], "github": [False] * 2}
    why = TARGETS["gitlab"].support(uses[0], made, SITE).why
    assert "Put the stages with `approve` into a pipeline without `changes`." in why


# ---- Jenkins ----

PULL = {"CHANGE_ID": "7", "CHANGE_TARGET": "ma$in"}
PATCH = {"GERRIT_CHANGE_NUMBER": "7", "GERRIT_EVENT_TYPE": "patchset-created"}
MERGED = {"GERRIT_CHANGE_NUMBER": "7", "GERRIT_EVENT_TYPE": "change-merged"}
LAST = ("abc", ())


@pytest.mark.engine
@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (BuildRequest("", env=PULL), "refs/remotes/origin/ma$in|"),
        (BuildRequest("", env=PATCH, previous=LAST), "HEAD^1|"),
        (BuildRequest("", previous=LAST), "|abc"),
        (BuildRequest(""), "|"),
        (BuildRequest("", previous=LAST, causes=(PERSON,)), "|"),
        (BuildRequest("", env=PULL, causes=(PERSON,)), "|"),
        (BuildRequest("", previous=LAST, causes=(TIMER,)), "|"),
        (BuildRequest("", previous=("abc", (TIMER,))), "|"),
        (BuildRequest("", env={"TAG_NAME": "v1"}, previous=LAST), "|"),
        (BuildRequest("", env=MERGED, previous=LAST), "|"),
    ],
)
def test_jenkins_tells_what_was_there(jenkins_judge: JenkinsJudge, request_: BuildRequest, told: str) -> None:
    (done,) = run(replace(request_, text=text(deciding())))
    assert (done.error, done.output("changes"), done.names("stage")) == (None, f"<{told}>\n", [])


@pytest.mark.engine
@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"ZUUL_PIPELINE": "check"}, "HEAD^1|"),
        ({"ZUUL_PIPELINE": "post", "ZUUL_BRANCH": "main"}, "|"),
        ({"ZUUL_PIPELINE": "post", "ZUUL_BRANCH": "main", "ZUUL_OLDREV": "old"}, "|old"),
    ],
)
def test_zuul_v2_tells_what_was_there(jenkins_judge: JenkinsJudge, params: Mapping[str, str], told: str) -> None:
    given = {"ZUUL_URL": "git://merger", "ZUUL_PROJECT": "team/ores", "ZUUL_COMMIT": "abc", "ZUUL_REF": "refs/zuul/Z1"}
    body = text(deciding(), jenkins={"checkout": "zuul"})
    (done,) = run(BuildRequest(body, params={**given, **params}, previous=LAST))
    assert (done.error, done.output("changes")) == (None, f"<{told}>\n")


# ---- GitHub ----


@pytest.mark.parametrize(
    ("event", "attempt", "told"),
    [
        (events.change(before="b" * 40), "1", ("b" * 40, "")),
        (events.queued(), "1", ("1" * 40, "")),
        (events.push(before="c" * 40), "1", ("", "c" * 40)),
        (events.push(), "1", ("", "0" * 40)),
        (events.push(before="c" * 40), "2", ("", "")),
        (events.change(before="b" * 40), "2", ("", "")),
        (events.tag("v1"), "1", ("", "")),
        (events.scheduled("7 3 * * *"), "1", ("", "")),
        (events.dispatched({}), "1", ("", "")),
    ],
)
def test_github_tells_what_was_there(event: events.Event, attempt: str, told: tuple[str, str]) -> None:
    jobs = github_plans.jobs(deciding(events=(Event.CHANGE, Event.MERGE, Event.TAG)))
    env = github_plans.step(jobs["changes"], "decide")["env"]
    contexts = {"github": {**event.github(), "run_attempt": attempt}}
    assert tuple(expressions.expanded(env[name], contexts) for name in ("base", "before")) == told


@pytest.mark.parametrize("granularity", ["stage", "chain", "pipeline"])
def test_no_job_of_github_s_starts_before_the_decision(granularity: str) -> None:
    jobs = github_plans.jobs(deciding(), github_plans.site(granularity=granularity, schedule=["7 3 * * *"]))
    first = {name for name, job in jobs.items() if not job.get("needs")}
    assert first == {"changes"}
    gated = [job for job in jobs.values() if job.get("needs") == ["changes"]]
    assert gated
    assert {job["if"] for job in gated} == {"needs.changes.outputs.runs != 'no'"}


def test_a_stage_called_changes_keeps_its_name_apart() -> None:
    made = plan(replace(pipeline("p", stage("changes", "echo"), stage("x", "echo")), deciding=TOLD))
    (text,) = github_plans.emitted(made).values()
    assert len(load(text)["jobs"]) == 3


# ---- GitLab ----

MR = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": "base",
    "CI_DEFAULT_BRANCH": "main",
}
PUSH = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BEFORE_SHA": "old", "CI_DEFAULT_BRANCH": "main"}


@pytest.mark.parametrize(
    ("variables", "branches", "told"),
    [
        (MR, (), "base|"),
        ({**MR, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "target"}, (), "target|"),
        ({**PUSH, "CI_COMMIT_BRANCH": "main"}, (), "|old"),
        ({**PUSH, "CI_COMMIT_BRANCH": "feature"}, (), "|"),
        ({**PUSH, "CI_COMMIT_BRANCH": "stable"}, ("stable", "it's"), "|old"),
        ({**PUSH, "CI_COMMIT_BRANCH": "it's"}, ("stable", "it's"), "|old"),
        ({**PUSH, "CI_COMMIT_BRANCH": "main"}, ("stable",), "|"),
        ({**PUSH, "CI_COMMIT_TAG": "v1"}, (), "|"),
        ({**PUSH, "CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "web"}, (), "|"),
        ({**PUSH, "CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "schedule"}, (), "|"),
    ],
)
def test_gitlab_tells_what_was_there(variables: Mapping[str, str], branches: tuple[str, ...], told: str) -> None:
    profile = replace(SITE, branches=branches, branches_said=True) if branches else SITE
    (file,) = TARGETS["gitlab"].emit(deciding(), profile, frozenset())
    compared, program, _ = load(file.body)["p changes"]["script"]
    script, env = f"{compared}\n{program}", {"PATH": "/usr/bin:/bin", **variables}
    done = subprocess.run(["sh", "-eu", "-c", script], env=env, capture_output=True, check=True)
    assert done.stdout.decode() == f"<{told}>\n"


def test_gitlab_cannot_keep_a_trigger_from_starting() -> None:
    call = TriggerCall("docs", (), False, False)
    profile = replace(SITE, triggers={"docs": {"gitlab": "team/docs"}})
    use = Use(Feature.CHANGES, "p")
    for stages, level in (((stage("a"),), "exact"), ((stage("a", trigger=call),), "unsupported")):
        made = plan(replace(pipeline("p", *stages), deciding=TOLD))
        assert TARGETS["gitlab"].support(use, made, profile).level == level


def test_gitlab_s_report_says_nothing_of_a_pipeline_that_did_not_run(tmp_path: Path) -> None:
    profile = with_settings(SITE, "gitlab", report_token="TOKEN")
    (file,) = TARGETS["gitlab"].emit(deciding(), profile, frozenset())
    report = load(file.body)["p report"]
    assert "p changes" in report["dependencies"]
    (tmp_path / ".values").mkdir()
    (tmp_path / ".values/runs").write_text("no\n")
    env = {"PATH": "/usr/bin:/bin", "TOKEN": "secret"}
    done = subprocess.run(["sh", "-c", report["script"][0]], cwd=tmp_path, env=env, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


# ---- what comes after ----


def test_zuul_starts_no_other_job_after_a_pipeline_that_did_not_run() -> None:
    call = TriggerCall("docs", (), False, False)
    profile = replace(SITE, triggers={"docs": {"zuul": "deploy-docs"}})
    for trigger in (call, None):
        made = plan(replace(pipeline("p", stage("a", trigger=trigger), events=(Event.MERGE,)), deciding=TOLD))
        files = {file.path: file.body for file in TARGETS["zuul"].emit(made, profile, frozenset())}
        (play,) = yaml_text.load(files[".pipeline/zuul/p.yaml"])
        returned: list[Any] = [task["zuul_return"] for task in play["pre_tasks"] if "zuul_return" in task]
        assert returned == ([{"data": {"zuul": {"child_jobs": []}}}] if trigger else [])


def test_github_uninstalls_nothing_for_a_pipeline_that_did_not_run() -> None:
    deploying = replace(stage("a"), releases="a.releases", uninstall=("true",))
    made = plan(replace(pipeline("p", deploying, stage("b"), stage("c"), edges=EDGES), deciding=TOLD))
    last = github_plans.jobs(made)["teardown"]
    assert last["if"] == "always() && needs.changes.outputs.runs != 'no'"
    assert "changes" in last["needs"]
