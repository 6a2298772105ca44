"""A repository for all tests of migration: they bring their configs."""

from pathlib import Path

import pytest
from support.migration import make


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Has a blubberfile with every variant for each pipeline of the tests."""
    return make(tmp_path_factory.mktemp("repository"), "test", "publish", "web", "api")
