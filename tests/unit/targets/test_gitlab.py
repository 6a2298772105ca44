"""What a `.gitlab-ci.yml` says: read as GitLab would, judged by its schema and by ours, compared with the plan."""

from __future__ import annotations

import itertools
import re
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from engines.fixtures import GitlabJudge
from engines.gitlab_judge import judge
from support.archive_names import NAMES, REFUSED
from support.plans import pipeline, plan, stage
from support.settings import with_settings

from transpiler.diagnostics import Diagnostics
from transpiler.driver import Request, compile_config
from transpiler.frontend.profiles import load
from transpiler.ir import CredentialKind, Event, Fetch
from transpiler.profile import Profile, SiteCredential
from transpiler.program import (
    Archive,
    CredentialUse,
    Feature,
    Level,
    MailProgram,
    Parameter,
    PipelineProgram,
    Plan,
    StageProgram,
    TargetTooLarge,
    TriggerCall,
    Use,
    ValueFile,
)
from transpiler.targets import TARGETS, validate
from transpiler.targets.gitlab import settings

GITLAB = TARGETS["gitlab"]


@cache
def site() -> Profile:
    profile = load.load("default", None, Diagnostics())
    assert profile
    return profile


SITE = site()
LOCAL = replace(SITE, images="local")
BY_ARTIFACT = replace(SITE, images="artifact")
MAILING = replace(SITE, mail_command=("sendmail", "-t"))
STAYING = replace(SITE, supersede=False)
SITE_RULES = settings.of(SITE).rules
REPORTING = with_settings(SITE, "gitlab", report_token="NOTES_TOKEN")
DOCS = replace(SITE, triggers={"docs": {"gitlab": "team/docs"}})

IMAGE = ValueFile("build", "imageID", "build.imageID")
BUILD = stage("build", 'echo 1 > "$values/build.imageID"', kinds=("build",), gives_image=True, binds=(IMAGE,))
UNIT = stage("unit", 'cat "$values/build.imageID"', reads=(IMAGE,), images=("build",))
LINT = stage("lint", 'cat "$values/build.imageID"', reads=(IMAGE,), images=("build",))
DIAMOND = pipeline(
    "test",
    BUILD,
    UNIT,
    LINT,
    stage("end"),
    edges=(
        ("build", "unit"),
        ("build", "lint"),
        ("unit", "end"),
        ("lint", "end"),
    ),
)
MAIL = MailProgram(
    compose=("set -eu", "to=a", "subject=b", "body=c"),
    files=(),
    send=('printf %s "$to" | sendmail -t',),
    setup=("logURL",),
    reads=(ValueFile("unit", "output", "unit.output"),),
    literal=None,
)
CALL = TriggerCall("docs", (Parameter("WHICH", "$all", ""),), True, True)


def chain(*stages: StageProgram, **changes: Any) -> PipelineProgram:
    names = [s.name for s in stages]
    return pipeline("test", *stages, edges=tuple(itertools.pairwise(names)), **changes)


def emitted(plan: Plan, profile: Profile = SITE, lost: frozenset[Use] = frozenset()) -> str:
    """The body of the file, read back and found right."""
    files = GITLAB.emit(plan, profile, lost)
    validate.validate(GITLAB, plan, files, lost)
    return files[0].body


def said(plan: Plan, profile: Profile = SITE, lost: frozenset[Use] = frozenset()) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(emitted(plan, profile, lost))
    return document


