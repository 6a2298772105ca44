"""What the jobs' scripts do: run for real by gitlab-ci-local, without docker.

It runs jobs in waves and keeps an `after_script` from leaving artifacts, so pipelines here have no teardown; what the
teardown scripts do is tried by the shell alone.
"""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from engines.fixtures import GitlabJudge
from engines.gitlab_local import LocalRun
from support.plans import pipeline, plan, stage
from support.settings import with_settings

from transpiler.ir import CredentialKind, Event
from transpiler.profile import Profile, SiteCredential
from transpiler.program import CredentialUse, PipelineProgram, StageProgram, ValueFile
from transpiler.quoting import sh
from unit.targets.test_gitlab import LOCAL, MAIL, MAILING, emitted

pytestmark = pytest.mark.engine

HERE = with_settings(LOCAL, "gitlab", image=None, services=())


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "tracked").write_text("as committed\n")
    git = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@localhost"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *words], check=True)
    return root


def run(
    judge: GitlabJudge, checkout: Path, *pipelines: PipelineProgram, profile: Profile = HERE, **env: str
) -> LocalRun:
    tidy = [replace(p, teardown=()) for p in pipelines]
    (checkout / ".gitlab-ci.yml").write_text(emitted(plan(*tidy), profile))
    return judge.run(checkout, env)


def chained(*stages: StageProgram, **changes: Any) -> PipelineProgram:
    names = [s.name for s in stages]
    return pipeline("p", *stages, edges=tuple(itertools.pairwise(names)), events=(Event.MERGE,), **changes)


def results(done: LocalRun, want: Mapping[str, str]) -> None:
    assert dict(done.jobs) == want, done.output


