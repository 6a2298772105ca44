"""`transpipe lint --fix`: what it writes, shows and says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import Command, tree, write

CONFIG_PATH = ".pipeline/config.yaml"
BEFORE = """\
project: team/ores
pipelines:
  test:
    blubberfile: blubber.yaml
    stages:
      - {name: unit, biuld: unit, run: {arguments: [1]}}  # once
"""
AFTER = BEFORE.replace("biuld", "build").replace("[1]", "['1']")
SAYS = "fixed 1 number-as-string, 1 unknown-key in .pipeline/config.yaml\n"


@pytest.fixture
def wrong(repository: Path) -> Path:
    """A repository whose config has something to fix."""
    write(repository, {CONFIG_PATH: BEFORE})
    return repository


def test_what_is_sure_is_fixed_and_the_rest_reported(wrong: Path, transpipe: Command) -> None:
    assert transpipe("lint", "--fix") == (0, "", SAYS)
    assert (wrong / CONFIG_PATH).read_text() == AFTER
    before = (wrong / CONFIG_PATH).stat().st_mtime_ns
    assert transpipe("lint", "--fix") == (0, "", "")
    assert (wrong / CONFIG_PATH).stat().st_mtime_ns == before
    write(wrong, {CONFIG_PATH: AFTER.replace("build: unit", "build: other")})
    ran = transpipe("lint", "--fix")
    assert (ran[0], ran[2]) == (1, "")
    assert "[unknown-variant]" in ran[1]


def test_diff_shows_and_writes_nothing(wrong: Path, transpipe: Command) -> None:
    before = tree(wrong)
    code, out, err = transpipe("lint", "--fix", "--diff")
    assert (code, err) == (0, SAYS)
    assert out.splitlines()[-2:] == [f"{sign}{text.splitlines()[-1]}" for sign, text in (("-", BEFORE), ("+", AFTER))]
    assert tree(wrong) == before


def test_a_config_that_is_a_link_out_of_the_repository_stays(wrong: Path, transpipe: Command, tmp_path: Path) -> None:
    profile = wrong / ".pipeline/profile.yaml"
    write(wrong, {CONFIG_PATH: AFTER})
    (tmp_path / "elsewhere.yaml").write_text("extends: wikimeda\n")
    profile.symlink_to(tmp_path / "elsewhere.yaml")
    transpipe("lint", "--fix")
    assert (tmp_path / "elsewhere.yaml").read_text() == "extends: wikimeda\n"


def test_json_has_the_fixes(wrong: Path, transpipe: Command) -> None:
    (found,) = json.loads(transpipe("lint", "--format", "json")[1])
    place = {"line": 6, "column": 22, "end_line": 6, "end_column": 27}
    assert found["fix"] == [{**place, "text": "build"}]


@pytest.mark.parametrize("words", [("--diff",), ("--fix", "--diff", "--format", "json")])
def test_wrong_usage(wrong: Path, transpipe: Command, words: tuple[str, ...]) -> None:
    assert transpipe("lint", *words)[0] == 2
