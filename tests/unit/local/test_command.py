"""The command `transpipe run`: what it asks for before it starts, what it shows, how it ends. docker is a fake."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
from base64 import b64encode

import pytest
from support.local_runs import IMPATIENT, Repository, wait_for

from transpiler.local.tools import UTILITIES


def test_a_good_run_ends_with_a_table_and_0(repository: Repository) -> None:
    ran = repository("test")
    assert ran.code == 0, ran.err
    table = ran.out.strip().splitlines()
    assert [line.split()[:2] for line in table[:4]] == [
        [f"test/{name}", "succeeded"] for name in ("build", "unit", "lint", "report")
    ]
    assert re.fullmatch(r"all 4 stages succeeded in [\d.]+ s; logs: \.transpipe/[\d-]+", table[-1])
    assert "test/unit    started\n" in ran.err
    assert "\x1b" not in ran.out + ran.err
    assert repository.containers == []
    assert sorted(path.name for path in (repository.logs() / "test").iterdir()) == [
        "build.log",
        "lint.log",
        "report.log",
        "teardown.log",
        "unit.log",
    ]


def test_a_bad_run_shows_why_and_ends_with_1(repository: Repository) -> None:
    repository.write(unit="fail")
    ran = repository("test")
    assert ran.code == 1
    assert re.search(r"test/unit +failed in [\d.]+ s: exit status 4\n    \| it is broken\n", ran.err)
    assert re.search(r"test/report +not started: comes after unit", ran.err)
    assert re.search(r"test/unit +failed +[\d.]+ s  .*/test/unit\.log", ran.out)
    assert "3 of 4" not in ran.out
    assert "2 of 4 stages succeeded" in ran.out


def test_a_stage_brings_its_ancestors_and_nothing_else(repository: Repository) -> None:
    ran = repository(".", "test/unit")
    assert [line.split()[0] for line in ran.out.split("\n")[1:3]] == ["test/build", "test/unit"]
    assert "all 2 stages" in ran.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["../fake"], "there is no .pipeline/config.yaml in ../fake", id="no repository"),
        pytest.param(
            ["src"],
            "no pipeline src; there are test, ship (and the directory src has no",
            id="a directory that is no repository",
        ),
        pytest.param(["no"], "there is no pipeline no; there are test, ship", id="no such pipeline"),
        pytest.param(["test/no"], "has no stage no; it has build, unit, lint, report", id="no such stage"),
        pytest.param(["--event", "change", "ship"], "ship does not run on the event change, but on tag", id="an event"),
        pytest.param(["--event", "tag"], "no tag is exactly at the commit", id="a tag event without a tag"),
        pytest.param(["--param", "x"], "NAME=VALUE", id="a parameter without a value"),
        pytest.param(
            ["--allow", "publish"],
            "registry, for ship/web: $TRANSPIPE_CREDENTIAL_REGISTRY_USERNAME or "
            "$PUSHER, $TRANSPIPE_CREDENTIAL_REGISTRY_PASSWORD or $PUSH_PASSWORD is not set",
            id="a credential that is missing",
        ),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_starts(
    arguments: list[str], says: str, repository: Repository
) -> None:
    ran = repository(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert "build" not in repository.calls
    assert not (repository.root / ".transpipe").exists()


def test_without_a_daemon_the_world_has_failed(repository: Repository) -> None:
    (repository.fake / "down").touch()
    ran = repository()
    assert (ran.code, ran.out) == (3, "")
    assert "docker cannot be used here: Cannot connect to the Docker daemon" in ran.err
    assert "Traceback" not in ran.err


def test_without_docker_the_other_engine_is_named_if_it_is_there(repository: Repository) -> None:
    bare = repository.fake / "bare"
    bare.mkdir()
    (bare / "git").symlink_to(shutil.which("git") or "")
    repository.env["PATH"] = str(bare)
    ran = repository()
    assert (ran.code, ran.err) == (3, "transpipe: docker is not installed, or not in $PATH\n")
    (repository.fake / "bin/docker").rename(bare / "podman")
    assert repository().err.endswith("; podman is there: --engine podman\n")


def test_programs_that_are_missing_are_named_before_anything_starts(repository: Repository) -> None:
    bare = repository.fake / "bare"
    bare.mkdir()
    for name in sorted({*UTILITIES, "git"} - {"tar"}):
        (bare / name).symlink_to(shutil.which(name) or "")
    (repository.fake / "bin/docker").rename(bare / "docker")
    repository.env["PATH"] = str(bare)
    ran = repository()
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "transpipe: programs are missing:\n"
        "  tar\n"
        "  timeout, for test/unit: it is part of GNU coreutils; on macOS run `brew install coreutils`, and its "
        "gtimeout is used\n"
    )
    assert "build" not in repository.calls
    assert not (repository.root / ".transpipe").exists()


def test_nothing_is_pushed_that_was_not_allowed_and_later_stages_still_get_their_values(
    repository: Repository,
) -> None:
    ran = repository("ship")
    assert ran.code == 0, ran.err
    assert re.search(r"    not done without --allow publish: docker push r\.example/team/team-ores:[\d-]+-web", ran.err)
    assert "docker push r.example/team/team-ores:stable" in ran.err
    assert "\npush" not in repository.calls
    assert not (repository.fake / "login").exists()
    assert re.fullmatch(r"r\.example/team/team-ores:[\d-]+-web\n", (repository.logs() / "ship/smoke.log").read_text())


def test_what_is_allowed_is_done(repository: Repository) -> None:
    repository.env |= {"PUSHER": "me", "PUSH_PASSWORD": "s3cret"}
    ran = repository("ship", "--allow", "publish")
    assert ran.code == 0, ran.err
    assert "\npush r.example/team/team-ores:stable\n" in repository.calls
    assert json.loads((repository.fake / "login").read_text()) == {
        "auths": {"r.example": {"auth": b64encode(b"me:s3cret").decode()}},
        "currentContext": "default",
    }
    assert "    pushed r.example/team/team-ores:stable\n" in ran.err
    assert "s3cret" not in ran.err + repository.calls


SHIPPING = """\
project: team/ores
pipelines:
  ship:
    dockerfile: Dockerfile
    stages:
      - name: web
        build: test
        publish: {image: true}
        promote: [{chart: ores, environments: [a b, eu]}]
        deploy: {chart: {name: ores, version: 1.0.0}}
        exports: {release: '${.releaseName}'}
        trigger: {name: docs, parameters: {TAG: '${.imageTag}'}}
      - name: check
        run: {image: '${web.imageID}', arguments: [fail, '${web.release}']}
        notify: {email: {to: [me@example.org], subject: 'it is ${web.release}'}}
