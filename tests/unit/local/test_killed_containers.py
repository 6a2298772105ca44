"""`kill -9` of `transpipe run` with a real docker daemon and with podman: the next run removes what was left."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest
from support.container_engines import Engine

pytestmark = pytest.mark.engine

DOCKERFILE = """\
FROM busybox AS test
VOLUME /data
COPY entry /entry
ENTRYPOINT ["/bin/sh", "/entry"]
FROM test AS slow
RUN echo building && sleep 300
"""
ENTRY = """\
case $1 in
    serve) trap '' TERM; while :; do echo served | nc -l -p 8000; done ;;
    forever) trap '' TERM; echo here; while :; do sleep 1; done ;;
esac
"""
SERVED = """\
      - {name: build, build: {variant: test, imagePullPolicy: never}}
      - name: unit
        run:
          image: '${build.imageID}'
          arguments: [forever]
          services: [{name: db, image: '${build.imageID}', arguments: [serve]}]
"""
ALONE = """\
      - {name: build, build: {variant: test, imagePullPolicy: never}}
      - {name: unit, run: {image: '${build.imageID}', arguments: [forever]}}
"""
BUILDING = "      - {name: unit, build: {variant: slow, imagePullPolicy: never}}\n"
QUICK = "      - {name: unit, build: {variant: test, imagePullPolicy: never}, run: true}\n"


def repository(root: Path, stages: str) -> Path:
    (root / ".pipeline").mkdir(parents=True)
    (root / "Dockerfile").write_text(DOCKERFILE)
    (root / "entry").write_text(ENTRY)
    subprocess.run(["git", "init", "--quiet", root], check=True)
    config = f"project: a/b\npipelines:\n  test:\n    dockerfile: Dockerfile\n    stages:\n{stages}"
    (root / ".pipeline/config.yaml").write_text(config)
    return root


def started(engine: Engine, root: Path, shown: str, place: Path) -> subprocess.Popen[str]:
    """A run whose stage `unit` has printed `shown`. `place` is for its record and its work directory."""
    process = engine.start(root, XDG_STATE_HOME=str(place), TMPDIR=str(place))
    end = time.monotonic() + 120
    while not any(shown in log.read_text() for log in root.glob(".transpipe/*/test/unit.log")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.1)
    return process


def made(engine: Engine) -> set[str]:
    """Everything of the engine's that a run could leave: labelled or not."""
    lists = (("ps", "--all"), ("images", "--all"), ("network", "ls"), ("volume", "ls"))
    return {line for words in lists for line in engine.client(*words, "--quiet").splitlines()}


def commands(place: Path) -> list[str]:
    """The commands of processes with a word about `place`."""
    shown = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if str(place) in line]


@pytest.mark.parametrize(
    ("engine", "stages", "shown"),
    [
        pytest.param("docker", SERVED, "here", id="docker, services"),
        pytest.param("docker", BUILDING, "building", id="docker, a build"),
        pytest.param("podman", ALONE, "here", id="podman"),
        pytest.param("podman", BUILDING, "building", id="podman, a build"),
    ],
    indirect=["engine"],
)
def test_the_next_run_removes_what_a_killed_one_left(engine: Engine, stages: str, shown: str, tmp_path: Path) -> None:
    place, root = tmp_path / "place", repository(tmp_path / "next", QUICK)
    place.mkdir()
    variables = {"XDG_STATE_HOME": str(place), "TMPDIR": str(place)}
    engine.start(root, **variables).communicate(timeout=240)
    before = made(engine)
    process = started(engine, repository(tmp_path / "killed", stages), shown, place)
    process.kill()
    process.communicate(timeout=60)
    assert [path.name for path in place.iterdir()] != ["transpipe"]
    following = engine.start(root, **variables)
    _, err = following.communicate(timeout=240)
    assert following.returncode == 0, err
    assert re.match(r"removed what the killed run local-[\d-]+-[0-9a-f]{6} had left\n", err)
    assert made(engine) == before
    assert engine.left() == ""
    # nobody can tell whose the directory and the working container of a killed `podman build` are
    assert [path.name for path in place.iterdir() if not path.name.startswith("buildah")] == ["transpipe"]
    assert not any((place / "transpipe/runs").iterdir())
    assert commands(place) == []


@pytest.mark.parametrize("engine", ["docker"], indirect=True)
def test_a_run_at_the_same_time_is_left_alone(engine: Engine, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    alive = started(engine, repository(tmp_path / "alive", SERVED), "here", place)
    killed = started(engine, repository(tmp_path / "killed", SERVED), "here", place)
    killed.kill()
    killed.communicate(timeout=60)
    root = repository(tmp_path / "next", QUICK)
    _, err = engine.start(root, XDG_STATE_HOME=str(place), TMPDIR=str(place)).communicate(timeout=240)
    assert err.count("removed what the killed run") == 1
    running = engine.client("ps", "--format", "{{.Names}}").splitlines()
    assert sorted(re.sub(r".*-test-", "", name) for name in running) == ["unit", "unit.SERVICE.db"]
    alive.terminate()
    alive.communicate(timeout=60)
    assert engine.left() == ""
