"""The services of a `run`, under each shell: how they are started, waited for, watched, told of and removed."""

from __future__ import annotations

import pytest
from support.ir_by_hand import (
    Machine,
    copy_item,
    copy_step,
    lowered,
    own,
    profile,
    run_step,
    service,
    setup,
    stage,
    text,
    texts,
)

from transpiler import ir
from transpiler.expressions import List, Loop, Ref, Source, literal
from transpiler.ir import Credential, CredentialKind
from transpiler.profile import Pull
from transpiler.program import StageProgram

# A daemon of files: $FAKE/state has for each container what `inspect` says, `ready` and `dies` what is to come.
DOCKER = """#!/bin/sh
mkdir -p "$FAKE/state"
echo "$*" >> "$FAKE/told"
for name; do last=$name; done
case $1 in
    run)
        while [ $# -gt 0 ]; do [ "$1" != --name ] || name=$2; shift; done
        case $name in
            *.SERVICE.*)
                service=${name##*.}
                [ ! -e "$FAKE/no-$service" ] || exit 125
                echo "true 0" > "$FAKE/state/$service"
                [ ! -e "$FAKE/early-$service" ] || echo "false 3" > "$FAKE/state/$service" ;;
            *)
                [ ! -e "$FAKE/dies" ] || for dies in $(cat "$FAKE/dies"); do echo "false 5" > "$FAKE/state/$dies"; done
                echo x >> "$FAKE/runs"
                [ "$(grep -c x "$FAKE/runs")" -gt "$(cat "$FAKE/fails" 2> /dev/null || echo 0)" ] || exit 7 ;;
        esac ;;
    inspect)
        case $3 in
            *Healthcheck*) [ ! -e "$FAKE/checked" ] || echo yes ;;
            *Health*) cat "$FAKE/health" ;;
            *ExitCode*) cat "$FAKE/state/${last##*.}" ;;
            *) cut -d ' ' -f 1 "$FAKE/state/${last##*.}" ;;
        esac ;;
    healthcheck) [ "$(cat "$FAKE/health")" = healthy ] ;;
    exec) shift 2; echo "$*" >> "$FAKE/asked"; [ "$(grep -c . "$FAKE/asked")" -gt "$(cat "$FAKE/late" || echo 0)" ] ;;
    logs) echo "out of ${last##*.}"; echo "err of ${last##*.}" >&2 ;;
esac
"""


def program(*services: ir.Service, site: str = "docker", **keys: object) -> StageProgram:
    """The program of a stage `web` that runs beside these services."""
    step = run_step(text("app"), services=services)
    return lowered(stage("web", step, **keys), site=profile(container=site)).stage("web")


def told(machine: Machine, *kinds: str) -> list[str]:
    """The commands of these kinds that docker was given."""
    lines = (machine.root / "fake/told").read_text().splitlines()
    return [line for line in lines if line.split()[0] in kinds]


@pytest.fixture
def daemon(machine: Machine) -> Machine:
    for name in ("docker", "podman"):
        machine.command(name, DOCKER)
    return machine


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_services_start_in_order_in_a_network_of_the_stage(daemon: Machine, engine: str) -> None:
    done = daemon.run(program(service("db", "postgres", "-c", "a b"), service("cache", "redis"), site=engine))
    assert (done.status, done.err) == (0, "")
    option = " --stop-timeout=0" if engine == "podman" else ""
    assert [line.replace(option, "") for line in told(daemon, "network", "run")] == [
        "network create --label ci.run=run-7 run-7-web",
        "run --detach --name run-7-web.SERVICE.db --label ci.run=run-7 --network run-7-web --network-alias db postgres "
        "-c a b",
        "run --detach --name run-7-web.SERVICE.cache --label ci.run=run-7 --network run-7-web --network-alias cache "
        "redis",
        "run --name run-7-web --label ci.run=run-7 --network run-7-web app",
    ]


def test_a_service_without_a_health_check_is_ready_when_it_runs(daemon: Machine) -> None:
    daemon.run(program(service("db")))
    assert told(daemon, "exec", "healthcheck") == []


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_the_health_check_of_the_image_is_waited_for(daemon: Machine, engine: str) -> None:
    daemon.put("fake/checked", "")
    daemon.put("fake/health", "healthy")
    assert daemon.run(program(service("db"), site=engine)).status == 0
    daemon.put("fake/health", "starting")
    done = daemon.run(program(service("db", timeout=1), site=engine))
    assert done.status == 1
    assert (
        "The service db was not ready within 1 seconds. The end of its log:\n    out of db\n    err of db" in done.err
    )
    assert not [line for line in told(daemon, "run")[2:] if line.endswith(" app")]


def test_the_command_is_run_until_it_succeeds_with_its_words_as_they_are(daemon: Machine) -> None:
    daemon.put("fake/late", "2")
    ready = texts("pg_isready", "a  b", text("it's ", setup("tag")))
    done = daemon.run(program(service("db", ready=ready)), setup_tag="$x")
    assert done.status == 0, done.err
    assert (daemon.root / "fake/asked").read_text().splitlines() == ["pg_isready a  b it's $x"] * 3


