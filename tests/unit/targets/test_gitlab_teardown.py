"""What a GitLab job removes after its program, and what the last job does: the scripts run as the runner runs them."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.plans import TEARDOWN, pipeline, plan, stage

from transpiler.program import PipelineProgram, StageProgram, ValueFile
from unit.targets.test_gitlab import BUILD, LOCAL, SITE, UNIT, chain, said

# Tools that say what they were asked, and fail as they are told.
TOOL = """#!/bin/sh
echo "$(basename "$0") $*" >> "$TOLD"
[ "$1" != ps ] || exit "$PS"
[ "$(basename "$0")" != helm ] || exit 1
"""


def deploying(name: str) -> StageProgram:
    """A stage whose release `<name>.releaseName` tells."""
    file = f"{name}.releaseName"
    undo = (f'[ ! -s "$values/{file}" ] || \\', f'    helm uninstall "$(cat "$values/{file}")"')
    return stage(name, kinds=("deploy",), releases=file, uninstall=undo, binds=(ValueFile(name, "releaseName", file),))


def torn_down(made: PipelineProgram) -> PipelineProgram:
    """The pipeline with the teardown that lowering would give it."""
    released = [line for s in made.stages for line in s.uninstall]
    return replace(made, teardown=(*released, *TEARDOWN, 'rm -rf "$values"'))


def end(place: Path, jobs: dict[str, Any], job: str, files: Sequence[str], status: str = "success", ps: int = 0) -> str:
    """Runs a job's `after_script`, or the script of the last job, where `$values` holds these files; what the tools
    were asked. Under bash, as the runner does, so that the first failure would be the end."""
    body = jobs[job]
    after = body["after_script"] if body.get("after_script") else jobs[".job"]["after_script"]
    script = body["script"] if job.endswith("teardown") else after
    values = place / "checkout" / ".values" if job.endswith("teardown") else place / "checkout.values"
    for directory in (place / "checkout", place / "tools", values):
        directory.mkdir(parents=True)
    for name in ("docker", "helm"):
        (place / "tools" / name).write_text(TOOL)
        (place / "tools" / name).chmod(0o755)
    for file in files:
        (values / file).write_text(file)
    told = place / "told"
    told.touch()
    subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(script)],
        cwd=place / "checkout",
        check=False,
        env={
            "PATH": f"{place / 'tools'}:/usr/bin:/bin",
            "CI_JOB_STATUS": status,
            "CI_PROJECT_PATH_SLUG": "x",
            "CI_JOB_ID": "1",
            "CI_PIPELINE_ID": "2",
            "CI_JOB_NAME": job,
            "TOLD": str(told),
            "PS": str(ps),
        },
    )
    return told.read_text()


def readers() -> PipelineProgram:
    """Two stages that use one release, of whose stage one reads another value alone."""
    deploy = deploying("stag")
    url, name = ValueFile("stag", "url", "stag.url"), deploy.binds[0]
    first, second = stage("t1", reads=(url,)), stage("t2", reads=(name,))
    edges = (("stag", "t1"), ("stag", "t2"))
    return pipeline("test", replace(deploy, binds=(url, name)), first, second, edges=edges)


@pytest.mark.parametrize("job", ["test-t1", "test-t2"])
def test_who_takes_a_value_of_a_deploying_stage_leaves_its_release_alone(tmp_path: Path, job: str) -> None:
    jobs = said(plan(torn_down(readers())))
    assert "helm" not in end(tmp_path, jobs, job, ["stag.url", "stag.releaseName"])
    assert not (tmp_path / "checkout.values").exists()


@pytest.mark.parametrize("job", ["test-stag", "test teardown"])
def test_a_release_goes_with_its_own_job_that_failed_or_with_the_last(tmp_path: Path, job: str) -> None:
    told = end(tmp_path, said(plan(torn_down(readers()))), job, ["stag.releaseName"], "failed")
    assert told.count("helm uninstall stag.releaseName\n") == 1


@pytest.mark.parametrize("job", ["test-stag", "test-t1"])
def test_what_fails_in_the_teardown_keeps_nothing_else_from_going(tmp_path: Path, job: str) -> None:
    told = end(tmp_path, said(plan(torn_down(readers()))), job, ["stag.releaseName"], ps=1)
    assert "docker images" in told
    assert not (tmp_path / "checkout.values").exists()


def test_the_last_job_goes_on_after_a_release_that_is_gone(tmp_path: Path) -> None:
    made = chain(BUILD, UNIT, deploying("one"), deploying("two"), stage("last"))
    told = end(tmp_path, said(plan(torn_down(made)), LOCAL), "test teardown", ["one.releaseName", "two.releaseName"])
    assert [line.split()[0:2] for line in told.splitlines()] == [
        ["helm", "uninstall"],
        ["helm", "uninstall"],
        ["docker", "ps"],
        ["docker", "images"],
    ]
    assert "ci.run=gitlab-2-test-build" in told


def test_the_last_job_looks_for_nothing_that_cannot_be_there() -> None:
    (script,) = said(plan(torn_down(readers())))["test teardown"]["script"]
    assert "docker" not in script
    assert "run=" not in script


@pytest.mark.parametrize(("status", "spared"), [("success", True), ("failed", False)])
def test_a_job_spares_what_others_use_but_no_values(tmp_path: Path, status: str, spared: bool) -> None:
    told = end(tmp_path, said(plan(torn_down(chain(BUILD, UNIT))), LOCAL), "test-build", ["login"], status)
    assert (told == "") == spared
    assert not (tmp_path / "checkout.values").exists()


def test_what_is_published_and_run_stays_for_the_jobs_that_share_a_daemon() -> None:
    """Elsewhere the job that pulls it removes it; there it would take it from others, which have no name for it."""
    made = torn_down(chain(stage("web", publishes="web.published"), stage("smoke", takes=True)))
    apart, shared = said(plan(made)), said(plan(made), LOCAL)
    assert "$values/taken" in apart[".job"]["after_script"][0]
    assert "$values/taken" not in str(shared)
    assert "for job in test-web; do" in shared["test teardown"]["script"][0]


def in_job(tools: Path, script: str, password: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a script in a job with GitLab's variables for its registry, and these tools first in PATH."""
    environment = {
        "PATH": f"{tools}:/usr/bin:/bin",
        "run": "x-1",
        "values": str(tools),
        "CI_REGISTRY_IMAGE": "r/x",
        "CI_PIPELINE_ID": "1",
        "CI_JOB_NAME": "j",
        "CI_REGISTRY": "r",
        "CI_REGISTRY_USER": "me",
        "CI_REGISTRY_PASSWORD": password,
    }
    return subprocess.run(["sh", "-euc", script], check=False, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("command", ["docker", "podman"])
def test_images_travel_without_a_login_of_the_runners_own(tmp_path: Path, command: str) -> None:
    """`log_in` and what follows it find the login below `$values` alone."""
    jobs = said(plan(chain(BUILD, UNIT)), replace(SITE, container=command))
    (functions,) = [text for text in jobs[".job"]["before_script"] if "log_in()" in text]
    tool = tmp_path / command
    tool.write_text('#!/bin/sh\n[ "$1" = context ] || echo "$1 ${DOCKER_CONFIG-}${REGISTRY_AUTH_FILE-}"\n')
    tool.chmod(0o755)
    (tmp_path / "build.imageID").touch()
    script = f"{functions}\ngive_image build\ntake_image build\n{command} build"
    done = in_job(tmp_path, script, "p")
    assert done.returncode == 0
    login = tmp_path / "login"
    assert done.stdout.splitlines() == ["tag ", f"push {login}", f"pull {login}", "tag ", "build "]
    written = json.loads((login if command == "podman" else login / "config.json").read_text())
    assert written["auths"] == {"r": {"auth": b64encode(b"me:p").decode()}}


@pytest.mark.parametrize("given", ["", "wrong"], ids=["without a registry", "with one that refuses"])
def test_a_job_says_why_images_do_not_travel(tmp_path: Path, given: str) -> None:
    jobs = said(plan(chain(BUILD, UNIT)))
    (functions,) = [text for text in jobs[".job"]["before_script"] if "log_in()" in text]
    (tmp_path / "docker").write_text('#!/bin/sh\n[ "$1" != push ]\n')
    (tmp_path / "docker").chmod(0o755)
    (tmp_path / "build.imageID").touch()
    done = in_job(tmp_path, f"{functions}\ngive_image build", given)
    assert done.returncode == 1
    assert "which this job cannot use" in done.stderr