WIDE = pipeline(
    "wide",
    *(stage(f"s{i}", copies=(f"out/{i}",)) for i in range(120)),
    stage("end"),
    edges=tuple((f"s{i}", "end") for i in range(120)),
)
ODD = pipeline(
    "job",
    stage(
        "a",
        archives=(
            Archive("$x/*[1].{txt}", directory=False),
            Archive("re ports", None),
            Archive("b\\c", directory=True),
        ),
    ),
    replace(stage("end"), slug="before_script"),
    edges=(("a", "end"),),
)
LONG = pipeline(
    "p" * 60, replace(stage("s"), slug="s" * 59 + "1"), replace(stage("t"), slug="s" * 59 + "2"), edges=(("s", "t"),)
)
PLANS = {
    "a diamond": (plan(DIAMOND), SITE),
    "a diamond on one daemon": (plan(DIAMOND), LOCAL),
    "a diamond with images as artifacts": (plan(DIAMOND), BY_ARTIFACT),
    "no docker image for the jobs": (plan(DIAMOND), with_settings(SITE, "gitlab", image=None)),
    "runner tags by kind": (plan(DIAMOND), with_settings(SITE, "gitlab", tags={"build": ("big",)})),
    "two pipelines whose job names collide": (
        plan(pipeline("a", stage("b-c")), pipeline("a-b", stage("c"), events=(Event.TAG,))),
        SITE,
    ),
    "a pipeline without stages": (plan(pipeline("none")), SITE),
    "more predecessors than GitLab takes": (plan(WIDE), SITE),
    "long names": (plan(LONG), SITE),
    "odd names and paths": (plan(ODD), SITE),
    "a whole tree is copied": (plan(chain(stage("a", copies=(".",)), stage("b", copies=("x",)), stage("c"))), SITE),
    "mail": (plan(chain(stage("unit", mail=MAIL, binds=MAIL.reads), stage("end"))), MAILING),
    "report": (plan(chain(stage("unit"), stage("end", publishes="end.published"))), REPORTING),
    "trigger alone": (plan(chain(stage("a"), replace(stage("b", trigger=CALL), lines=()), stage("c"))), DOCS),
    "trigger after a program": (plan(chain(stage("a"), stage("b", trigger=CALL), stage("c"))), DOCS),
    "a trigger whose failure is mailed and reported": (
        plan(chain(stage("a", mail=MAIL, binds=MAIL.reads, trigger=CALL))),
        replace(DOCS, mail_command=("sendmail",), report=REPORTING.report),
    ),
    "releases": (plan(chain(stage("d", kinds=("deploy",), releases="d.releaseName"), stage("e"))), SITE),
    "releases on one daemon": (plan(chain(BUILD, replace(UNIT, releases="unit.releaseName"), stage("e"))), LOCAL),
    "one pipeline at a time": (plan(DIAMOND, concurrency=1), SITE),
    "an event that the site has not": (
        plan(pipeline("p", stage("a"), events=(Event.CHANGE, Event.TAG))),
        with_settings(SITE, "gitlab", rules={Event.CHANGE: ("$CI_COMMIT_BRANCH", "$CI_PIPELINE_ID")}),
    ),
}


def test_all_outputs_pass_the_schema_and_what_it_leaves_out(gitlab_judge: GitlabJudge) -> None:
    verdicts = gitlab_judge({name: emitted(plan, profile) for name, (plan, profile) in PLANS.items()})
    assert {name: verdict.errors for name, verdict in verdicts.items() if verdict.errors} == {}


@pytest.mark.parametrize("name", PLANS)
def test_twice_the_same(name: str) -> None:
    assert GITLAB.emit(*PLANS[name], frozenset()) == GITLAB.emit(*PLANS[name], frozenset())


@pytest.mark.parametrize("name", PLANS)
def test_scripts_are_shell(name: str) -> None:
    for body in said(*PLANS[name]).values():
        for key in ("before_script", "script", "after_script") if isinstance(body, dict) else ():
            text = "\n".join(body.get(key, ()))
            for shell in ("dash", "bash"):
                done = subprocess.run([shell, "-n"], input=text, text=True, capture_output=True, check=False)
                assert done.returncode == 0, f"{done.stderr}\n{text}"


def test_who_needs_what() -> None:
    jobs = said(plan(DIAMOND))
    assert jobs["test-build"]["needs"] == []
    assert jobs["test-unit"]["needs"] == ["test-build"]
    assert jobs["test-end"]["needs"] == [
        {"job": "test-unit", "artifacts": False},
        {"job": "test-lint", "artifacts": False},
    ]


def test_a_distant_ancestors_files_are_needed_too() -> None:
    jobs = said(plan(chain(stage("a", copies=("out",)), stage("b"), stage("c"))))
    assert jobs["test-a"]["artifacts"]["paths"] == ["out"]
    assert jobs["test-c"]["needs"] == ["test-a", {"job": "test-b", "artifacts": False}]


def test_joining_jobs_wait_for_at_most_fifty_and_pass_files_on() -> None:
    jobs = {name: body for name, body in said(plan(WIDE)).items() if isinstance(body, dict) and "needs" in body}
    assert max(len(job["needs"]) for job in jobs.values()) == 50
    passed = [path for name, job in jobs.items() if " joins " in name for path in job["artifacts"]["paths"]]
    assert sorted(passed) == sorted(f"out/{i}" for i in range(120))


