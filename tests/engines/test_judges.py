"""The engines that are no judges, and what happens where one is missing.

The judges have a file of tests each: a harness that says yes to everything would make every other test of this project
worthless, and nobody would notice.
"""

import json
import subprocess
from pathlib import Path

import pytest

from .docker_engine import Docker
from .fixtures import without
from .registries import registry

pytestmark = pytest.mark.engine


def test_docker_builds_runs_and_pushes(docker_engine: Docker, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM busybox AS base\nRUN echo built > /f\nFROM base\nCMD ["cat", "/f"]\n')
    image = f"{docker_engine.registry}/a/b:1"
    docker_engine("build", "--iidfile", str(tmp_path / "iid"), "--tag", image, str(tmp_path))
    assert (tmp_path / "iid").read_text().startswith("sha256:")
    docker_engine("push", image)
    docker_engine("rmi", image)
    assert docker_engine("run", "--rm", image) == "built"
    buildkit = {**docker_engine.env, "DOCKER_BUILDKIT": "1"}
    subprocess.run(
        ["docker", "build", "--network", "host", "--tag", "kit", str(tmp_path)],
        env=buildkit,
        check=True,
        capture_output=True,
    )
    assert docker_engine("run", "--rm", "kit") == "built"


def test_a_registry_may_ask_for_a_password(docker_engine: Docker, tmp_path: Path) -> None:
    with registry(tmp_path, docker_engine.process, ("ci", "pass word")) as address:
        image = f"{address}/a"
        docker_engine("tag", "busybox", image)
        with pytest.raises(RuntimeError, match="push"):
            docker_engine("push", image)
        docker_engine("login", "--username", "ci", "--password-stdin", address, stdin=b"pass word")
        docker_engine("push", image)
        assert json.loads(Path(docker_engine.env["DOCKER_CONFIG"], "config.json").read_text())["auths"].keys() == {
            address
        }


def test_a_missing_engine_skips_outside_ci_and_fails_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="NOT TESTED"):
        without("no engine")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no engine"):
        without("no engine")
