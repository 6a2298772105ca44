"""A fleet of repositories, one of each kind, audited once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.command import Command
from support.fleet import make_fleet

from transpiler.app.audit import Options, audit
from transpiler.app.audited import Audited


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """The directory of the repositories, and their names."""
    place = tmp_path_factory.mktemp("fleet")
    before = Path.cwd()
    os.chdir(place)
    try:
        return place, tuple(make_fleet(place))
    finally:
        os.chdir(before)


@pytest.fixture
def in_fleet(fleet: tuple[Path, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The names of the repositories in the current directory."""
    place, names = fleet
    monkeypatch.chdir(place)
    monkeypatch.delenv("TRANSPIPE_PROFILE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(place / "nothing"))
    return names


@pytest.fixture
def audits(in_fleet: tuple[str, ...]) -> dict[str, Audited]:
    """The audit of each, with pictures."""
    return {name: audit(name, Options(pictures=True)) for name in in_fleet}


@pytest.fixture
def transpipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command."""
    return Command(monkeypatch, capsys)
