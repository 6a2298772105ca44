"""Stages in the background of a job: each step's script is run by the shell, in the order of the workflow."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.github_plans import CALL, WHOLE, able, jobs, step
from support.plans import pipeline, plan, stage

from transpiler.program import Archive, PipelineProgram

EDGES = (("a", "b"), ("b", "e"), ("c", "e"))


class Runner:
    """Runs the steps of a job by their names, with what they hand each other in files, as the runner does."""

    def __init__(self, place: Path, made: PipelineProgram) -> None:
        (self.job,) = jobs(plan(made), able(WHOLE)).values()
        self.place, self.checkout = place, place / "checkout"
        self.checkout.mkdir()
        for file in ("env", "output"):
            (place / file).touch()
        (place / "tools").mkdir()
        self.tool("curl", 'echo curl >> "$TOLD"')
        self.env = {
            "PATH": f"{place / 'tools'}:/usr/bin:/bin",
            "TOLD": str(place / "told"),
            "token": "t",
            "RUNNER_TEMP": str(place / "temp"),
            "GITHUB_ENV": str(place / "env"),
            "GITHUB_OUTPUT": str(place / "output"),
            "GITHUB_RUN_ID": "1",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_JOB": "test",
            "GITHUB_REPOSITORY": "team/app",
            "GITHUB_API_URL": "http://127.0.0.1",
        }
        assert self.run("begin") == 0
        self.env |= dict(line.split("=", 1) for line in (place / "env").read_text().splitlines())

    def tool(self, name: str, text: str) -> None:
        (self.place / "tools" / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.place / "tools" / name).chmod(0o755)

    def run(self, name: str) -> int:
        script = self.place / "script"
        script.write_text(step(self.job, name)["run"])
        done = subprocess.run(
            ["sh", "-e", str(script)], cwd=self.checkout, env=self.env, check=False, capture_output=True, timeout=60
        )
        return done.returncode

    @property
    def ended(self) -> list[str]:
        """What each wait found."""
        return [line.partition("=")[2] for line in (self.place / "output").read_text().splitlines()]


def row(*a: str, b: str = "true", c: str = "true", **changes: Any) -> PipelineProgram:
    made = (stage("a", *a, **changes), stage("b", b), stage("c", c), stage("e"))
    whole = pipeline("test", *made, edges=EDGES)
    return replace(whole, teardown=(*whole.teardown, 'rm -rf "$values"'))


def test_a_row_ends_when_all_have(tmp_path: Path) -> None:
    runner = Runner(tmp_path, row("sleep 0.3", "touch one", b="[ -e one ]", c="[ ! -e one ]"))
    assert [runner.run(f"start {name}") for name in "acb"] == [0, 0, 0]
    assert [runner.run(f"wait for {name}") for name in "abc"] == [0, 0, 0]
    assert runner.ended == ["0", "0", "0"]


def test_a_failure_keeps_those_behind_it_from_running_and_no_others(tmp_path: Path) -> None:
    runner = Runner(tmp_path, row("exit 7", b="touch never", c="touch two"))
    for name in "acb":
        runner.run(f"start {name}")
    assert [runner.run(f"wait for {name}") == 0 for name in "abc"] == [False, False, True]
    assert runner.ended == ["7", "skipped", "0"]
    assert sorted(os.listdir(runner.checkout)) == ["two"]


@pytest.mark.parametrize(
    ("status", "propagate", "ended"),
    [(0, True, "0"), (22, True, "skipped"), (22, False, "0")],
    ids=["it starts", "it does not", "which does not count"],
)
def test_a_stage_waits_for_what_follows_another(tmp_path: Path, status: int, propagate: bool, ended: str) -> None:
    call = replace(CALL, parameters=(), wait=False, propagate=propagate)
    archives = (Archive("kept", directory=False),)
    runner = Runner(tmp_path, row("echo 1 > kept", b="echo 2 > kept; touch ran", trigger=call, archives=archives))
    runner.tool("curl", f"exit {status}")
    for name in ("start a", "start c", "start b", "wait for a"):
        assert runner.run(name) == 0
    assert not (runner.checkout / "ran").exists()
    assert runner.run("collect what a archives") == 0
    assert not (runner.checkout / "ran").exists()
    assert runner.run("trigger docs") == status
    runner.run("wait for b")
    assert runner.ended[-1] == ended
    assert (runner.checkout / "ran").exists() == (ended == "0")
    assert (tmp_path / "temp/archive/a/kept").read_text() == "1\n", "as it was when its stage ended"


def test_teardown_ends_what_still_runs(tmp_path: Path) -> None:
    runner = Runner(tmp_path, row("sleep 60", c='echo "$$" > "$TOLD"; exec sleep 60'))
    runner.tool("docker", "true")
    for name in ("start a", "start c", "start b"):
        runner.run(name)
    subprocess.run(["sh", "-c", 'until [ -s "$TOLD" ]; do sleep 0.05; done'], env=runner.env, check=True, timeout=20)
    assert runner.run("teardown") == 0
    process = (tmp_path / "told").read_text().strip()
    gone = f"while grep -q sleep /proc/{process}/cmdline 2> /dev/null; do sleep 0.05; done"
    subprocess.run(["sh", "-c", gone], check=True, timeout=20)
    assert not (tmp_path / "temp/values").exists()
