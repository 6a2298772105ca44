"""`timeout` of a stage: its program ends itself and all that it has started, under each shell."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from uuid import uuid4

import pytest
from support.ir_by_hand import Machine, build_step, lines_of, lowered, profile, run_step, stage, text

from transpiler import ir
from transpiler.program import StageProgram


def limited(seconds: int, *steps: ir.Step, **more: object) -> StageProgram:
    """The program of a stage `web` with a limit."""
    return lowered(stage("web", *steps, timeout=seconds), **more).stage("web")  # type: ignore[arg-type]


def test_a_stage_without_a_limit_is_as_before() -> None:
    assert not [line for line in lines_of(build_step(), run_step(text("x"))) if "end_after" in line]


@pytest.mark.slow
def test_what_takes_too_long_is_ended_and_said(machine: Machine) -> None:
    mark = f"# {uuid4()}"
    machine.command("docker", f"#!/bin/sh\ncase $1 in run) sh -c 'sleep 60; : {mark}' & wait ;; esac\n")
    began = time.monotonic()
    done = machine.run(limited(1, build_step(), run_step(text("x"))))
    assert done.status == 124
    assert "This stage has exceeded its time limit of 1s.\n" in done.err
    assert time.monotonic() - began < 8
    assert mark not in _processes()


@pytest.mark.slow
def test_what_ignores_the_request_to_end_is_killed_10_seconds_later(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    mark = str(uuid4())
    machine.command(
        "docker", f"#!/bin/sh\n[ $1 = run ] || exec echo $*\nexec sh -c 'trap \"\" TERM; sleep 61; : {mark}'\n"
    )
    done = machine.run(limited(1, run_step(text("x"))))
    assert done.status == 124
    assert mark not in _processes()


@pytest.mark.slow
def test_the_container_is_killed_by_the_engine_of_the_profile(machine: Machine) -> None:
    machine.command("podman", '#!/bin/sh\ncase $1 in run) sleep 60 ;; kill) echo "$2" > "$FAKE/killed" ;; esac\n')
    machine.run(limited(1, run_step(text("x")), site=profile(container="podman")))
    assert (machine.root / "fake/killed").read_text() == "run-7-web\n"


def _processes() -> str:
    return subprocess.run(["ps", "-A", "-o", "args"], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(("fail", "status"), [(False, 0), (True, 3)])
def test_a_stage_that_ends_in_time_ends_as_it_would_without_a_limit(machine: Machine, fail: bool, status: int) -> None:
    if fail:
        machine.put("fake/fail", "")
    began = time.monotonic()
    done = machine.run(limited(600, build_step(), run_step(text("x"))))
    assert (done.status, done.err) == (status, "")
    assert time.monotonic() - began < 8
    assert "web.running" not in done.values


def test_values_are_written_by_a_stage_with_a_limit(machine: Machine) -> None:
    step = ir.Export("key", text("a'b"))
    program = lowered(stage("web", step, timeout=60), stage("last", run_step(text("x")))).stage("web")
    assert machine.run(program).values["web.key"] == "a'b"
