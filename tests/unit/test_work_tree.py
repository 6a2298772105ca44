"""Where a folder lies in its repository: what git itself says, without git."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.git_repository import git

from transpiler.app.place import find
from transpiler.work_tree import folder_of

CONFIG = "pipelines: {}\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a config in a folder, a submodule, a second working tree and a link to the folder."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES"):
        monkeypatch.delenv(name, raising=False)
    code, root = tmp_path / "code", tmp_path / "mono"
    for repository, folders in ((code, ("deep",)), (root, ("services/my api",))):
        git_init(repository, folders)
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(code), "src")
    git(root, "commit", "-qam", "all")
    git(root, "worktree", "add", "-q", str(tmp_path / "second"), "-b", "side")
    (tmp_path / "link").symlink_to(root / "services/my api")
    return tmp_path


def git_init(root: Path, folders: tuple[str, ...]) -> None:
    for folder in folders:
        (root / folder / ".pipeline").mkdir(parents=True)
        (root / folder / ".pipeline/config.yaml").write_text(CONFIG)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("mono", ""),
        ("mono/services", "services"),
        ("mono/services/my api", "services/my api"),
        ("mono/services/my api/", "services/my api"),
        ("link", "services/my api"),
        ("mono/src", ""),
        ("mono/src/deep", "deep"),
        ("second/services/my api", "services/my api"),
    ],
)
def test_it_is_where_git_says(tree: Path, path: str, folder: str) -> None:
    assert folder_of(str(tree / path)) == folder
    assert git(tree / path, "rev-parse", "--show-prefix").rstrip("\n").rstrip("/") == folder


def test_without_a_repository_a_folder_is_a_top(tree: Path) -> None:
    assert folder_of(str(tree)) == ""


@pytest.mark.parametrize(("ceiling", "folder"), [("mono", ""), ("mono/services/my api", "services/my api")])
def test_git_looks_no_higher_than_it_may(
    tree: Path, monkeypatch: pytest.MonkeyPatch, ceiling: str, folder: str
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", f":{tree / ceiling}")
    assert folder_of(str(tree / "mono/services/my api")) == folder


def test_git_is_asked_where_a_variable_says_where_the_repository_is(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "mono/.git").rename(tree / "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(tree / "elsewhere"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tree / "mono"))
    assert folder_of(str(tree / "mono/services/my api")) is None
    assert find(str(tree / "mono/services/my api")).folder == "services/my api"
