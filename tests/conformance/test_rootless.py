"""podman as a plain user, without a daemon and without privilege: what a cluster allows that lets nobody be root."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from engines import runtime_image
from engines.fixtures import without
from engines.judges import ENGINES
from engines.podman_engine import Podman

from .case import OURS
from .world import recorder

pytestmark = pytest.mark.engine

CASES = ("application", "build-forms", "files-copied", "services", "services-fail", "values-exports")
SAMPLE = OURS / "samples/ores"
SHARING = {
    "dockerfile": "Dockerfile",
    "execution": [["deps", "one", "last"], ["deps", "two", "last"]],
    "stages": [{"name": name, "build": name} for name in ("deps", "one", "two", "last")],
}
SHARED = "".join(
    f"FROM {base} AS {name}\nRUN echo {name} > /{name}\n"
    for base, name in (("busybox", "deps"), ("deps", "one"), ("deps", "two"), ("one", "last"))
)


@pytest.fixture(scope="session")
def plain(rootless: Podman) -> Podman:
    """Its podman has the base image of the cases' applications."""
    recorder(rootless)
    if why := runtime_image.why_missing():
        without(why)
    runtime_image.runtime(rootless)
    return rootless


@pytest.mark.parametrize(("engine", "case"), [*(("local", name) for name in CASES), ("gitlab", "services")])
def test_a_case_means_the_same_without_privilege(plain: Podman, engine: str, case: str) -> None:
    done = _run(plain, "conformance.rootless", engine, case)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sample_works_without_privilege(plain: Podman) -> None:
    here = plain.directory / "home"
    subprocess.run(plain.command("cp", "-r", str(SAMPLE), str(here / "ores"), cwd=here), env=plain.env, check=True)
    done = _run(plain, "transpiler", "run", "ores", "--engine", "podman", cwd=here)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all 13 stages succeeded" in done.stdout
    assert _left(plain) == ""


def test_pipelines_side_by_side_that_share_layers_leave_no_image(plain: Podman) -> None:
    """One tears down while others build on the images that it removes, and remove what they share themselves."""
    here = plain.directory / "home"
    script = 'mkdir -p shared/.pipeline; printf %s "$CONFIG" > shared/.pipeline/config.yaml; printf %s "$FILE" > $0'
    given = {"CONFIG": json.dumps({"project": "a/b", "pipelines": dict.fromkeys("abcdef", SHARING)}), "FILE": SHARED}
    command = plain.command("sh", "-c", script, "shared/Dockerfile", cwd=here)
    subprocess.run(command, env={**plain.env, **given}, check=True)
    done = _run(plain, "transpiler", "run", "shared", "--engine", "podman", cwd=here)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _left(plain) == ""


SERVED = {
    "dockerfile": "Dockerfile",
    "stages": [
        {"name": "build", "build": "deps"},
        {
            "name": "unit",
            "run": {
                "image": "${build.imageID}",
                "arguments": ["sh", "-c", "trap '' TERM; echo here; sleep 300 & wait"],
                "services": [{"name": "db", "image": "busybox", "arguments": ["sleep", "300"]}],
            },
        },
    ],
}


def test_the_next_run_removes_what_a_killed_one_left(plain: Podman) -> None:
    here = plain.directory / "home"
    script = 'mkdir -p killed/.pipeline; printf %s "$CONFIG" > killed/.pipeline/config.yaml; printf %s "$FILE" > $0'
    given = {"CONFIG": json.dumps({"project": "a/b", "pipelines": {"test": SERVED}}), "FILE": SHARED}
    subprocess.run(
        plain.command("sh", "-c", script, "killed/Dockerfile", cwd=here), env={**plain.env, **given}, check=True
    )
    process = subprocess.Popen(
        plain.command(sys.executable, "-m", "transpiler", "run", "killed", "--engine", "podman", cwd=here),
        env={**plain.env, "PYTHONPATH": str(OURS)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 120
    while not any("here" in log.read_text() for log in here.glob("killed/.transpipe/*/test/unit.log")):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.1)
    process.kill()
    process.wait()
    assert _left(plain) != ""
    done = _run(plain, "transpiler", "run", "killed", "test/build", "--engine", "podman", cwd=here)
    assert done.returncode == 0, done.stdout + done.stderr
    said = re.match(r"removed what the killed run (\S+) had left\n", done.stderr)
    assert said
    assert _left(plain) == ""
    processes = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert said[1] not in processes


def _left(podman: Podman) -> str:
    """Containers, images (those that others are based on, too) and networks."""
    label = ("--quiet", "--filter", "label=ci.run")
    return "".join(podman(*words, *label) for words in (("ps", "--all"), ("images", "--all"), ("network", "ls")))


def _run(podman: Podman, module: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = podman.command(sys.executable, "-m", module, *arguments, cwd=cwd or podman.directory)
    env = {
        **podman.env,
        "PYTHONPATH": f"{OURS}:{OURS / 'tests'}",
        "MIRROR": podman.registry,
        "TRANSPIPE_ENGINES": str(ENGINES),
    }
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=300)
