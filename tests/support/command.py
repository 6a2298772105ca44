"""Runs the `transpipe` command in this process, as `main` does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from transpiler.cli import main

CONFIG = """\
project: team/ores
pipelines:
  test:
    blubberfile: blubber.yaml
    stages:
      - name: unit
      - name: lint
    execution: [[unit], [lint]]
    fetch: {}
"""
BLUBBERFILE = "version: v4\nbase: debian:12\nvariants:\n  unit: {}\n  lint: {}\n"
TWO_TARGETS = "extends: default\ntargets: [jenkins, gitlab]\n"
"""A profile for a config in a subfolder, where Zuul finds nothing."""
OUTPUTS = (
    "Jenkinsfile",
    ".gitlab-ci.yml",
    ".zuul.d/transpipe.yaml",
    ".pipeline/zuul/test.yaml",
    ".pipeline/zuul/teardown.yaml",
)


class Ran(NamedTuple):
    """The result of a run of the command."""

    code: int
    out: str
    err: str


class Command:
    """The command, in a directory of its own and with nothing of the user's in its environment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ran:
        self._monkeypatch.setattr("sys.argv", ["transpipe", *map(str, arguments)])
        with _exit() as code:
            main()
        out, err = self._capsys.readouterr()
        return Ran(code[0], out, err)


@contextmanager
def _exit() -> Iterator[list[int]]:
    code = [0]
    try:
        yield code
    except SystemExit as stop:
        code[0] = int(stop.code or 0)


def make(root: Path, **files: str) -> Path:
    """A repository with a config that compiles for every target, and more files (by path, `__` for `/`)."""
    write(root, {".pipeline/config.yaml": CONFIG, ".pipeline/blubber.yaml": BLUBBERFILE})
    (root / ".git").mkdir(exist_ok=True)
    write(root, files)
    return root


def write(root: Path, files: dict[str, str]) -> None:
    """Writes files by their paths."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def tree(root: Path) -> dict[str, str]:
    """Every file below a directory with its text."""
    return {p.relative_to(root).as_posix(): p.read_text() for p in sorted(root.rglob("*")) if p.is_file()}
