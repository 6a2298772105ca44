"""`attempts` of a stage: its program runs a container again after a failure, under each shell."""

from __future__ import annotations

import pytest
from support.ir_by_hand import Machine, copy_item, copy_step, lowered, own, profile, run_step, stage, text

from transpiler import ir
from transpiler.program import StageProgram

_FAILS = """#!/bin/sh
echo "$@" >> "$FAKE/told"
[ "$1" != run ] || { echo x >> "$FAKE/runs"; [ "$(grep -c x "$FAKE/runs")" -gt %d ] || exit 7; }
[ "$1" != logs ] || echo "of run $(grep -c x "$FAKE/runs")"
"""


def tried(attempts: int | None, *steps: ir.Step, **more: object) -> StageProgram:
    """The program of a stage `web` that is tried so often."""
    return lowered(stage("web", *steps, attempts=attempts), **more).stage("web")  # type: ignore[arg-type]


def told(machine: Machine) -> list[str]:
    return [line.split()[0] for line in (machine.root / "fake/told").read_text().splitlines()]


def test_a_run_that_succeeds_is_not_tried_again(machine: Machine) -> None:
    machine.command("docker", _FAILS % 0)
    done = machine.run(tried(3, run_step(text("x"))))
    assert (done.status, told(machine)) == (0, ["run"])
    assert done.err == "attempt 1 of 3\n"


def test_a_failed_attempt_is_followed_by_one_in_a_new_container(machine: Machine) -> None:
    machine.command("docker", _FAILS % 2)
    step = run_step(text("x"), tail=1)
    done = machine.run(tried(3, step, ir.Export("said", text(own("output"))), copy_step(copy_item("/a"))))
    assert (done.status, told(machine)) == (0, ["run", "rm", "run", "rm", "run", "logs", "cp"])
    assert done.values["web.output"] == "of run 3\n"
    assert done.err.splitlines() == [
        "attempt 1 of 3",
        "attempt 2 of 3, after exit status 7",
        "attempt 3 of 3, after exit status 7",
    ]


def test_the_stage_fails_as_its_last_attempt_does_and_its_container_stays(machine: Machine) -> None:
    machine.command("docker", _FAILS % 2)
    done = machine.run(tried(2, run_step(text("x")), copy_step(copy_item("/a"))))
    assert (done.status, told(machine)) == (7, ["run", "rm", "run"])


def test_the_engine_of_the_profile_removes_the_container(machine: Machine) -> None:
    machine.command("podman", _FAILS % 1)
    assert machine.run(tried(2, run_step(text("x")), site=profile(container="podman"))).status == 0
    assert told(machine) == ["run", "rm", "run"]


@pytest.mark.parametrize("attempts", [None])
def test_a_stage_without_attempts_is_as_before(attempts: int | None) -> None:
    assert not [line for line in tried(attempts, run_step(text("x"))).lines if "attempt" in line or "until" in line]


def test_no_value_takes_the_variable_that_counts(machine: Machine) -> None:
    machine.command("docker", _FAILS % 1)
    first = stage("a", ir.Export("ttempt", text("x")))
    second = stage("web", run_step(text("x")), ir.Export("attempt", text(own("container"))), attempts=2)
    program = lowered(first, second, stage("last", run_step(text(own("attempt"))))).stage("web")
    assert machine.run(program).values["web.attempt"] == "run-7-web"