"""
SHIPPING_PROFILE = """\
container: {command: docker}
registry: {public: r.example, credential: login}
kubernetes: {namespace: ci, repository: https://charts.example}
promote: {repository: https://code.example/charts.git, update: [./update], credential: login}
triggers: {docs: {jenkins: docs}}
credentials: {login: {kind: username-password}}
"""


def test_whatever_leaves_the_machine_is_said_instead_of_done(repository: Repository) -> None:
    (repository.root / ".pipeline/config.yaml").write_text(SHIPPING)
    (repository.root / ".pipeline/profile.yaml").write_text(SHIPPING_PROFILE)
    ran = repository()
    marks = [line.strip() for line in ran.err.splitlines() if "not done without" in line]
    patterns = (
        r"--allow publish: docker push r\.example/team-ores:[\d-]+-web",
        r"--allow promote: chart ores, version [\d-]+-web, in a b eu",
        r"--allow deploy: helm install ci-\w{10} ores --namespace ci --values \S+ --wait --timeout 120s "
        r"--repo https://charts\.example --version 1\.0\.0",
        r"--allow deploy: helm test ci-\w{10} --namespace ci --logs",
        r"--allow trigger: start docs TAG=[\d-]+-web",
        r"--allow mail: mail to me@example\.org: it is ci-\w{10}",
    )
    assert len(marks) == len(patterns), ran.err
    for mark, pattern in zip(marks, patterns, strict=True):
        assert re.fullmatch(f"not done without {pattern}", mark)
    assert "Subject: it is ci-" in (repository.logs() / "ship/check.log").read_text()
    assert ran.code == 1


def test_a_deployment_that_is_not_allowed_needs_no_kube_config(repository: Repository) -> None:
    (repository.root / ".pipeline/config.yaml").write_text(
        "project: team/ores\n"
        "pipelines: {ship: {dockerfile: Dockerfile, stages: [{name: web, build: test, publish: {image: true}, "
        "deploy: {chart: {name: ores}, release: ores, environment: live}}]}}\n"
    )
    (repository.root / ".pipeline/profile.yaml").write_text(
        "container: {command: docker}\nregistry: {public: r.example}\nkubernetes: {repository: https://charts.example}\n"
        "credentials: {kube: {kind: file, gitlab: KUBE}}\nenvironments: {live: {namespace: web, credential: kube}}\n"
    )
    ran = repository()
    assert ran.code == 0, ran.err
    assert "not done without --allow deploy: helm upgrade ores" in ran.err
    ran = repository("--allow", "deploy")
    assert ran.code == 2
    assert "kube, for ship/web: $TRANSPIPE_CREDENTIAL_KUBE or $KUBE is not set" in ran.err


def test_starting_jobs_needs_a_command(repository: Repository) -> None:
    (repository.root / ".pipeline/config.yaml").write_text(SHIPPING)
    (repository.root / ".pipeline/profile.yaml").write_text(SHIPPING_PROFILE)
    ran = repository("--allow", "trigger")
    assert (ran.code, ran.out) == (2, "")
    assert "$TRANSPIPE_TRIGGER" in ran.err
    repository.env["TRANSPIPE_TRIGGER"] = "start 'them"
    ran = repository("--allow", "trigger")
    assert (ran.code, ran.out) == (2, "")
    assert "$TRANSPIPE_TRIGGER is not a command: a quote is not closed" in ran.err
    repository.env["TRANSPIPE_TRIGGER"] = "sh -c 'echo \"starting $*\"' start"
    ran = repository("--allow", "trigger")
    assert re.search(r"    started docs TAG=[\d-]+-web\n", ran.err)
    assert "starting docs TAG=" in (repository.logs() / "ship/web.log").read_text()


def test_a_dry_run_prints_the_plan_and_needs_no_docker(repository: Repository) -> None:
    (repository.fake / "bin/docker").unlink()
    ran = repository("--dry-run")
    assert ran.code == 0
    assert ran.out == (
        "test: build -> ((unit -> report) | lint)\n"
        "  build   build test\n"
        "  unit    run  after build\n"
        "  lint    run  after build\n"
        "  report  run  after unit\n"
        "\n"
        "ship: web -> smoke\n"
        "  web    build test, publish, exports\n"
        "         publish is not done without --allow publish\n"
        "  smoke  run  after web\n"
    )
    verbose = repository("--dry-run", "-v", "ship").out
    assert "      docker build --file Dockerfile --target test" in verbose
    assert not (repository.root / ".transpipe").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_what_runs_and_cleans_up(number: signal.Signals, repository: Repository) -> None:
    repository.write(unit="forever")
    repository.command = IMPATIENT
    process = repository.start("test")
    wait_for(lambda: any(name.endswith("-unit") for name in repository.containers))
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "stopping, and cleaning up" in err
    assert re.search(r"test/unit +stopped", out)
    assert re.search(r"test/report +not started", out)
    assert "the run was stopped" in out
    assert repository.containers == []
    assert [path.name for path in repository.root.parent.glob("transpipe-*")] == []
    running = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert str(repository.fake) not in running


def test_the_next_run_removes_what_a_killed_one_left(repository: Repository) -> None:
    def left() -> list[str]:
        return sorted(
            path.name for path in repository.root.parent.rglob("*local-2*") if path.parent.name != "containers"
        )

    repository.write(unit="forever")
    process = repository.start("test")
    wait_for(lambda: any(name.endswith("-unit") for name in repository.containers))
    process.kill()
    process.communicate(timeout=30)
    record, work = left()
    assert work == f"transpipe-{record.removesuffix('.json')}"
    repository.write()
    repository.command = IMPATIENT
    ran = repository("test")
    assert ran.code == 0, ran.err
    assert ran.err.startswith(f"removed what the killed run {record.removesuffix('.json')} had left\n")
    assert left() == repository.containers == []
    running = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert str(repository.fake) not in running
    assert "killed" not in repository("test").err


def test_a_second_signal_leaves_the_rest_to_the_next_run(repository: Repository) -> None:
    repository.write(unit="forever")
    (repository.fake / "slow-rm").touch()
    repository.command = IMPATIENT
    process = repository.start("test")
    wait_for(lambda: any(name.endswith("-unit") for name in repository.containers))
    process.send_signal(signal.SIGINT)
    wait_for(lambda: "\nrm " in repository.calls)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert "test: the teardown was stopped; the next run removes what is left" in err
    assert repository.containers != []
    (repository.fake / "slow-rm").unlink()
    repository.write()
    assert "removed what the killed run" in repository("test").err
    assert repository.containers == []


def test_a_run_without_a_place_for_its_record_says_so_and_goes_on(repository: Repository) -> None:
    (repository.root.parent / "state").touch()
    repository.env["XDG_STATE_HOME"] = str(repository.root.parent / "state")
    ran = repository("test")
    assert ran.code == 0, ran.err
    assert ran.err.startswith("if this run is killed, no later one removes what it leaves: ")


def test_kept_containers_can_be_removed_later(repository: Repository) -> None:
    ran = repository("test/unit", "--keep")
    assert len(repository.containers) == 1
    assert not (repository.root.parent / ".local/state").exists(), "the next run would remove them"
    found = re.search(r"to remove them: (sh \S+)", ran.err)
    assert found
    subprocess.run(found[1], shell=True, cwd=repository.root, env=repository.env, check=True)
    assert repository.containers == []
    assert [path.name for path in repository.root.parent.glob("transpipe-*")] == []


def test_a_terminal_shows_what_is_running(repository: Repository) -> None:
    repository.write(unit="forever")
    repository.env["TERM"] = "xterm"
    repository.command = IMPATIENT
    screen, terminal = pty.openpty()
    process = repository.start("test", stderr=terminal)
    os.close(terminal)
    shown = ""
    while not re.search(r"test/unit +\d\.\d s  started", shown):
        assert select.select([screen], [], [], 30)[0], shown
        shown += os.read(screen, 4096).decode()
    process.send_signal(signal.SIGINT)
    while True:
        try:
            if not (more := os.read(screen, 4096)):
                break
        except OSError:  # the other side is closed
            break
        shown += more.decode()
    process.communicate(timeout=30)
    os.close(screen)
    assert "\x1b[J" in shown
    assert re.search(r"test/build +\x1b\[32msucceeded", shown)


def test_the_users_tree_is_left_alone_but_for_an_ignored_directory(repository: Repository) -> None:
    def status() -> str:
        words = ["git", "-C", str(repository.root), "status", "--porcelain", "--untracked-files=all"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    before = status()
    repository("test")
    assert status() == before
