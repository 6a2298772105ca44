"""A stage that a person enters: its container is there before what may fail, and at once nothing follows it."""

from __future__ import annotations

import pytest
from support.ir_by_hand import (
    Machine,
    copy_item,
    copy_step,
    pipeline,
    profile,
    run_step,
    service,
    stage,
    text,
)

from transpiler import ir
from transpiler.lowering import Entered, lower
from transpiler.program import StageProgram

# Tells what it was asked for; the run fails as often as `fails` says.
DOCKER = """#!/bin/sh
echo "$*" >> "$FAKE/told"
case $1 in
    start) [ "$(grep -c ^start "$FAKE/told")" -gt "$(cat "$FAKE/fails")" ] || exit 7 ;;
    create) echo 0123456789 ;;
    inspect) case $3 in *Healthcheck*) ;; *) echo "true 0" ;; esac ;;
esac
"""


@pytest.fixture
def daemon(machine: Machine) -> Machine:
    machine.command("docker", DOCKER)
    machine.put("fake/fails", "0")
    return machine


def program(step: ir.Run, *, at_once: bool, entered: str = "web", **keys: object) -> StageProgram:
    made = stage("web", step, copy_step(copy_item("report")), **keys)
    workflow = ir.Workflow(".pipeline/config.yaml", "group/app", (pipeline(made),))
    where = Entered(workflow.pipelines[0].name, entered, at_once)
    return lower(workflow, profile(), where).pipelines[0].stage("web")


def verbs(machine: Machine) -> list[str]:
    """The first words of what docker was asked for, and of a service that it is one."""
    lines = (machine.root / "fake/told").read_text().splitlines()
    kinds = ("network", "create", "run", "start", "rm", "cp")
    return [line.split()[0] for line in lines if line.split()[0] in kinds]


def test_the_container_is_there_before_the_services_start(daemon: Machine) -> None:
    step = run_step(text("app"), services=(service("db"),))
    done = daemon.run(program(step, at_once=False))
    assert (done.status, done.out) == (0, "")
    assert verbs(daemon) == ["network", "create", "run", "start", "cp"]
    (created,) = (line for line in (daemon.root / "fake/told").read_text().splitlines() if line.startswith("create"))
    assert created == "create --name run-7-web --label ci.run=run-7 --network run-7-web app"


def test_each_attempt_has_a_container_of_its_own(daemon: Machine) -> None:
    daemon.put("fake/fails", "1")
    step = run_step(text("app"), services=(service("db"),))
    assert daemon.run(program(step, at_once=False, attempts=3)).status == 0
    assert verbs(daemon) == ["network", "create", "run", "start", "rm", "create", "run", "start", "cp"]


def test_at_once_no_attempt_is_made_and_no_step_follows(daemon: Machine) -> None:
    step = run_step(text("app"), services=(service("db"),))
    assert daemon.run(program(step, at_once=True, attempts=3)).status == 0
    assert verbs(daemon) == ["network", "create", "run"]
    assert verbs_of(program(run_step(text("app")), at_once=True), daemon) == ["create"]


def verbs_of(made: StageProgram, machine: Machine) -> list[str]:
    (machine.root / "fake/told").unlink()
    assert machine.run(made).status == 0
    return verbs(machine)


def test_other_programs_stay_as_they_are() -> None:
    alone, beside = run_step(text("app")), run_step(text("app"), services=(service("db"),))
    usual = program(beside, at_once=False, entered="other")
    assert usual == program(beside, at_once=True, entered="other")
    assert usual != program(beside, at_once=False)
    assert program(alone, at_once=False) == program(alone, at_once=False, entered="other")
