"""The shell around the programs: shellcheck finds nothing in it, and a request starts another workflow."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from doubles.github_api import Api, Dispatch, api
from engines.github_refusals import load
from support.github_plans import FAR, PLANS, SITES, able, chain, emitted, jobs, step
from support.plans import plan, stage

from transpiler.program import Parameter, TriggerCall
from unit.lowering.test_shellcheck import TOOL, checked

ODD = ("a b", 'it\'s "q"', "$(id)", "${{ github.token }}", "two\nlines\n", "\\", "", "é😀", "\x01\t", "@/etc/passwd")


@pytest.mark.skipif(not TOOL, reason="needs shellcheck")
@pytest.mark.parametrize("where", SITES)
def test_every_step_is_found_sound(where: str, tmp_path: Path) -> None:
    programs: dict[str, None] = {}
    for name, made in PLANS.items():
        for text in emitted(made, able(SITES[where])).values() if name != "300 stages" else ():
            runs = (one.get("run") for job in load(text)["jobs"].values() for one in job["steps"])
            programs.update(dict.fromkeys(filter(None, runs)))
    assert checked(((str(i), program) for i, program in enumerate(programs)), tmp_path) == ""


NEEDS = pytest.mark.skipif(not (shutil.which("jq") and shutil.which("curl")), reason="needs jq and curl")
TOKENS = {"team/docs": "secret_1", "team/app": "other"}


def call(*parameters: Parameter, wait: bool = False) -> TriggerCall:
    return TriggerCall("docs", parameters, propagate=True, wait=wait)


def start(github: Api, place: Path, made: TriggerCall, token: str = "secret_1") -> subprocess.CompletedProcess[str]:
    """The step of a trigger, run as the runner does; `sleep` takes no time."""
    (job,) = jobs(plan(chain(stage("b", trigger=made))), FAR).values()
    tools, values = place / "tools", place / "values"
    tools.mkdir()
    values.mkdir(exist_ok=True)
    (tools / "sleep").write_text("#!/bin/sh\n")
    (tools / "sleep").chmod(0o755)
    script = place / "script"
    script.write_text(step(job, "trigger docs")["run"])
    env = {"PATH": f"{tools}:/usr/bin:/bin", "GITHUB_API_URL": github.url, "token": token, "values": str(values)}
    env |= {"GITHUB_REPOSITORY": "team/app", "stop_token": "t"}
    return subprocess.run(["sh", "-e", str(script)], env=env, check=False, capture_output=True, text=True, timeout=60)


@NEEDS
def test_a_request_starts_the_workflow_with_texts_as_they_are(tmp_path: Path) -> None:
    given = [Parameter(f"P{i}", text, "") for i, text in enumerate(ODD)]
    later = [Parameter(f"Q{i}", None, f"b.parameter.Q{i}") for i in range(len(ODD))]
    (tmp_path / "values").mkdir()
    for i, text in enumerate(ODD):
        (tmp_path / "values" / f"b.parameter.Q{i}").write_text(text)
    with api(TOKENS) as github:
        done = start(github, tmp_path, call(*given, *later))
    assert done.returncode == 0, done.stderr
    texts = {f"{name}{i}": text for name in "PQ" for i, text in enumerate(ODD)}
    assert github.started == [Dispatch("team/docs", "build.yml", "stable", texts)]


@NEEDS
@pytest.mark.parametrize("conclusion", ["success", "failure", "cancelled", "timed_out"])
@pytest.mark.parametrize("before", [(), (200, 200), (200, 502, 502, 200)], ids=["at once", "later", "not answered"])
def test_a_stage_that_waits_ends_as_the_run_does(tmp_path: Path, conclusion: str, before: Sequence[int]) -> None:
    with api(TOKENS, conclusion, before) as github:
        done = start(github, tmp_path, call(wait=True))
    assert (done.returncode == 0) == (conclusion == "success"), done.stderr
    assert done.stdout.endswith(f"started run 1\nrun 1: {conclusion}\n")
    assert github.before == []


@NEEDS
def test_waiting_ends_where_no_request_is_answered(tmp_path: Path) -> None:
    with api(TOKENS, before=[403] * 40) as github:
        done = start(github, tmp_path, call(wait=True))
    assert done.returncode == 1
    assert len(github.before) == 10


@NEEDS
def test_a_stage_cannot_wait_for_a_run_that_no_answer_names(tmp_path: Path) -> None:
    with api(TOKENS, names_runs=False) as github:
        done = start(github, tmp_path, call(wait=True))
    assert (done.returncode, len(github.started)) == (1, 1)
    assert "names no run to wait for" in done.stderr


@NEEDS
def test_a_token_that_is_refused_ends_the_stage(tmp_path: Path) -> None:
    with api(TOKENS) as github:
        done = start(github, tmp_path, call(wait=True), "wrong")
    assert done.returncode != 0
    assert "404" in done.stderr
    assert github.started == []


def test_the_token_is_in_no_argument() -> None:
    """Arguments are seen by every process of the machine."""
    (job,) = jobs(plan(chain(stage("b", trigger=call()))), FAR).values()
    run = step(job, "trigger docs")["run"]
    assert [line for line in run.splitlines() if "$token" in line] == [
        '    printf \'header = "Authorization: Bearer %s"\' "$token" |'
    ]
