"""Each way of installing that `docs/installing.md` names gives a transpipe that works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engines.fixtures import without

ROOT = Path(__file__).resolve().parents[2]
CONFIG = "project: a/b\npipelines:\n  test:\n    dockerfile: Dockerfile\n    stages: [{name: unit}]\n"

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path | None = None, **environment: object) -> str:
    """What a command prints, which knows nothing of this checkout."""
    hidden = ("PYTHONPATH", "VIRTUAL_ENV", "TRANSPIPE_PROFILE")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    kept |= {name: str(value) for name, value in environment.items()}
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=cwd, env=kept, timeout=600)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs that install: pipx, uv and shiv."""
    folder = tmp_path_factory.mktemp("tools")
    run(sys.executable, "-m", "venv", folder)
    try:
        run(folder / "bin/python", "-m", "pip", "install", "-qq", "--disable-pip-version-check", "pipx", "uv", "shiv")
    except AssertionError as failed:
        without(f"pipx, uv and shiv cannot be installed: {str(failed)[-300:]}")
    return folder / "bin"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean copy of this checkout."""
    copy = tmp_path_factory.mktemp("source")
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / ".pipeline").mkdir(parents=True)
    (root / ".pipeline/config.yaml").write_text(CONFIG)
    (root / "Dockerfile").write_text("FROM scratch AS unit\n")
    return root


def works(repository: Path, *command: object, **environment: object) -> None:
    """A command line that begins with transpipe compiles and checks."""
    assert "wrote Jenkinsfile" in run(*command, "generate", cwd=repository, **environment)
    assert run(*command, "generate", "--check", cwd=repository, **environment) == ""
    assert "no-image (error)" in run(*command, "explain", "no-image", cwd=repository, **environment)


def test_pipx(tools: Path, source: Path, repository: Path, tmp_path: Path) -> None:
    places = {"PIPX_HOME": tmp_path / "pipx", "PIPX_BIN_DIR": tmp_path / "bin"}
    run(tools / "pipx", "install", "--quiet", "--python", sys.executable, source, **places)
    works(repository, tmp_path / "bin/transpipe")


def test_uv_and_uvx(tools: Path, source: Path, repository: Path, tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("UV_CACHE_DIR", "UV_TOOL_DIR", "UV_TOOL_BIN_DIR")}
    run(tools / "uv", "tool", "install", "--quiet", "--python", sys.executable, source, **places)
    works(repository, tmp_path / "UV_TOOL_BIN_DIR/transpipe")
    once = (tools / "uvx", "--quiet", "--python", sys.executable, "--from", source, "transpipe")
    assert run(*once, "lint", cwd=repository, **places) == ""


def test_one_file_runs_on_a_python_with_nothing_else(
    tools: Path, source: Path, repository: Path, tmp_path: Path
) -> None:
    file = tmp_path / "transpipe.pyz"
    options = ("--console-script", "transpipe", "--output-file", file, "--reproducible", "--quiet")
    run(tools / "shiv", *options, "--python", "/usr/bin/env python3", source)
    works(repository, sys._base_executable, "-I", file, SHIV_ROOT=tmp_path / "shiv")  # type: ignore[attr-defined]


def test_the_page_names_each_way_with_its_options() -> None:
    page = (ROOT / "docs/installing.md").read_text()
    ways = ("pipx install SOURCE", "uv tool install SOURCE", "uvx --from SOURCE", "shiv --console-script transpipe")
    assert [way for way in (*ways, "--reproducible", "--target production") if way not in page] == []