def test_copies_that_touch_the_same_place_are_unpacked_in_order() -> None:
    jobs = said(plan(chain(stage("b", copies=("out",)), stage("a", copies=("out/x",)), stage("c"))))
    assert jobs["test-c"]["script"][0] == "take_files b a"
    assert jobs["test-a"]["script"][-2:] == ["give_files a ./out/x", "give_values a.files.tar"]


def test_what_is_not_used_leaves_no_trace() -> None:
    text = emitted(plan(pipeline("p", stage("a"))))
    assert not re.search("give_|take_|values|registry|login|setup_|artifacts", text)


def test_an_image_that_travels_is_taken_off_the_registry() -> None:
    jobs = said(plan(DIAMOND))
    assert jobs["test-unit"]["script"][0] == "take_image test-build"
    assert "for job in test-build; do" in jobs["remove images"]["script"][0]


def test_on_one_daemon_only_the_last_job_removes_what_others_use() -> None:
    jobs = said(plan(DIAMOND), LOCAL)
    assert 'if [ "$CI_JOB_STATUS" != success ]; then' in jobs["test-build"]["after_script"][0]
    assert "after_script" not in jobs["test-unit"]
    assert "for job in test-build; do" in jobs["test teardown"]["script"][0]


def test_a_credential_is_bound_by_name_and_missed_by_name() -> None:
    token = CredentialUse("t", CredentialKind.SECRET_TEXT, ("TOKEN",))
    uses = (token, CredentialUse("", CredentialKind.USERNAME_PASSWORD, ("U", "P")))
    profile = replace(SITE, credentials={"t": SiteCredential(CredentialKind.SECRET_TEXT, {"gitlab": ("SITE_TOKEN",)})})
    script = said(plan(pipeline("p", stage("a", credentials=uses))), profile)["p-a"]["script"]
    assert script[0] == 'export TOKEN="${SITE_TOKEN:?is not set (protected, or a fork)}"'
    assert [line.split("{")[1].split(":")[0] for line in script[1:3]] == ["CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"]


@pytest.mark.parametrize("name", [*NAMES, *(f"a{c}b" for c in REFUSED)])
def test_no_character_of_a_path_is_a_patterns_or_a_variables(name: str) -> None:
    """The runner expands `$NAME` and `%NAME%`, then matches by doublestar: `*`, `?`, `[`, `{` and a backslash."""
    kept = plan(pipeline("p", stage("a", archives=(Archive(name, directory=False),))))
    (written,) = said(kept)["p-a"]["artifacts"]["paths"]
    assert re.sub(r"\[([$%*?\[{])\]|\\(\\)", lambda found: found[1] or found[2], written) == name
    assert not set("$%*?[{\\").intersection(re.sub(r"\[[$%*?\[{]\]|\\\\", "", written))


def test_paths_are_no_patterns() -> None:
    artifacts = said(plan(ODD))["job-a"]["artifacts"]
    assert artifacts["paths"] == ["[$]x/[*][[]1].[{]txt}", "re ports", "re ports.tar.gz", "b\\\\c.tar.gz"]
    assert artifacts["exclude"] == ["re ports/**/*"]
    assert "expire_in" not in artifacts


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (CALL, {"trigger": {"project": "team/docs", "strategy": "depend"}}),
        (replace(CALL, wait=False), {"trigger": {"project": "team/docs"}}),
        (replace(CALL, propagate=False), {"allow_failure": True}),
    ],
    ids=["waiting", "not waiting", "its failure is not ours"],
)
def test_a_trigger_is_a_bridge(call: TriggerCall, expected: dict[str, Any]) -> None:
    jobs = said(plan(chain(stage("a"), stage("b", trigger=call), stage("c"))), DOCS)
    assert jobs["test-b trigger"].items() >= expected.items()
    assert jobs["test-b trigger"]["variables"] == {"WHICH": {"value": "$all", "expand": False}}
    assert {"job": "test-b trigger", "artifacts": False} in jobs["test-c"]["needs"]


