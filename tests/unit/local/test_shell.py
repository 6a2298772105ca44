"""`transpipe run --shell STAGE`: when the shell opens, where, and that nothing stays. docker is a fake."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from support.local_runs import IMPATIENT, Repository, wait_for
from support.terminal import Terminal

CONFIG = """\
project: team/ores
pipelines:
  test:
    dockerfile: Dockerfile
    execution: [[build, unit, report]]
    stages:
      - {name: build, build: test}
      - {name: unit, build: test, run: {arguments: [UNIT], credentials: [{id: token, name: TOKEN}]}, copy: [a]}
      - {name: report, run: {image: '${build.imageID}', arguments: [ok]}}
  ship:
    dockerfile: Dockerfile
    stages:
      - {name: build, build: test}
      - {name: push, publish: {image: {id: '${build.imageID}'}}}
"""
SECRET = "s3cret-text"


@pytest.fixture
def shop(repository: Repository) -> Repository:
    """The repository of these tests."""
    repository.env |= {"TERM": "xterm", "TRANSPIPE_CREDENTIAL_TOKEN": SECRET, "PS1": "fake> "}
    (repository.root / ".pipeline/profile.yaml").write_text("credentials: {token: {kind: secret-text}}\n")
    write(repository, "fail")
    return repository


def write(repository: Repository, unit: str) -> None:
    (repository.root / ".pipeline/config.yaml").write_text(CONFIG.replace("UNIT", unit))


def terminal(repository: Repository, *arguments: str) -> Terminal:
    return Terminal([sys.executable, *repository.command, "run", *arguments], repository.root, repository.env)


def left(repository: Repository) -> list[str]:
    """What is left of a run: containers, images, and directories."""
    images = {words.split()[-1] for words in repository.calls.splitlines() if words.startswith("commit ")}
    removed = {words.split()[-1] for words in repository.calls.splitlines() if words.startswith("rmi ")}
    made = ["5678"] if images and "sha256:5678" not in removed else []
    return [*repository.containers, *made, *(path.name for path in repository.root.parent.glob("transpipe-*"))]


@pytest.mark.parametrize("unit", ["fail", "ok"])
@pytest.mark.parametrize("name", ["unit", "test/unit"])
def test_the_shell_opens_after_the_stage_however_it_ended(unit: str, name: str, shop: Repository) -> None:
    write(shop, unit)
    with terminal(shop, "--shell", name) as screen:
        screen.expect("test/unit +.*(failed|succeeded)")
        screen.expect(r"the command of test/unit: entry 'a b'\n")
        screen.expect("a shell in the container of test/unit; `exit` ends it and cleans up\n")
        screen.expect("fake> ")
        screen.type("echo it $((40 + 2)); exit 3\n")
        screen.expect("it 42")
        screen.expect(f"{int(unit == 'ok') + 1} of 2 stages succeeded" if unit == "fail" else "all 2 stages succeeded")
        assert screen.finish() == (unit == "fail")
    (run,) = (line for line in shop.calls.splitlines() if "--tty" in line)
    own = re.fullmatch(
        r"run --interactive --tty --name (local-\S+-test-unit)\.SHELL --label ci\.run=(local-\S+-test) "
        r"--no-healthcheck --volumes-from (local-\S+-test-unit) --entrypoint sh sha256:5678 -c .*",
        run,
    )
    assert own
    assert own[1] == own[3] == f"{own[2]}-unit"
    assert SECRET not in shop.calls
    assert left(shop) == []
    assert "report" not in screen.shown


def test_at_once_the_command_does_not_run_and_nothing_follows_it(shop: Repository) -> None:
    with terminal(shop, "--shell", "unit", "--at-once") as screen:
        screen.expect("test/unit +.*prepared")
        screen.expect("fake> ")
        screen.type("exit\n")
        screen.expect("1 of 2 stages succeeded")
        assert screen.finish() == 0
    kinds = [line.split()[0] for line in shop.calls.splitlines() if line.split()[0] in ("create", "run", "start", "cp")]
    assert kinds == ["create", "run"]
    assert "it is broken" not in screen.shown
    assert left(shop) == []


def test_a_stage_that_only_builds_has_a_shell_in_its_image(shop: Repository) -> None:
    with terminal(shop, "--shell", "test/build") as screen:
        screen.expect("a shell in the image of test/build")
        screen.expect("fake> ")
        screen.type("exit\n")
        assert screen.finish() == 0
    assert "--entrypoint sh sha256:1234 -c" in shop.calls
    assert "commit" not in shop.calls
    assert "rmi" not in shop.calls.split("images --quiet")[0]
    assert left(shop) == []


def test_a_container_that_still_runs_is_entered(shop: Repository) -> None:
    (shop.fake / "running").touch()
    with terminal(shop, "--shell", "unit") as screen:
        screen.expect("a shell in the container of test/unit, which still runs")
        screen.expect("fake> ")
        screen.type("exit\n")
        assert screen.finish() == 1
    assert re.search(r"\nexec --interactive --tty local-\S+-test-unit sh -c ", shop.calls)
    assert left(shop) == []


@pytest.mark.slow
@pytest.mark.parametrize("how", ["hang up", "interrupt", "terminate"])
def test_nothing_stays_however_the_shell_is_left(how: str, shop: Repository) -> None:
    shop.command = IMPATIENT
    with terminal(shop, "--shell", "unit") as screen:
        screen.expect("fake> ")
        screen.type("trap '' TERM; sleep 1000\n")
        screen.expect("sleep 1000\n")
        if how == "hang up":
            screen.hang_up()
        elif how == "interrupt":
            screen.process.send_signal(2)
        else:
            screen.process.terminate()
        if how != "hang up":
            screen.expect("stopping, and cleaning up")
            screen.expect("the run was stopped")
        assert screen.process.wait(30) != 0
    assert left(shop) == []
    running = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert str(shop.fake) not in running


def test_after_a_stage_that_was_stopped_no_shell_opens(shop: Repository) -> None:
    write(shop, "forever")
    shop.command = IMPATIENT
    with terminal(shop, "--shell", "unit") as screen:
        wait_for(lambda: any(name.endswith("-unit") for name in shop.containers))
        screen.type("\x03")
        screen.expect("the run was stopped")
        assert screen.finish() == 1
    assert "fake>" not in screen.shown
    assert left(shop) == []


def test_an_image_without_a_shell_is_told(shop: Repository) -> None:
    (shop.fake / "shell-less").touch()
    with terminal(shop, "--shell", "unit") as screen:
        screen.expect("no shell for test/unit: its image has no `sh`\n")
        assert screen.finish() == 1
    assert left(shop) == []


def test_the_stage_before_it_that_failed_is_named(shop: Repository) -> None:
    with terminal(shop, "--shell", "report") as screen:
        screen.expect("no shell for test/report: it was not started, because it comes after unit\n")
        assert screen.finish() == 1
    assert left(shop) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(
            ["no"], "no stage no; there are test/build, test/unit, test/report, ship/build, ship/push", id="no"
        ),
        pytest.param(["test/no"], "the pipeline test has no stage no; it has build, unit, report", id="not there"),
        pytest.param(["build"], "several pipelines have a stage build: write test/build or ship/build", id="two"),
        pytest.param(["push"], "the stage ship/push has no `run` and no `build`", id="no image"),
        pytest.param(["push", "test"], "no stage push; there are test/build", id="another pipeline"),
        pytest.param(["unit"], "--shell needs a terminal for input and output", id="no terminal"),
    ],
)
def test_what_cannot_be_is_said_before_anything_starts(arguments: list[str], says: str, shop: Repository) -> None:
    ran = shop("--shell", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert shop.calls == ""
    assert not (shop.root / ".transpipe").exists()


def test_at_once_is_for_a_shell(shop: Repository) -> None:
    assert "--at-once needs --shell STAGE" in shop("--at-once").err
