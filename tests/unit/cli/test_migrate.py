"""`transpipe migrate`: what it writes, shows and says, and where it refuses to write."""

from __future__ import annotations

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
      - {name: unit, build: unit, run: {arguments: [1]}}  # once
"""
AFTER = BEFORE.replace("[1]", "['1']")
PATCH = """\
--- a/.pipeline/config.yaml
+++ b/.pipeline/config.yaml
@@ -3,4 +3,4 @@
   test:
     blubberfile: blubber.yaml
     stages:
-      - {name: unit, build: unit, run: {arguments: [1]}}  # once
+      - {name: unit, build: unit, run: {arguments: ['1']}}  # once
"""


@pytest.fixture
def old(repository: Path) -> Path:
    """A repository whose config has something to fix."""
    write(repository, {CONFIG_PATH: BEFORE})
    return repository


def test_the_config_is_written_and_then_there_is_nothing_to_do(old: Path, transpipe: Command) -> None:
    (old / CONFIG_PATH).chmod(0o640)
    assert transpipe("migrate") == (
        0,
        "",
        "fixed 1 number-as-string\nwrote .pipeline/config.yaml; now run `transpipe generate`\n",
    )
    assert (old / CONFIG_PATH).read_text() == AFTER
    assert (old / CONFIG_PATH).stat().st_mode & 0o777 == 0o640
    assert [path for path in tree(old) if path.startswith(".pipeline/.")] == []
    before = (old / CONFIG_PATH).stat().st_mtime_ns
    assert transpipe("migrate") == (0, "", "nothing to do: the config is version 0 as it should be\n")
    assert (old / CONFIG_PATH).stat().st_mtime_ns == before


def test_diff_shows_and_writes_nothing(old: Path, transpipe: Command) -> None:
    assert transpipe("migrate", "--diff") == (0, PATCH, "fixed 1 number-as-string\n")
    assert (old / CONFIG_PATH).read_text() == BEFORE


def test_stdout_prints_and_writes_nothing(old: Path, transpipe: Command) -> None:
    assert transpipe("migrate", "--stdout") == (0, AFTER, "fixed 1 number-as-string\n")
    assert (old / CONFIG_PATH).read_text() == BEFORE


def test_another_repository_is_named(old: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(old.parent)
    assert transpipe("migrate", "repository").err.endswith(
        "wrote repository/.pipeline/config.yaml; now run `transpipe generate`\n"
    )


def test_a_diff_with_other_line_ends_shows_only_what_changes(old: Path, transpipe: Command) -> None:
    (old / CONFIG_PATH).write_bytes(BEFORE.replace("\n", "\r\n").encode())
    ran = transpipe("migrate", "--diff")
    assert [line[0] for line in ran.out.split("\n")[2:] if line[:1] in ("-", "+")] == ["-", "+"]


def test_errors_are_said_as_lint_says_them_and_nothing_is_written(old: Path, transpipe: Command) -> None:
    write(old, {CONFIG_PATH: f"{BEFORE}      - {{name: lint, biuld: lint}}\n"})
    before, linted = tree(old), transpipe("lint")
    ran = transpipe("migrate")
    assert (ran.code, ran.out, ran.err) == (1, "", linted.out)
    assert "[unknown-key]" in ran.err
    assert tree(old) == before


def test_what_is_left_as_it_is_is_said(old: Path, transpipe: Command) -> None:
    write(old, {CONFIG_PATH: "concurrency: &n 1\n" + BEFORE.replace("[1]", "[*n]")})
    ran = transpipe("migrate")
    assert (ran.code, ran.out) == (0, "")
    assert "[number-as-string]" in ran.err
    assert ran.err.endswith("is noted above cannot be written otherwise without a change of meaning\n")


def test_a_link_within_the_repository_stays_a_link(old: Path, transpipe: Command) -> None:
    (old / CONFIG_PATH).rename(old / "pipeline.yaml")
    (old / CONFIG_PATH).symlink_to("../pipeline.yaml")
    assert transpipe("migrate").code == 0
    assert (old / CONFIG_PATH).is_symlink()
    assert (old / "pipeline.yaml").read_text() == AFTER


def test_nothing_is_written_through_a_link_that_leaves_the_repository(old: Path, transpipe: Command) -> None:
    (old / CONFIG_PATH).rename(old.parent / "shared.yaml")
    (old / CONFIG_PATH).symlink_to("../../shared.yaml")
    ran = transpipe("migrate")
    assert (ran.code, ran.out) == (1, "")
    assert "[config-outside]" in ran.err
    assert "hint: " in ran.err
    assert (old.parent / "shared.yaml").read_text() == BEFORE
    assert transpipe("migrate", "--stdout").out == AFTER


def test_wrong_usage(tmp_path: Path, old: Path, transpipe: Command) -> None:
    assert transpipe("migrate", "--diff", "--stdout").code == 2
    assert transpipe("migrate", tmp_path / "nowhere").code == 2


def test_an_older_dialect_is_rewritten_and_then_lints_without_a_word(old: Path, transpipe: Command) -> None:
    write(old, {CONFIG_PATH: VARIANTS, ".pipeline/test/blubber.yaml": (old / ".pipeline/blubber.yaml").read_text()})
    assert transpipe("migrate") == (
        0,
        "",
        "rewritten from proposal B\nwrote .pipeline/config.yaml; now run `transpipe generate`\n",
    )
    assert (old / CONFIG_PATH).read_text() == REWRITTEN
    assert transpipe("lint") == (0, "", "")


VARIANTS = """\
project: team/ores
pipelines:
  test:
    # both are quick
    variants: {test: [unit, lint], production: false}
"""
REWRITTEN = """\
version: 0
project: team/ores
pipelines:
  test:
    execution:
      - [unit]
      - [lint]
    # both are quick
    stages:
      - name: unit
      - name: lint
"""