def test_a_mail_job_waits_for_its_stage_alone_and_gets_what_was_bound() -> None:
    jobs = said(*PLANS["mail"])
    assert (jobs["test-unit mail"]["when"], jobs["test-unit mail"]["needs"]) == ("on_failure", ["test-unit"])
    assert jobs["test-unit"]["artifacts"]["when"] == "always"
    assert "unit.output" in jobs["test-unit"]["after_script"][0]


def test_a_release_lives_until_the_last_job_unless_its_own_fails() -> None:
    jobs = said(*PLANS["releases"])
    assert jobs["test-d"]["script"][-1] == "give_values d.releaseName"
    assert jobs["test teardown"]["dependencies"] == ["test-d"]
    assert jobs["test teardown"]["when"] == "always"


@pytest.mark.parametrize(
    ("fetch", "expected"),
    [
        (
            Fetch(),
            {
                "GIT_DEPTH": "20",
                "GIT_SUBMODULE_STRATEGY": "recursive",
                "GIT_SUBMODULE_DEPTH": "20",
                "GIT_FETCH_EXTRA_FLAGS": "--prune --quiet --no-tags",
            },
        ),
        (
            Fetch(shallow=False, submodules=False, tags=True),
            {"GIT_DEPTH": "0", "GIT_FETCH_EXTRA_FLAGS": "--prune --quiet --tags"},
        ),
    ],
    ids=["by default", "everything"],
)
def test_fetch(fetch: Fetch, expected: dict[str, str]) -> None:
    variables = said(plan(replace(pipeline("p", stage("a")), fetch=fetch)))[".job"]["variables"]
    assert {name: value for name, value in variables.items() if name.startswith("GIT")} == expected


def test_pipelines_run_on_their_events(gitlab_judge: GitlabJudge) -> None:
    text = emitted(plan(pipeline("t", stage("a")), pipeline("p", stage("a"), events=(Event.MERGE, Event.TAG))))
    runs = {scenario: set(jobs) for scenario, jobs in gitlab_judge({"": text})[""].pipelines.items()}
    assert runs == {
        "merge_request": {"t-a"},
        "fork": {"t-a"},
        "default_branch": {"t-a", "p-a"},
        "tag": {"p-a"},
    }


def test_a_pipeline_without_events_never_runs(gitlab_judge: GitlabJudge) -> None:
    some = plan(pipeline("t", stage("a")), pipeline("p", stage("a"), events=()))
    none = plan(pipeline("p", stage("a"), events=()))
    verdicts = gitlab_judge({"some": emitted(some), "none": emitted(none)})
    assert [verdict.errors for verdict in verdicts.values()] == [[], []]
    assert {job for jobs in verdicts["some"].pipelines.values() for job in jobs} == {"t-a"}
    assert verdicts["none"].pipelines == {}


@pytest.mark.parametrize(
    ("rules", "runs"),
    [
        (SITE_RULES[Event.MERGE], ["feature", "stable"]),
        (("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH || $DEPLOY",), ["feature", "stable"]),
        (("$DEPLOY", "$CI_COMMIT_BRANCH"), ["feature", "stable"]),
    ],
    ids=["the usual rule", "a choice of rules", "rules that name no branch"],
)
def test_the_branches_of_the_profile_stand_for_the_default_branch(
    gitlab_judge: GitlabJudge, rules: tuple[str, ...], runs: list[str]
) -> None:
    profile = with_settings(SITE, "gitlab", rules={**SITE_RULES, Event.MERGE: rules})
    profile = replace(profile, branches=("stable", "feature"), branches_said=True)
    text = emitted(plan(pipeline("p", stage("a"), events=(Event.MERGE,))), profile)
    pushed = {"CI_PIPELINE_SOURCE": "push", "CI_DEFAULT_BRANCH": "main", "DEPLOY": "yes"}
    scenarios = {branch: {**pushed, "CI_COMMIT_BRANCH": branch} for branch in ("main", "feature", "stable", "stable-2")}
    verdict = judge({"": text}, scenarios)[""]
    assert (verdict.errors, sorted(verdict.pipelines)) == ([], runs)


