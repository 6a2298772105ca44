"""Images that jobs take from each other, on one docker daemon: gone with the last job that has them, and not before."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from engines.docker_engine import Docker

from transpiler import taken_images

pytestmark = pytest.mark.engine

IMAGE = "r.example/between-jobs:1-base"
PUBLISHED = "r.example/app:v1"
BUILD = b"FROM busybox\nLABEL ci.run=another\n"


def sh(docker: Docker, values: Path, *lines: str) -> int:
    """Runs these lines as the job whose `$values` that is; its status."""
    values.mkdir(exist_ok=True)
    env = {**docker.env, "run": f"run-{values.name}", "values": str(values)}
    return subprocess.run(["dash", "-euc", "\n".join(lines)], env=env, capture_output=True, check=False).returncode


def taking(bring: str) -> tuple[str, ...]:
    name, function = taken_images.function("docker")
    return (f"bring() {{ {bring}; }}", *function, f"{name} bring {IMAGE}")


def end(docker: Docker, values: Path) -> None:
    """The job's teardown."""
    sh(docker, values, "set +e", *taken_images.with_removal(('rm -rf "$values"',), "docker"))


def names(docker: Docker) -> list[str]:
    listed = docker("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "label=ci.run=another")
    return sorted(listed.splitlines())


def test_an_image_goes_with_the_last_job_that_has_it(docker_engine: Docker, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    docker_engine("build", "--quiet", "--tag", IMAGE, "-", stdin=BUILD)
    docker_engine("tag", IMAGE, PUBLISHED)
    assert sh(docker_engine, one, *taking(":")) == sh(docker_engine, other, *taking(":")) == 0
    end(docker_engine, one)
    own_name, *others = names(docker_engine)
    assert re.fullmatch("localhost/taken/[0-9a-f]{8}:run-other", own_name)
    assert others == [PUBLISHED, IMAGE]
    end(docker_engine, other)
    assert names(docker_engine) == []


def test_an_image_that_another_job_removes_meanwhile_is_brought_again(docker_engine: Docker, tmp_path: Path) -> None:
    """The other one ends between the pull and the moment in which this one has its own name for the image."""
    bring = f'[ -e "$values/once" ] && docker tag {PUBLISHED} "$1" || : > "$values/once"'
    docker_engine("build", "--quiet", "--tag", PUBLISHED, "-", stdin=BUILD)
    assert sh(docker_engine, tmp_path / "one", *taking(bring)) == 0
    end(docker_engine, tmp_path / "one")
    assert names(docker_engine) == []


@pytest.mark.parametrize("bring", ["false", ":"], ids=["it cannot be pulled", "it is not there after that"])
def test_what_cannot_be_brought_fails_the_job(bring: str, docker_engine: Docker, tmp_path: Path) -> None:
    assert sh(docker_engine, tmp_path / "one", *taking(bring)) != 0


def test_a_job_that_is_killed_after_the_pull_leaves_nothing(docker_engine: Docker, tmp_path: Path) -> None:
    bring = f"echo '{BUILD.decode()}' | docker build --quiet --tag {IMAGE} - && kill -KILL $$"
    assert sh(docker_engine, tmp_path / "one", *taking(bring)) == -9
    assert names(docker_engine) == [IMAGE]
    end(docker_engine, tmp_path / "one")
    assert names(docker_engine) == []


def test_a_teardown_with_nothing_taken_touches_nothing(docker_engine: Docker, tmp_path: Path) -> None:
    docker_engine("build", "--quiet", "--tag", PUBLISHED, "-", stdin=BUILD)
    end(docker_engine, tmp_path / "one")
    assert names(docker_engine) == [PUBLISHED]
    docker_engine("rmi", PUBLISHED)
