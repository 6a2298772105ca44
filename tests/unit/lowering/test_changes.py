"""What happened to a repository, and whether the program that decides runs the pipeline."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from transpiler.changes import Changes
from transpiler.lowering.changes import program

RULES = Changes(("src/",), ("**/*.md",), (r"[.]pipeline/config[.]yaml",))
ZEROS = "0" * 40


class Repository:
    """A repository in which things happen; `main` is the branch that changes go to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit("src/a.c", "README.md")

    def git(self, *words: str, allow: bool = False) -> str:
        settings = ("user.name=a", "user.email=a@b", "protocol.file.allow=always", "merge.ff=false")
        given = [word for setting in settings for word in ("-c", setting)]
        command = ["git", *given, "-C", str(self.root), *words]
        return subprocess.run(command, check=not allow, capture_output=True, text=True).stdout.strip()

    def commit(self, *paths: str, text: str = "") -> str:
        for path in paths:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            with (self.root / path).open("a") as file:
                file.write(text or path)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")
        return self.git("rev-parse", "HEAD")

    def told(self, **given: str) -> str:
        """The verdict and the line that the program prints."""
        script = "\n".join((*program(RULES), 'echo "$runs"'))
        done = subprocess.run(
            ["sh", "-eu", "-c", script],
            cwd=self.root,
            env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **given},
            capture_output=True,
            text=True,
            check=True,
        )
        line, runs = done.stdout.splitlines()
        assert line.startswith("changes: ")
        return runs


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_a_merge_is_compared_with_what_was_there(repository: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    second = repository.commit("README.md", "src/notes.md")
    assert repository.told(before=first) == "no"
    repository.commit("src/b.c")
    assert repository.told(before=second) == "yes"
    repository.commit("README.md")
    assert repository.told(before=first) == "yes", "all commits of a push count"


def test_a_change_is_compared_with_where_it_left_its_branch(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "-b", "feature")
    repository.commit("README.md")
    repository.git("checkout", "--quiet", "main")
    repository.commit("src/b.c")
    repository.git("checkout", "--quiet", "feature")
    assert repository.told(base="main") == "no", "what came to main meanwhile does not count"
    repository.git("merge", "--quiet", "main")
    assert repository.told(base="main") == "no"
    repository.commit(".pipeline/config.yaml")
    assert repository.told(base="main") == "yes"


@pytest.mark.parametrize("given", [{}, {"base": ""}, {"before": ZEROS}, {"base": "nowhere"}, {"before": "1" * 40}])
def test_where_the_base_is_not_known_the_pipeline_runs(repository: Repository, given: dict[str, str]) -> None:
    repository.commit("README.md")
    assert repository.told(**given) == "yes"


def test_after_a_forced_push_the_pipeline_runs(repository: Repository) -> None:
    gone = repository.commit("src/b.c")
    repository.git("reset", "--quiet", "--hard", "HEAD^")
    repository.commit("README.md")
    assert repository.told(before=gone) == "yes"


def test_where_the_history_is_too_short_the_pipeline_runs(repository: Repository, tmp_path: Path) -> None:
    first = repository.git("rev-parse", "HEAD")
    for _ in range(3):
        repository.commit("README.md")
    assert repository.told(before=first) == "no"
    shallow = tmp_path / "shallow"
    repository.git("clone", "--quiet", "--depth", "2", repository.root.as_uri(), str(shallow))
    repository.root = shallow
    assert repository.told(before=first) == "yes"
    assert repository.told(before=repository.git("rev-parse", "HEAD^")) == "no"


def test_where_nothing_differs_the_pipeline_runs(repository: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    assert repository.told(before=first) == "yes"
    repository.commit("x")
    repository.git("revert", "--no-edit", "HEAD")
    assert repository.told(before=first) == "yes"


def test_two_merge_bases_are_none(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "-b", "feature")
    one = repository.commit("README.md")
    repository.git("checkout", "--quiet", "main")
    two = repository.commit("NEWS.md")
    repository.git("merge", "--quiet", one)
    repository.git("checkout", "--quiet", "feature")
    repository.git("merge", "--quiet", two)
    assert repository.told(base="main") == "yes"


@pytest.mark.parametrize(
    ("happens", "runs"),
    [
        (lambda r: r.git("rm", "--quiet", "src/a.c"), "yes"),
        (lambda r: r.git("mv", "src/a.c", "a.c"), "yes"),
        (lambda r: r.git("mv", "README.md", "src/README.md"), "no"),
        (lambda r: r.git("update-index", "--chmod=+x", "src/a.c"), "yes"),
        (lambda r: r.git("update-index", "--add", "--cacheinfo", f"160000,{'2' * 40},src/lib"), "yes"),
        (lambda r: r.git("update-index", "--add", "--cacheinfo", f"160000,{'2' * 40},lib"), "no"),
    ],
    ids=["deleted", "moved away", "renamed within what does not count", "mode", "submodule", "submodule elsewhere"],
)
def test_what_counts(repository: Repository, happens: Callable[[Repository], object], runs: str) -> None:
    first = repository.git("rev-parse", "HEAD")
    happens(repository)
    repository.git("commit", "--quiet", "--message", "x")
    assert repository.told(before=first) == runs


def test_a_submodule_that_says_to_ignore_it_counts(repository: Repository) -> None:
    gitlink = "160000,{},src/lib"
    repository.git("update-index", "--add", "--cacheinfo", gitlink.format("2" * 40))
    repository.git("config", "diff.ignoreSubmodules", "all")
    (repository.root / ".gitmodules").write_text('[submodule "l"]\n path = src/lib\n url = x\n ignore = all\n')
    repository.git("add", ".gitmodules")
    repository.git("commit", "--quiet", "--allow-empty", "--message", "x")
    first = repository.git("rev-parse", "HEAD")
    repository.git("update-index", "--cacheinfo", gitlink.format("3" * 40))
    repository.git("commit", "--quiet", "--allow-empty", "--message", "x")
    assert repository.told(before=first) == "yes"


@pytest.mark.parametrize("lacking", ["git", "awk", "tr"])
def test_without_a_program_the_pipeline_runs(repository: Repository, tmp_path: Path, lacking: str) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.commit("README.md")
    (tmp_path / "bin").mkdir()
    for name in {"git", "awk", "tr", "sh"} - {lacking}:
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
    assert repository.told(before=first, PATH=str(tmp_path / "bin")) == "yes"
