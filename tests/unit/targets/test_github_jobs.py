"""What a job's steps do around a stage's program: secrets, variables, mails, archives, triggers, permissions."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.github_plans import (
    CALL,
    DOCS,
    FAR,
    FORGEJO,
    FULL,
    GITHUB,
    MAIL,
    OWN,
    PLANS,
    QUEUED,
    SECRETS,
    SITE,
    STAGEWISE,
    USES,
    WHOLE,
    able,
    chain,
    jobs,
    step,
)
from support.plans import pipeline, plan, stage

from transpiler.program import Archive, Feature, Level, Parameter, Use


def only(*given: Any, **more: Any) -> dict[str, Any]:
    """The one job."""
    (job,) = jobs(*given, **more).values()
    return dict(job)


# ---- secrets ----


def test_secrets_are_bound_by_expression_and_missed_by_name() -> None:
    job = only(plan(chain(stage("a", credentials=USES))), SECRETS)
    checked = step(job, "secrets of a")
    assert checked["env"] == {
        "TOKEN": "${{ secrets.TEXT }}",
        "NAME": "${{ secrets.USER }}",
        "WORD": "${{ secrets.PASSWORD }}",
        "SETTINGS": "${{ secrets.FILE }}",
        "SSH": "${{ secrets.KEY }}",
    }
    assert "secrets.TEXT is empty: there is no such secret, or none for this pull request" in checked["run"]
    assert 'printf %s "$SETTINGS" > "$values/secret/a.SETTINGS"' in checked["run"]
    assert step(job, "a")["env"] == {
        **checked["env"],
        "SETTINGS": "${{ env.values }}/secret/a.SETTINGS",
        "SSH": "${{ env.values }}/secret/a.SSH",
    }
    assert "secrets" not in str(job["permissions"])


@pytest.mark.parametrize("given", ["of\ntwo lines", "of\ntwo lines\n"], ids=["cut off", "there"])
def test_a_key_ends_its_last_line(given: str, tmp_path: Path) -> None:
    """`gh secret set` cuts the last newline off, and ssh takes no key without it."""
    run = step(only(plan(chain(stage("a", credentials=USES))), SECRETS), "secrets of a")["run"]
    env = dict.fromkeys(("TOKEN", "NAME", "WORD", "SETTINGS", "SSH"), given) | {"values": str(tmp_path)}
    subprocess.run(["sh", "-e", "-c", run], env={"PATH": "/usr/bin:/bin", **env}, check=True)
    assert (tmp_path / "secret/a.SSH").read_text() == "of\ntwo lines\n"
    assert (tmp_path / "secret/a.SETTINGS").read_text() == given
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secret").iterdir()} == {0o600}


def test_the_forges_own_registry_takes_the_runs_token() -> None:
    job = only(plan(chain(stage("a", credentials=(OWN,)))))
    assert step(job, "a")["env"] == {"U": "${{ github.actor }}", "P": "${{ github.token }}"}
    assert job["permissions"] == {"contents": "read", "packages": "write"}


def test_a_token_may_do_nothing_for_what_was_given_up() -> None:
    uses = tuple(Use(feature, "test", "a", "docs") for feature in (Feature.TRIGGER, Feature.CREDENTIALS))
    made = plan(chain(stage("a", credentials=(OWN,), trigger=CALL)), uses=uses)
    job = only(made, SITE, frozenset(uses))
    assert job["permissions"] == {"contents": "read"}
    assert [one["name"] for one in job["steps"]] == ["checkout", "begin", "a", "teardown"]


def test_variables_are_written_as_texts_whatever_they_are_called() -> None:
    use = replace(USES[0], variables=("null",))
    assert step(only(plan(chain(stage("a", credentials=(use,)))), SECRETS), "a")["env"] == {
        "null": "${{ secrets.TEXT }}"
    }


# ---- variables ----


def test_what_programs_read() -> None:
    job = only(PLANS["everything that a stage may do"], able(SITE))
    assert "GITHUB_TOKEN" not in job["env"], "the runner sets what begins with GITHUB_ itself"
    assert job["env"]["OURS"] == "${{ vars.OURS }}"
    assert job["env"]["setup_params_WHICH"] == "${{ vars.WHICH }}"
    assert job["env"]["artifacts"].endswith("/actions/runs/${{ github.run_id }}#artifacts")
    told = step(job, "begin")["run"]
    assert 'echo "setup_timestamp=$(date ' in told
    assert 'echo "setup_projectShortName=${GITHUB_REPOSITORY#*/}"' in told
    assert "refs/heads" not in told


@pytest.mark.parametrize(
    "reader",
    [
        stage("a", setup=("branch",)),
        stage("a", setup=("GIT_BRANCH",)),
        stage("a", setup=("GIT_LOCAL_BRANCH",)),
        stage("a", environment=("ZUUL_BRANCH",)),
        stage("a", mail=replace(MAIL, setup=("branch",), reads=())),
    ],
    ids=["setup", "of git", "local", "of Zuul v2", "in a mail"],
)
def test_a_branch_is_a_name_in_a_merge_queue_too(reader: Any) -> None:
    job = only(plan(chain(reader)), replace(QUEUED, mail_command=("sendmail",)))
    (name,) = (name for name, source in job["env"].items() if "base_ref" in source)
    assert f'echo "{name}=${{{name}#refs/heads/}}"' in step(job, "begin")["run"]


def test_one_job_tells_the_time_to_all() -> None:
    made = pipeline("p", *(stage(name, setup=("timestamp",)) for name in "abc"), edges=(("a", "b"), ("a", "c")))
    found = jobs(plan(made))
    assert found["setup"]["outputs"] == {"timestamp": "${{ steps.clock.outputs.timestamp }}"}
    assert {tuple(found[name]["needs"]) for name in "bc"} == {("setup", "a")}
    assert found["a"]["env"] == {"setup_timestamp": "${{ needs.setup.outputs.timestamp }}"}
    assert list(jobs(plan(made), WHOLE)) == ["p"]


# ---- mails ----


def test_a_mail_is_sent_where_any_step_of_its_stage_has_failed() -> None:
    whole = replace(FULL, credentials=USES)
    job = only(plan(chain(stage("unit", binds=MAIL.reads), whole)), able(SITE))
    mail = step(job, "mail about b")
    assert mail["continue-on-error"] is True
    parts = ("secrets", "stage", "collect", "keep", "trigger")
    failed = " || ".join(f"steps.{part}-b.outcome == 'failure'" for part in parts)
    assert mail["if"] == f"failure() && ({failed})"
    ids = {one.get("id") for one in job["steps"]}
    assert {f"{part}-b" for part in parts} <= ids


def test_a_mail_asks_only_about_steps_that_are_there() -> None:
    login = replace(USES[1], optional=True)
    job = only(plan(chain(stage("b", credentials=(login,), mail=replace(MAIL, reads=())))), able(SITE))
    asked = re.findall(r"steps\.([a-z-]+)\.", step(job, "mail about b")["if"])
    assert asked == ["stage-b"]
    assert step(job, "b")["env"].keys() == {"NAME", "WORD"}


def test_a_stage_in_the_background_that_was_skipped_is_not_mailed() -> None:
    made = pipeline("p", *(stage(name, mail=replace(MAIL, reads=())) for name in "ab"))
    job = only(plan(made), replace(WHOLE, mail_command=("sendmail",)))
    assert (
        "steps.wait-a.outcome == 'failure' && steps.wait-a.outputs.ended != 'skipped'"
        in step(job, "mail about a")["if"]
    )


def test_a_failure_that_is_not_ours_is_not_mailed() -> None:
    quiet = replace(CALL, propagate=False)
    job = only(plan(chain(stage("b", trigger=quiet, mail=replace(MAIL, reads=())))), able(SITE))
    assert "trigger" not in step(job, "mail about b")["if"]
    assert step(job, "trigger docs")["continue-on-error"] is True


def test_values_reach_the_mail_of_another_job() -> None:
    found = jobs(
        plan(chain(stage("unit", binds=MAIL.reads), stage("b", mail=MAIL))), replace(STAGEWISE, mail_command=("x",))
    )
    assert 'cp "$values/unit.output"' in step(found["unit"], "hand on")["run"]
    assert step(found["b"], "take from unit")


# ---- archives ----


def test_archives_keep_their_paths_and_become_one_artifact() -> None:
    job = only(PLANS["everything that a stage may do"], able(SITE))
    lines = step(job, "collect what b archives")["run"].splitlines()
    assert [line for line in lines if "path=" in line] == [
        "path=./reports.tar.gz",
        "path='./a b.txt'",
        "path=./.hidden",
        '[ ! -d "$path" ] || path=$path.tar.gz',
    ]
    assert step(job, "keep what b archives")["with"] == {
        "name": "b",
        "path": "${{ runner.temp }}/archive/b",
        "if-no-files-found": "error",
        "include-hidden-files": True,
    }


@pytest.mark.parametrize("slug", ["true", "0", "12345678901234567890", "1e5", "0x10", "null", "1_0"])
def test_the_name_of_an_artifact_is_a_text(slug: str) -> None:
    kept = replace(stage(slug, archives=(Archive("x", directory=False),)), name="a")
    assert step(only(plan(chain(kept))), "keep what a archives")["with"]["name"] == slug


@pytest.mark.parametrize("name", ['"', ":", "<", ">", "|"])
def test_a_file_that_no_artifact_may_hold_is_kept_in_a_tar_archive(name: str) -> None:
    use = Use(Feature.ARCHIVE, "test", "a")
    made = plan(chain(stage("a", archives=(Archive(f"x{name}y", directory=False),))), uses=(use,))
    assert GITHUB.support(use, made, SITE).level is Level.EMULATED
    assert "tar -xf" not in step(only(made), "collect what a archives")["run"]


# ---- triggers ----


def triggered(profile: Any, call: Any = CALL, flavour: str = "") -> tuple[Any, Any]:
    use = Use(Feature.TRIGGER, "test", "b", "docs")
    made = plan(chain(stage("b", trigger=call)), uses=(use,))
    return made, GITHUB.support(use, made, profile)


def test_a_workflow_of_the_same_repository_is_started_with_the_runs_token() -> None:
    made, support = triggered(DOCS)
    assert support.level is Level.EXACT
    job = only(made, DOCS)
    assert job["permissions"]["actions"] == "write"
    found = step(job, "trigger docs")
    assert found["env"] == {"token": "${{ github.token }}"}
    assert '--rawfile value1 "$values/b.parameter.LATER"' in found["run"]
    assert "--arg value0 '$all'" in found["run"]
    assert "--arg branch main" in found["run"]


def test_a_workflow_of_another_repository_is_started_with_the_profiles_token() -> None:
    made, support = triggered(FAR)
    assert support.level is Level.EXACT
    job = only(made, FAR)
    assert "actions" not in job["permissions"]
    found = step(job, "trigger docs")
    assert found["env"] == {"token": "${{ secrets.DISPATCH }}"}
    assert "actions=$GITHUB_API_URL/repos/team/docs/actions" in found["run"]
    assert "--arg branch stable" in found["run"]


@pytest.mark.parametrize(
    ("profile", "call", "why"),
    [
        (SITE, CALL, "name no workflow"),
        (replace(FAR, settings=SITE.settings), CALL, "is empty"),
        (replace(DOCS, settings=FORGEJO.settings), CALL, "nothing can wait"),
        (DOCS, replace(CALL, parameters=tuple(Parameter(f"P{i}", "", "") for i in range(26))), "at most 25 inputs"),
    ],
    ids=["no such workflow", "no token", "no waiting", "too many inputs"],
)
def test_a_trigger_that_cannot_work_is_refused(profile: Any, call: Any, why: str) -> None:
    _, support = triggered(profile, call)
    assert support.level is Level.UNSUPPORTED
    assert why in support.why


def test_forgejo_starts_what_nothing_waits_for() -> None:
    _, support = triggered(replace(DOCS, settings=FORGEJO.settings), replace(CALL, wait=False))
    assert support.level is Level.EXACT


# ---- the summary ----


def test_what_was_published_is_listed_where_the_forge_has_summaries() -> None:
    run = step(only(PLANS["everything that a stage may do"], able(SITE)), "list what b published")["run"]
    assert run.startswith('[ -z "${GITHUB_STEP_SUMMARY-}" ] || ')
