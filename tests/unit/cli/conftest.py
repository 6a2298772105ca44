"""The command, and a repository to run it in."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Command, make


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that compiles; the current directory."""
    root = make(tmp_path / "repository")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def transpipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command; no profile of the user's is about."""
    for name in ("TRANSPIPE_PROFILE", "TRANSPIPE_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Command(monkeypatch, capsys)