def test_a_loop_makes_words_of_the_command_and_the_arguments(daemon: Machine) -> None:
    loop = Loop(("x",), text(setup("tag")), ",", text("-", own("stage")))
    done = daemon.run(program(service("db", "img", loop, ready=texts("ask", loop))), setup_tag="1,2")
    assert done.status == 0, done.err
    assert told(daemon, "run")[0].endswith(" img -web -web")
    assert (daemon.root / "fake/asked").read_text() == "ask -web -web\n"


def test_a_service_that_exits_before_it_is_ready_fails_the_stage_at_once(daemon: Machine) -> None:
    daemon.put("fake/early-db", "")
    done = daemon.run(program(service("cache"), service("db", ready=texts("ask"))))
    assert done.status == 1
    assert "The service db has exited before it was ready. The end of its log:\n    out of db" in done.err
    assert not [line for line in told(daemon, "run") if line.endswith(" app")]


def test_a_service_that_cannot_be_started_fails_the_stage_as_docker_does(daemon: Machine) -> None:
    daemon.put("fake/no-db", "")
    assert daemon.run(program(service("db"))).status == 125


def test_a_service_that_exits_during_the_run_fails_the_stage(daemon: Machine) -> None:
    daemon.put("fake/dies", "cache")
    done = daemon.run(program(service("db"), service("cache")))
    assert done.status == 1
    assert "The service cache has exited during the run, with status 5." in done.err
    assert "The log of the service db:\n    out of db\n    err of db" in done.err


def test_after_a_failed_run_the_whole_logs_are_shown_and_its_status_stays(daemon: Machine) -> None:
    daemon.put("fake/fails", "1")
    daemon.put("fake/dies", "db")
    done = daemon.run(program(service("db")))
    assert done.status == 7
    assert "The service db has exited during the run, with status 5." in done.err
    assert "out of db" in done.err


def test_each_attempt_has_services_anew(daemon: Machine) -> None:
    daemon.put("fake/fails", "2")
    done = daemon.run(program(service("db"), attempts=3))
    assert done.status == 0, done.err
    assert [line.split()[0] for line in told(daemon, "network", "run", "rm")] == [
        *("network", "run", "run", "rm", "run", "run", "rm", "run", "run")
    ]
    assert told(daemon, "rm") == ["rm --force --volumes run-7-web run-7-web.SERVICE.db"] * 2


def test_the_last_attempt_decides(daemon: Machine) -> None:
    daemon.put("fake/fails", "2")
    assert daemon.run(program(service("db"), attempts=2)).status == 7


def test_what_comes_after_a_service_that_failed_to_get_ready_in_an_attempt_is_a_new_one(daemon: Machine) -> None:
    daemon.put("fake/late", "1")
    done = daemon.run(program(service("db", ready=texts("ask"), timeout=0), attempts=2))
    assert done.status == 0, done.err
    assert "attempt 2 of 2, after exit status 1" in done.err


def test_what_follows_the_run_finds_its_container(daemon: Machine) -> None:
    step = run_step(text("app"), services=(service("db"),), tail=-1)
    made = lowered(stage("web", step, copy_step(copy_item("/a")), ir.Export("said", text(own("output"))))).stage("web")
    daemon.command("docker", DOCKER.replace("logs) ", "cp) touch a ;;\n    logs) "))
    assert daemon.run(made).status == 0
    assert told(daemon, "cp") == ["cp run-7-web:/a a"]


def test_a_credential_of_a_service_is_passed_by_name(daemon: Machine) -> None:
    secret = Credential("token", CredentialKind.SECRET_TEXT, ("WORD",))
    file = Credential("paper", CredentialKind.FILE, ("PAPER",))
    url = ir.SecretVariable("URL", text("a:", Ref(Source.ENVIRONMENT, "WORD")))
    made = program(service("db", credentials=(secret, file), secret_env=List((url,))))
    assert {use.id for use in made.credentials} == {"token", "paper"}
    done = daemon.run(made, WORD="s3cret", PAPER="/the/file")
    assert done.status == 0, done.err
    line = told(daemon, "run")[0]
    assert "s3cret" not in line
    assert "--env WORD" in line
    assert "--env URL" in line
    assert "--volume /the/file:/the/file:ro --env PAPER" in line


def test_teardown_removes_the_network_after_the_containers_if_there_is_one() -> None:
    with_one, without = (
        lowered(stage("web", run_step(text("app"), services=found))).teardown for found in ((service("db"),), ())
    )
    (line,) = set(with_one) - set(without)
    assert "docker network rm $ids" in line
    order = [next(i for i, found in enumerate(with_one) if word in found) for word in ("docker rm ", "network", "rmi")]
    assert order == sorted(order)


def test_the_image_of_a_service_is_one_that_the_stage_needs() -> None:
    first = stage("base", ir.Build(ir.BuildFile(False, literal("D")), literal("x"), literal("."), List(()), pull=False))
    beside = service("db", text(own("imageID", stage="base")))
    made = lowered(first, stage("web", run_step(text("app"), services=(beside,)))).stage("web")
    assert made.images == ("base",)


def test_a_site_that_pulls_nothing_pulls_no_service() -> None:
    step = run_step(text("app"), services=(service("db"),))
    lines = lowered(stage("web", step), site=profile(pull=Pull.NEVER)).stage("web").lines
    assert sum("--pull never" in line for line in lines) == 2