def test_a_diamond_runs_and_each_stage_after_its_predecessors(
    gitlab_judge: GitlabJudge, checkout: Path, tmp_path: Path
) -> None:
    note = f'echo "{{}}" >> {tmp_path}/order'
    names = ("a", "b", "c", "d")
    edges = (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"))
    stages = (stage(n, note.format(n)) for n in names)
    done = run(gitlab_judge, checkout, pipeline("p", *stages, edges=edges, events=(Event.MERGE,)))
    results(done, dict.fromkeys(("p-a", "p-b", "p-c", "p-d"), "pass"))
    order = (tmp_path / "order").read_text().split()
    assert (order[0], order[-1], sorted(order)) == ("a", "d", ["a", "b", "c", "d"])


@pytest.mark.parametrize(
    "text",
    ["plain", "two\nlines\n\n", 'it\'s "quoted" `id` $HOME $(id) ${#x} {{ x }}', "\\n \\ 😀 %s", "", " - x: y #"],
    ids=repr,
)
def test_a_value_crosses_jobs_byte_for_byte(
    gitlab_judge: GitlabJudge, checkout: Path, tmp_path: Path, text: str
) -> None:
    value = ValueFile("a", "v", "a.v")
    giver = stage("a", "mkdir elsewhere", "cd elsewhere", f'printf %s {sh(text)} > "$values/a.v"', binds=(value,))
    taker = stage("c", f'cp "$values/a.v" {tmp_path}/got', "test ! -e .values", reads=(value,))
    done = run(gitlab_judge, checkout, chained(giver, stage("b"), taker))
    results(done, {"p-a": "pass", "p-b": "pass", "p-c": "pass"})
    assert (tmp_path / "got").read_bytes() == text.encode()


@pytest.mark.parametrize("odd", ["out", "o *t", "[1]", "a?", "$a", "{a,b}", "it's", "-x"])
def test_copied_files_reach_every_descendant_and_no_one_else(
    gitlab_judge: GitlabJudge, checkout: Path, odd: str
) -> None:
    place = sh(f"./{odd}/x")
    copying = stage("a", f"mkdir -p {place}", f"echo 1 > {place}/1", "echo 2 > top", copies=(odd, "top"))
    here = stage("c", f"cat {place}/1 top")
    alone = stage("alone", "test ! -e top")
    graph = pipeline("p", copying, stage("b"), here, alone, edges=(("a", "b"), ("b", "c")), events=(Event.MERGE,))
    done = run(gitlab_judge, checkout, graph)
    results(done, dict.fromkeys(("p-a", "p-b", "p-c", "p-alone"), "pass"))


def test_the_last_of_those_who_copy_to_the_same_place_wins(gitlab_judge: GitlabJudge, checkout: Path) -> None:
    done = run(
        gitlab_judge,
        checkout,
        chained(
            stage("z", "mkdir out", "echo old > out/x", "echo kept > out/y", "echo new > tracked", copies=(".",)),
            stage("a", "cat out/x", "echo new > out/x", copies=("out/x",)),
            stage("m", 'test "$(cat out/x out/y tracked | xargs)" = "new kept new"'),
        ),
    )
    results(done, {"p-z": "pass", "p-a": "pass", "p-m": "pass"})


def test_a_failure_keeps_its_descendants_from_starting_and_no_one_else(
    gitlab_judge: GitlabJudge, checkout: Path
) -> None:
    graph = pipeline(
        "p",
        stage("a", "false"),
        stage("b"),
        stage("c"),
        stage("d"),
        edges=(("a", "b"), ("b", "c")),
        events=(Event.MERGE,),
    )
    done = run(gitlab_judge, checkout, graph)
    results(done, {"p-a": "fail", "p-d": "pass"})
    assert done.status != 0


def test_wide_graphs_wait_through_joining_jobs(gitlab_judge: GitlabJudge, checkout: Path) -> None:
    count = 60
    wide = [stage(f"s{i}", f"echo {i} > out{i}", copies=(f"out{i}",)) for i in range(count)]
    end = stage("end", f'test "$(cat out* | wc -l)" = {count}')
    graph = pipeline("p", *wide, end, edges=tuple((s.name, "end") for s in wide), events=(Event.MERGE,))
    done = run(gitlab_judge, checkout, graph)
    assert done.jobs["p-end"] == "pass", done.output


def test_a_failed_stage_is_mailed_with_what_it_had_bound(
    gitlab_judge: GitlabJudge, checkout: Path, tmp_path: Path
) -> None:
    compose = ("set -eu", f'printf %s "$setup_logURL" > {tmp_path}/mailed')
    mail = replace(MAIL, compose=compose, send=("true",), reads=())
    profile = replace(HERE, mail_command=("sendmail",))
    done = run(gitlab_judge, checkout, chained(stage("a", "false", mail=mail), stage("b", mail=mail)), profile=profile)
    results(done, {"p-a": "fail", "p-a mail": "pass"})
    assert "/pipelines/" in (tmp_path / "mailed").read_text()


def test_a_credential_that_is_not_there_stops_the_job_and_says_which(gitlab_judge: GitlabJudge, checkout: Path) -> None:
    profile = replace(HERE, credentials={"t": SiteCredential(CredentialKind.SECRET_TEXT, {"gitlab": ("SITE_TOKEN",)})})
    use = CredentialUse("t", CredentialKind.SECRET_TEXT, ("TOKEN",))
    done = run(gitlab_judge, checkout, chained(stage("a", 'echo "got $TOKEN"', credentials=(use,))), profile=profile)
    results(done, {"p-a": "fail"})
    assert "SITE_TOKEN" in done.logs["p-a"] + done.output


@pytest.mark.parametrize("status", ["success", "failed"])
@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_a_job_hands_its_mail_what_was_bound_only_when_it_fails(tmp_path: Path, shell: str, status: str) -> None:
    read = ValueFile("unit", "output", "unit.output")
    mailing = stage("unit", mail=replace(MAIL, reads=(read,)))
    job = yaml.safe_load(emitted(plan(pipeline("p", mailing)), MAILING))["p-unit"]
    (tmp_path / "checkout").mkdir()
    (tmp_path / "checkout.values").mkdir()
    (tmp_path / "checkout.values" / "unit.output").write_text("it's\nhere")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "docker").write_text("#!/bin/sh\n")
    (tools / "docker").chmod(0o755)
    done = subprocess.run(
        [shell, "-c", "\n".join(job["after_script"])],
        cwd=tmp_path / "checkout",
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": f"{tools}:/usr/bin:/bin", "CI_JOB_STATUS": status, "CI_PROJECT_PATH_SLUG": "x", "CI_JOB_ID": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    handed = tmp_path / "checkout" / ".values" / "unit.output"
    assert handed.exists() == (status == "failed")
