"""What the command writes is the same bytes whatever the locale, and no character and no closed stream ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NAME = "größe-→-日本"
CONFIG = f"""\
project: team/ores
pipelines:
  {NAME}:
    dockerfile: Dockerfile
    stages:
      - {{name: büro, build: test, run: {{arguments: ['→ ✓']}}}}
      - {{name: unused ✗, run: {{image: 'x-✓'}}}}
    execution: [[büro]]
"""
LOCALES = {
    "a Windows code page": {"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
    "ASCII": {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    "the C locale": {"LC_ALL": "C"},
    "a locale whose file names are no UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
COMMANDS = {
    "generate --stdout": ["generate", "--stdout", "-t", "gitlab"],
    "generate --diff": ["generate", "--diff"],
    "generate --check --diff": ["generate", "--check", "--diff"],
    "generate": ["generate"],
    "lint": ["lint"],
    "lint as JSON": ["lint", "--format", "json"],
    "graph": ["graph"],
    "graph as DOT": ["graph", "--format", "dot"],
    "a pipeline that is not there": ["graph", "--pipeline", "→"],
    "an option that is not there": ["graph", "--→"],
    "help": ["run", "--help"],
    "schema": ["schema", "profile"],
    "explain": ["explain", "unused-stages"],
    "init": ["init", "new-→", "--stdout"],
    "migrate": ["migrate", "old-→", "--diff"],
    "hook check": ["hook", "check"],
    "run --dry-run": ["run", "--dry-run", "-v"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, config in ((".", CONFIG), ("old-→", CONFIG.replace("run: {image", "run: {arguments: é, image"))):
        (tmp_path / name / ".pipeline").mkdir(parents=True)
        (tmp_path / name / ".pipeline/config.yaml").write_text(config, encoding="utf-8")
        (tmp_path / name / "Dockerfile").write_text("FROM busybox AS test\n")
    (tmp_path / "new-→").mkdir()
    (tmp_path / "new-→/Dockerfile").write_text("FROM busybox AS größe\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def told(folder: Path, arguments: list[str], **environment: str) -> tuple[int, bytes, bytes]:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "COLUMNS": "100", **environment}
    words = [sys.executable, "-X", "warn_default_encoding", "-W", "error::EncodingWarning", "-m", "transpiler"]
    done = subprocess.run([*words, *arguments], cwd=folder, env=env, capture_output=True, check=False)
    for path in (".gitlab-ci.yml", "Jenkinsfile"):
        (folder / path).unlink(missing_ok=True)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_results_are_the_same_bytes_whatever_the_locale(folder: Path, command: list[str]) -> None:
    code, out, err = told(folder, command, PYTHONUTF8="1")
    assert b"a bug" not in err
    out.decode("utf-8")
    for name, locale in LOCALES.items():
        assert told(folder, command, **locale)[:2] == (code, out), name


@pytest.mark.parametrize("locale", LOCALES.values(), ids=LOCALES)
def test_what_is_said_beside_results_ends_nothing(folder: Path, locale: dict[str, str]) -> None:
    code, _, err = told(folder, ["graph", "--pipeline", "→"], **locale)
    assert code == 2
    assert b"\ntranspipe: there is no pipeline " in err
    assert b"Traceback" not in err


@pytest.mark.parametrize("locale", LOCALES.values(), ids=LOCALES)
def test_a_path_is_found_and_told_as_it_was_given(folder: Path, locale: dict[str, str]) -> None:
    code, out, _ = told(folder, ["lint", "--format", "json", "old-→"], **locale)
    assert code in (0, 1)
    assert "old-→" in json.dumps(json.loads(out), ensure_ascii=False)


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_swallows_what_is_written(folder: Path, closed: str) -> None:
    script = f'exec "$0" -m transpiler lint {closed}'
    done = subprocess.run(["sh", "-c", script, sys.executable], cwd=folder, check=False, capture_output=True)
    assert done.returncode == 0, done
    assert b"Traceback" not in done.stderr
