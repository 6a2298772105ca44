"""docker and podman, in the same words: what the tests of `transpipe run` ask of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from engines.docker_engine import Docker
from engines.podman_engine import Podman

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Engine:
    """docker or podman: its environment, and its client."""

    name: str
    env: Mapping[str, str]
    client: Callable[..., str]

    def left(self) -> str:
        """The ids of all containers, images and networks of runs."""
        label = ("--filter", "label=ci.run")
        lists = (("ps", "--all"), ("images",), ("network", "ls"))
        return "".join(self.client(*words, "--quiet", *label) for words in lists)

    def start(self, root: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """`transpipe run` of the repository at `root`; `more` are variables."""
        command = [sys.executable, "-m", "transpiler", "run", str(root), "--engine", self.name, *arguments]
        env = {**self.env, "PYTHONPATH": str(ROOT), **more}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=env, cwd=root.parent, text=True, stdout=pipe, stderr=pipe)


def of(request: pytest.FixtureRequest, name: str) -> Engine:
    """The engine of that name, by the fixture that starts it."""
    if name == "docker":
        docker: Docker = request.getfixturevalue("docker_engine")
        return Engine("docker", docker.env, docker)
    podman: Podman = request.getfixturevalue("podman")
    return Engine("podman", podman.env, podman)