@pytest.mark.parametrize("rule", ["$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", "$DEPLOY || $CI_COMMIT_BRANCH"])
def test_only_what_names_a_schedule_runs_by_the_clock(gitlab_judge: GitlabJudge, rule: str) -> None:
    profile = with_settings(SITE, "gitlab", rules={**SITE_RULES, Event.MERGE: (rule,)})
    merge, nightly = (pipeline(e.value, stage("a"), events=(e,)) for e in (Event.MERGE, Event.SCHEDULE))
    scenarios = {
        source: {"CI_PIPELINE_SOURCE": source, "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BRANCH": "main"}
        for source in ("push", "schedule")
    }
    verdict = judge({"": emitted(plan(merge, nightly), profile)}, scenarios)[""]
    runs = {source: set(jobs) for source, jobs in verdict.pipelines.items()}
    assert (verdict.errors, runs) == ([], {"push": {"merge-a"}, "schedule": {"schedule-a"}})


def test_a_branch_with_a_merge_request_has_one_pipeline(gitlab_judge: GitlabJudge) -> None:
    rules = {Event.CHANGE: ('$CI_PIPELINE_SOURCE == "merge_request_event"', "$CI_COMMIT_BRANCH")}
    profile = with_settings(SITE, "gitlab", rules=rules)
    text = emitted(plan(pipeline("t", stage("a"), events=(Event.CHANGE,))), profile)
    runs = gitlab_judge({"": text})[""].pipelines
    assert "branch" in runs
    assert "merge_request" in runs
    assert "branch_of_request" not in runs


def test_change_only_pipelines_may_be_interrupted() -> None:
    jobs = said(plan(pipeline("t", stage("a"), events=(Event.CHANGE,)), pipeline("p", stage("a"))))
    assert jobs[".t"]["interruptible"] is True
    assert "interruptible" not in jobs[".p"]


def test_lost_uses_are_left_out_and_told() -> None:
    use = Use(Feature.TRIGGER, "test", "b", "docs")
    lost = frozenset({use})
    given = plan(chain(stage("a"), stage("b", trigger=CALL), stage("c")), uses=(use,))
    assert "trigger" not in emitted(given, SITE, lost)
    assert GITLAB.emit(given, SITE, lost)[0].intro[-1] == "  left out: trigger docs (test/b)"


def test_a_config_that_gitlab_cannot_hold_is_refused() -> None:
    many = plan(*(pipeline(f"p{i}", *(stage(f"s{j}", "echo " + "x" * 400) for j in range(30))) for i in range(60)))
    with pytest.raises(TargetTooLarge, match="MiB"):
        GITLAB.emit(many, SITE, frozenset())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("needs: [test-build]", "needs: []"),
        ("needs: [test-build]", "needs: [test-nothing]"),
        ("    - *merge\n", ""),
        ('cat "$values/build.imageID"', 'cat "$values/build.imageId"'),
        ("test-lint:\n", "test-lynt:\n"),
    ],
    ids=["an arc is lost", "an arc to nowhere", "an event is lost", "a script differs", "a stage is called otherwise"],
)
def test_what_is_read_back_differs_when_the_text_does(old: str, new: str) -> None:
    (file,) = GITLAB.emit(plan(DIAMOND), SITE, frozenset())
    assert old in file.body
    with pytest.raises((validate.Mistranslation, ValueError)):
        validate.validate(GITLAB, plan(DIAMOND), (replace(file, body=file.body.replace(old, new)),), frozenset())


def test_every_feature_has_a_cell_of_one_sentence() -> None:
    assert set(GITLAB.supports) == set(Feature)
    assert all(re.fullmatch(r"[A-Z`][^\n]*\.", cell.why) for cell in GITLAB.supports.values())


