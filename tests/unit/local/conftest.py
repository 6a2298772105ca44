"""The repository in which the command runs, and the engines that run its containers."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import container_engines
from support.container_engines import Engine
from support.local_runs import Repository, make


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make(tmp_path)


@pytest.fixture(params=["docker", "podman"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return container_engines.of(request, request.param)
