"""What a pipeline finds in its checkout, and what git says about it: against real repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from transpiler.ir import Fetch
from transpiler.local import checkout


def git(root: Path, *words: str) -> str:
    command = [
        "git",
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "protocol.file.allow=always",
        "-C",
        str(root),
        *words,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def repository(root: Path, **files: str) -> Path:
    """A repository with a commit of these files (`__` for `/`)."""
    root.mkdir(exist_ok=True)
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "one")
    return root


def tree(root: Path) -> dict[str, str]:
    """Every file but git's own."""
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def copied(root: Path, tmp_path: Path, fetch: Fetch | None = None) -> Path:
    checkout.copy(checkout.read(root), tmp_path / "copy", fetch or Fetch())
    return tmp_path / "copy"


def test_it_has_what_a_commit_of_everything_at_hand_would_have(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", kept="1", changed="1", removed="1", d__deep="1", gitignore="")
    (root / ".gitignore").write_text("ignored\n")
    (root / "changed").write_text("2")
    (root / "removed").unlink()
    (root / "new\nwith newline").write_text("new")
    (root / "ignored").write_text("secret")
    (root / "program").write_text("#!/bin/sh")
    (root / "program").chmod(0o755)
    (root / "link").symlink_to("nowhere")
    made = copied(root, tmp_path)
    assert tree(made) == {
        ".gitignore": "ignored\n",
        "changed": "2",
        "d/deep": "1",
        "gitignore": "",
        "kept": "1",
        "new\nwith newline": "new",
        "program": "#!/bin/sh",
    }
    assert os.access(made / "program", os.X_OK)
    assert os.readlink(made / "link") == "nowhere"


def test_git_in_it_knows_the_commit_and_the_changes(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", a="1", b="1")
    git(root, "remote", "add", "origin", "https://me:pw@code.example/team/ores.git")
    (root / "a").write_text("2")
    made = copied(root, tmp_path)
    assert git(made, "rev-parse", "HEAD") == git(root, "rev-parse", "HEAD")
    assert git(made, "status", "--porcelain") == "M a"
    assert git(made, "remote", "get-url", "origin") == "https://code.example/team/ores.git"
    git(made, "commit", "--quiet", "--all", "--message", "theirs")
    assert git(root, "log", "--format=%s") == "one"


@pytest.mark.parametrize(
    ("fetch", "commits", "tags"),
    [
        (Fetch(), 20, ""),
        (Fetch(depth=3), 3, ""),
        (Fetch(shallow=False), 25, ""),
        (Fetch(shallow=False, tags=True), 25, "v1"),
    ],
)
def test_its_history_is_as_deep_as_the_config_says(fetch: Fetch, commits: int, tags: str, tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    git(root, "tag", "v1")
    for number in range(24):
        git(root, "commit", "--quiet", "--allow-empty", "--message", str(number))
    made = copied(root, tmp_path, fetch)
    assert git(made, "rev-list", "--count", "HEAD") == str(commits)
    assert git(made, "tag") == tags


@pytest.mark.parametrize(("wanted", "files"), [(True, {"sub/f": "2", "sub/deep/g": "1"}), (False, {})])
def test_submodules_are_copied_as_they_are_unless_the_config_says_no(
    wanted: bool, files: dict[str, str], tmp_path: Path
) -> None:
    deep = repository(tmp_path / "deep", g="1")
    sub = repository(tmp_path / "sub", f="1")
    git(sub, "submodule", "--quiet", "add", str(deep), "deep")
    git(sub, "commit", "--quiet", "--message", "deep")
    root = repository(tmp_path / "r", a="1")
    git(root, "submodule", "--quiet", "add", str(sub), "sub")
    git(root, "submodule", "--quiet", "update", "--init", "--recursive")
    (root / "sub/f").write_text("2")
    repository(root / "no-submodule", x="1")
    found = tree(copied(root, tmp_path, Fetch(submodules=wanted)))
    assert {k: v for k, v in found.items() if ".gitmodules" not in k} == {"a": "1", **files}
    assert (tmp_path / "copy/sub").is_dir()


def test_a_link_that_took_a_directorys_place_leads_nothing_astray(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", d__f="1")
    other = tmp_path / "other"
    other.mkdir()
    (other / "f").write_text("not to be touched")
    (root / "d/f").unlink()
    (root / "d").rmdir()
    (root / "d").symlink_to(other)
    made = copied(root, tmp_path)
    assert os.readlink(made / "d") == str(other)
    assert (other / "f").read_text() == "not to be touched"


def test_a_directory_of_a_repository_is_a_tree_of_its_own(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", a="1", d__f="1")
    made = copied(root / "d", tmp_path)
    assert tree(made) == {"f": "1"}
    assert not (made / ".git").exists()


def test_without_git_everything_is_copied(tmp_path: Path) -> None:
    (tmp_path / "r/.transpipe").mkdir(parents=True)
    (tmp_path / "r/f").write_text("1")
    assert tree(copied(tmp_path / "r", tmp_path)) == {"f": "1"}
    assert checkout.read(tmp_path / "r").project == "r"


def test_a_repository_without_a_commit_works(tmp_path: Path) -> None:
    root = tmp_path / "r"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch", "main")
    (root / "f").write_text("1")
    assert tree(copied(root, tmp_path)) == {"f": "1"}
    assert checkout.read(root).commit == ""


def test_what_git_says(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", a="1")
    assert checkout.read(root).tag == ""
    git(root, "tag", "v1")
    git(root, "remote", "add", "upstream", "ssh://me@code.example:29418/team/ores.git")
    found = checkout.read(root)
    assert (found.branch, found.tag, found.commit) == ("main", "v1", git(root, "rev-parse", "HEAD"))
    assert found.project == "team/ores"
    git(root, "checkout", "--quiet", "--detach")
    assert checkout.read(root).branch == ""


def test_a_hooks_variables_lead_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, other = repository(tmp_path / "r", a="1"), repository(tmp_path / "other", b="1")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    assert tree(copied(root, tmp_path)) == {"a": "1"}