@pytest.mark.parametrize(
    ("use", "profile", "changes", "level"),
    [
        (Use(Feature.OTHER_CONTAINER), SITE, {}, Level.UNSUPPORTED),
        (Use(Feature.OTHER_CONTAINER), LOCAL, {}, Level.EXACT),
        (Use(Feature.TRIGGER, detail="docs"), SITE, {}, Level.UNSUPPORTED),
        (Use(Feature.TRIGGER, detail="docs"), DOCS, {}, Level.EXACT),
        (Use(Feature.NOTIFY), SITE, {}, Level.UNSUPPORTED),
        (Use(Feature.NOTIFY), MAILING, {}, Level.EMULATED),
        (Use(Feature.CONCURRENCY, detail="2"), SITE, {"concurrency": 2}, Level.UNSUPPORTED),
        (Use(Feature.CONCURRENCY, detail="1"), SITE, {"concurrency": 1}, Level.APPROXIMATE),
        (Use(Feature.CONCURRENCY, detail="3"), SITE, {"concurrency": 3}, Level.EXACT),
        (Use(Feature.CHECKOUT_VALUES, detail="GIT_COMMIT"), SITE, {}, Level.EMULATED),
        (Use(Feature.CHECKOUT_VALUES, detail="SVN_REVISION"), SITE, {}, Level.UNSUPPORTED),
        (Use(Feature.FORK_CHANGE), BY_ARTIFACT, {}, Level.EXACT),
    ],
    ids=lambda value: getattr(value, "feature", ""),
)
def test_the_profile_decides(use: Use, profile: Profile, changes: dict[str, Any], level: Level) -> None:
    assert GITLAB.support(use, plan(DIAMOND, DIAMOND, DIAMOND, **changes), profile).level is level


def test_a_parameter_with_the_name_of_our_own_variable_is_read_before_that_is_set(tmp_path: Path) -> None:
    config = b"""pipelines:
  test: {stages: [{name: a, run: {image: x, arguments: ['${setup.params.run}', '${setup.params.P}']}}]}
"""
    outcome = compile_config(Request(tmp_path, ".pipeline/config.yaml", "default", ("gitlab",), content=config))
    before = yaml.safe_load(outcome.files[".gitlab-ci.yml"])[".job"]["before_script"]
    assert before[:2] == ["setup_params_run=${run-}", "run=$CI_PROJECT_PATH_SLUG-$CI_JOB_ID"]
    assert "setup_params_P=${P-}" in before[2:]


def test_a_newer_commit_of_a_change_ends_what_changes_nothing_outside() -> None:
    ship = stage("ship", kinds=("publish",))
    change = pipeline("c", stage("a"), ship, edges=(("a", "ship"),), events=(Event.CHANGE,))
    both = pipeline("b", stage("a"), ship, edges=(("a", "ship"),), events=(Event.CHANGE, Event.MERGE))
    found = said(plan(change, both))
    assert found["workflow"]["auto_cancel"] == {"on_new_commit": "interruptible"}
    on_change, on_merge = ({"if": SITE_RULES[event][0]} for event in (Event.CHANGE, Event.MERGE))
    assert (found[".c"]["interruptible"], found["c-ship"]["interruptible"]) == (True, False)
    assert found[".b"]["rules"] == [{**on_change, "interruptible": True}, on_merge]
    assert found["b-ship"]["rules"] == [on_change, on_merge]
    assert "interruptible" not in found[".b"]
    assert all(keys.keys().isdisjoint({"rules", "interruptible"}) for keys in (found["c-a"], found["b-a"]))


def test_what_cleans_up_runs_to_its_end() -> None:
    image = stage("build", images=(), gives_image=True, kinds=("build",))
    user = stage("use", images=("build",))
    for events in ((Event.CHANGE,), (Event.CHANGE, Event.MERGE)):
        found = said(plan(pipeline("p", image, user, edges=(("build", "use"),), events=events)), LOCAL)
        last = found["p teardown"]
        assert last.get("interruptible") is False or last["rules"] == [{"if": SITE_RULES[e][0]} for e in events]


def test_nothing_is_superseded_where_the_profile_says_so() -> None:
    text = emitted(plan(pipeline("c", stage("a"), events=(Event.CHANGE,)), pipeline("b", stage("a"))), STAYING)
    assert "interruptible" not in text
    merges = emitted(plan(pipeline("m", stage("a"), events=(Event.MERGE, Event.TAG))))
    assert "interruptible" not in merges, "a merge and a tag always run to their end"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    - *merge\n", f"    - if: {SITE_RULES[Event.MERGE][0]}\n      interruptible: true\n"),
        ("  stage: b\n", "  stage: b\n  interruptible: true\n"),
    ],
)
def test_an_output_that_ends_a_merge_is_refused(old: str, new: str) -> None:
    made = plan(pipeline("b", stage("a")))
    (file,) = GITLAB.emit(made, SITE, frozenset())
    assert old in file.body
    with pytest.raises(ValueError, match="ends what is no change"):
        validate.validate(GITLAB, made, (replace(file, body=file.body.replace(old, new)),), frozenset())
