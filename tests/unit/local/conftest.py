"""The repository in which the command runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.local_runs import Repository, make


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return make(tmp_path)
