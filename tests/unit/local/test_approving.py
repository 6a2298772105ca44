"""`transpipe run` and stages that a person approves: on the terminal, beforehand, not at all."""

from __future__ import annotations

import sys

import pytest
from support.local_runs import Repository
from support.terminal import Terminal

CONFIG = """\
project: team/ores
pipelines:
  test:
    dockerfile: Dockerfile
    execution: [[build, ask, deploy], [build, lint]]
    stages:
      - {name: build, build: test}
      - {name: lint, build: test, run: {arguments: [ok]}}
      - name: ask
        approve: {message: Shall it go on?, timeout: SECONDS}
      - {name: deploy, build: test, run: {arguments: [print, '${ask.approvedBy|nobody}']}}
"""


@pytest.fixture
def asking(repository: Repository) -> Repository:
    write(repository, "9m")
    return repository


def write(repository: Repository, seconds: str) -> None:
    (repository.root / ".pipeline/config.yaml").write_text(CONFIG.replace("SECONDS", seconds))


def terminal(repository: Repository) -> Terminal:
    return Terminal([sys.executable, *repository.command, "run", "test"], repository.root, repository.env)


def deployed(repository: Repository) -> bool:
    return any("test-deploy" in line for line in repository.calls.splitlines() if line.startswith("run "))


def test_without_a_terminal_nobody_approves_and_the_run_is_no_success(asking: Repository) -> None:
    ran = asking("test")
    assert ran.code == 1
    assert "ask     not started: was not approved: there is no terminal to ask, and no --approve ask" in ran.err
    assert "deploy  not started: comes after ask" in ran.err
    assert not deployed(asking)
    assert not asking.containers


@pytest.mark.parametrize("name", ["ask", "test/ask"])
def test_it_is_approved_beforehand(asking: Repository, name: str) -> None:
    ran = asking("test", "--approve", name)
    assert ran.code == 0, ran.err
    assert deployed(asking)


def test_a_stage_that_does_not_ask_cannot_be_approved(asking: Repository) -> None:
    ran = asking("test", "--approve", "lint")
    assert ran.code == 2
    assert "--approve lint: no stage of this run with that name has `approve`; these have it: test/ask" in ran.err
    ran = asking("test/lint", "--approve", "lint")
    assert ran.code == 2
    assert "--approve lint: no stage of this run has `approve`" in ran.err
    assert not asking.calls


@pytest.mark.parametrize(("typed", "goes_on"), [("y\n", True), ("yes\n", True), ("n\n", False), ("\n", False)])
def test_the_person_at_the_terminal_is_asked_once_the_rest_has_run(
    asking: Repository, typed: str, goes_on: bool
) -> None:
    with terminal(asking) as screen:
        screen.expect(r"ask waits for approval: Shall it go on\? Start it\? \[y/N\]")
        assert any("test-lint" in line for line in asking.calls.splitlines())
        assert not deployed(asking)
        screen.type(typed)
        screen.expect("4 stages" if goes_on else "2 of 4 stages succeeded")
        assert screen.process.wait() == (0 if goes_on else 1)
    assert deployed(asking) is goes_on


def test_an_answer_that_does_not_come_in_time_is_none(asking: Repository) -> None:
    write(asking, "1s")
    with terminal(asking) as screen:
        screen.expect("was not approved in time")
        assert screen.process.wait() == 1
    assert not deployed(asking)


def test_ctrl_c_ends_the_question_and_cleans_up(asking: Repository) -> None:
    with terminal(asking) as screen:
        screen.expect("waits for approval")
        screen.type("\x03")
        screen.expect("the run was stopped")
        assert screen.process.wait() == 1
    assert not deployed(asking)
    assert not asking.containers
