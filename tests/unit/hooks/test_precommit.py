"""The hooks through the real pre-commit program, from a git repository on this machine.

It builds an environment from this package and its dependencies, once for all tests; pip may need its index for that.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engines.fixtures import without
from support.command import CONFIG, OUTPUTS, make, write
from support.git_repository import environment, git

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
CONFIG_PATH = ".pipeline/config.yaml"
PIPER = "general:\n  verbose: true\nsteps:\n  mavenBuild:\n    x: 1\n"


class PreCommit:
    """The program, with a home of its own, and the repository that it has our hooks from."""

    def __init__(self, home: Path, source: Path) -> None:
        self.home = home
        self._source = source
        self._revision = git(source, "rev-parse", "HEAD").strip()

    def config(self, hook: str) -> str:
        return (
            f"repos:\n- repo: file://{self._source}\n  rev: {self._revision}\n  hooks:\n  - id: {hook}\n"
            "    verbose: true\n"
        )

    def __call__(self, root: Path, *arguments: str) -> tuple[int, str]:
        ran = subprocess.run(
            [sys.executable, "-m", "pre_commit", *arguments],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
            env=environment(PRE_COMMIT_HOME=str(self.home), PRE_COMMIT_COLOR="never", XDG_CONFIG_HOME=str(self.home)),
        )
        return ran.returncode, ran.stdout + ran.stderr

    def all_files(self, root: Path) -> tuple[int, str]:
        return self(root, "run", "--all-files")


@pytest.fixture(scope="module")
def pre_commit(tmp_path_factory: pytest.TempPathFactory) -> PreCommit:
    source = tmp_path_factory.mktemp("source") / "transpipe"
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).is_file() and not name.startswith(("tests/", "golden/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    git(source, "init", "-q")
    git(source, "add", "-A")
    git(source, "commit", "-qm", "all")
    made = PreCommit(tmp_path_factory.mktemp("home"), source)
    root = repository_of(tmp_path_factory.mktemp("first"), made, "transpipe")
    code, said = made(root, "install-hooks")
    if code and ("Could not find a version" in said or "connection" in said.lower()):
        without(f"the hooks' environment cannot be installed: {said[-500:]}")
    assert code == 0, said
    return made


def repository_of(root: Path, pre_commit: PreCommit, hook: str) -> Path:
    """A repository that compiles, with the hook configured and all staged."""
    make(root)
    (root / ".git").rmdir()
    write(root, {".pre-commit-config.yaml": pre_commit.config(hook)})
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    return root


@pytest.fixture
def fresh(tmp_path: Path, pre_commit: PreCommit) -> Path:
    """A repository whose outputs the hook has written, and which has them committed."""
    root = repository_of(tmp_path / "repository", pre_commit, "transpipe")
    code, said = pre_commit.all_files(root)
    assert (code, "Failed" in said) == (1, True), said
    assert "wrote Jenkinsfile" in said
    assert all((root / path).is_file() for path in OUTPUTS)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    return root


def test_when_nothing_changed_it_passes_and_says_nothing(fresh: Path, pre_commit: PreCommit) -> None:
    code, said = pre_commit.all_files(fresh)
    assert (code, "Passed" in said) == (0, True), said
    assert "nothing to do" not in said
    assert git(fresh, "status", "--short") == ""


def test_a_changed_config_is_compiled_and_the_second_run_passes(fresh: Path, pre_commit: PreCommit) -> None:
    write(fresh, {CONFIG_PATH: CONFIG.replace("  test:", "  unit:")})
    git(fresh, "add", "-A")
    code, said = pre_commit(fresh, "run")
    assert (code, "deleted .pipeline/zuul/test.yaml" in said) == (1, True), said
    git(fresh, "add", "-A")
    assert pre_commit(fresh, "run")[0] == 0


def test_a_new_output_that_git_does_not_know_is_not_forgotten(fresh: Path, pre_commit: PreCommit) -> None:
    write(fresh, {CONFIG_PATH: CONFIG + CONFIG.partition("pipelines:\n")[2].replace("  test:", "  more:")})
    git(fresh, "add", "-u")
    assert "wrote .pipeline/zuul/more.yaml" in pre_commit(fresh, "run")[1]
    git(fresh, "add", "-u")
    code, said = pre_commit(fresh, "run")
    assert (code, "git add -- .pipeline/zuul/more.yaml" in said) == (1, True), said
    git(fresh, "add", "-A")
    assert pre_commit(fresh, "run")[0] == 0


def test_an_output_edited_by_hand_is_refused_and_kept(fresh: Path, pre_commit: PreCommit) -> None:
    (fresh / "Jenkinsfile").write_text((fresh / "Jenkinsfile").read_text() + "// mine\n")
    git(fresh, "add", "-A")
    code, said = pre_commit(fresh, "run")
    assert (code, "`Jenkinsfile` was edited by hand." in said) == (1, True), said
    assert "`transpipe generate --force`" in said
    assert (fresh / "Jenkinsfile").read_text().endswith("// mine\n")


def test_a_broken_config_is_shown_with_its_place(fresh: Path, pre_commit: PreCommit) -> None:
    write(fresh, {CONFIG_PATH: CONFIG.replace("name: lint", "nmae: lint")})
    git(fresh, "add", "-A")
    code, said = pre_commit(fresh, "run")
    assert (code, f"{CONFIG_PATH}:7:" in said) == (1, True), said


def test_when_the_config_goes_with_anything_else_so_do_its_outputs(fresh: Path, pre_commit: PreCommit) -> None:
    git(fresh, "rm", "-q", CONFIG_PATH)
    # The program runs no hook for a file that is deleted, and nothing else.
    code, said = pre_commit(fresh, "run")
    assert (code, "Skipped" in said) == (0, True), said
    code, said = pre_commit.all_files(fresh)
    assert (code, "deleted Jenkinsfile" in said) == (1, True), said
    git(fresh, "add", "-A")
    assert pre_commit.all_files(fresh)[0] == 0
    assert not any((fresh / path).exists() for path in OUTPUTS)


def test_a_config_of_pipers_is_passed_over(tmp_path: Path, pre_commit: PreCommit) -> None:
    root = repository_of(tmp_path, pre_commit, "transpipe")
    write(root, {CONFIG_PATH: PIPER})
    git(root, "add", "-A")
    code, said = pre_commit.all_files(root)
    assert (code, "belongs to another program: passed over" in said) == (0, True), said


def test_the_check_alone_writes_nothing(tmp_path: Path, pre_commit: PreCommit) -> None:
    root = repository_of(tmp_path, pre_commit, "transpipe-check")
    code, said = pre_commit.all_files(root)
    assert (code, "`Jenkinsfile` is missing." in said) == (1, True), said
    assert not (root / "Jenkinsfile").exists()


def test_a_commit_without_the_outputs_is_refused(fresh: Path, pre_commit: PreCommit) -> None:
    assert pre_commit(fresh, "install")[0] == 0
    write(fresh, {CONFIG_PATH: CONFIG + "# more\n", "note": "not staged\n"})
    git(fresh, "add", CONFIG_PATH)
    home = str(pre_commit.home)
    assert "wrote Jenkinsfile" in git(fresh, "commit", "-qm", "x", fails=True, PRE_COMMIT_HOME=home)
    # It puts aside what is not staged, the new Jenkinsfile too: a second try fails the same way.
    assert "Failed" in git(fresh, "commit", "-qm", "x", fails=True, PRE_COMMIT_HOME=home)
    git(fresh, "add", "Jenkinsfile")
    git(fresh, "commit", "-qm", "x", PRE_COMMIT_HOME=home)
