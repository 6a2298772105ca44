"""The suite's world, once for each session."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from engines.docker_engine import Docker

from . import world as world_module


@pytest.fixture(scope="session")
def world(docker_engine: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[world_module.World]:
    directory: Path = tmp_path_factory.mktemp("world")
    with world_module.world(docker_engine, directory) as made:
        yield made
