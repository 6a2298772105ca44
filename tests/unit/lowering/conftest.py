"""A machine for each shell that programs run under."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.ir_by_hand import SHELLS, Machine


@pytest.fixture(params=SHELLS, ids=lambda name: f"under {name}")
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    """A machine for each shell."""
    return Machine(tmp_path, request.param)
