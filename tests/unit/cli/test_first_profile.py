"""`transpipe profile init`: a first profile that lints, from options or from answers."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from support.command import Command

from transpiler.targets import TARGETS

CONFIG = "project: team/app\npipelines: {test: {dockerfile: Dockerfile, stages: [{name: test}]}}\n"
PROFILE = ".pipeline/profile.yaml"
SETS = [names for n in (1, 2, len(TARGETS)) for names in combinations(TARGETS, n)]


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / ".pipeline").mkdir()
    (tmp_path / ".pipeline/config.yaml").write_text(CONFIG)
    (tmp_path / "Dockerfile").write_text("FROM scratch AS test\n")
    return tmp_path


@pytest.mark.parametrize("targets", SETS)
@pytest.mark.parametrize(
    "given", [(), ("--registry", "r.example.org:5000", "--credential", "the login"), ("--label", "a b")]
)
def test_what_it_writes_lints_for_every_choice(
    transpipe: Command, app: Path, targets: Sequence[str], given: tuple[str, ...]
) -> None:
    chosen = [word for name in targets for word in ("-t", name)]
    assert transpipe("profile", "init", app, *chosen, *given).code == 0
    assert yaml.safe_load((app / PROFILE).read_text())["targets"] == list(targets)
    assert transpipe("lint", app) == (0, "", "")
    assert transpipe("generate", app).code == 0


def test_it_says_what_to_create_and_writes_nothing_twice(transpipe: Command, app: Path) -> None:
    words = ("profile", "init", app, "-t", "gitlab", "--registry", "r.example.org", "--credential", "registry")
    said = transpipe(*words).err
    assert "create on GitLab: REGISTRY_USER and REGISTRY_PASSWORD, for the login to r.example.org\n" in said
    again = transpipe(*words)
    assert (again.code, "there is a" in again.err) == (2, True)


def test_a_value_that_no_profile_can_have_is_told_and_not_written(transpipe: Command, app: Path) -> None:
    ran = transpipe("profile", "init", app, "--registry", "https://r.example.org/x")
    assert (ran.code, (app / PROFILE).exists()) == (1, False)
    assert "without `https://`" in ran.err


def test_it_only_shows_it(transpipe: Command, app: Path) -> None:
    ran = transpipe("profile", "init", app, "-t", "zuul", "--label", "docker", "--stdout")
    assert "zuul: {nodeset: {label: docker}}\n" in ran.out
    assert not (app / PROFILE).exists()


def test_on_a_terminal_it_asks_for_the_rest(app: Path) -> None:
    mine, theirs = pty.openpty()
    command = [sys.executable, "-m", "transpiler", "init", "--profile"]
    with subprocess.Popen(command, cwd=app, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        os.write(mine, b"jenkins\nr.example.org\nlogin\ndocker\n")
        _, told = run.communicate(timeout=60)
    os.close(mine)
    os.close(theirs)
    assert run.returncode == 0, told
    written = yaml.safe_load((app / PROFILE).read_text())
    assert written["registry"] == {"public": "r.example.org", "credential": "login"}
    assert (written["jenkins"], written["targets"]) == ({"label": "docker"}, ["jenkins"])
