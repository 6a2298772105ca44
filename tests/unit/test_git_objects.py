"""Commits and files are read through one process of git, whatever they are called and hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.git_repository import git

from transpiler.git import Git, GitError, LeadsOut, Objects, Problem

MOST = 2**20
FILES = {"a": b"one\n", "sub/b c": b"\x00\xff\n\n", "empty": b"", "é\u202e": b"named", "large": b"x" * 300_000}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    made.mkdir()
    git(made, "init", "-q", "-b", "main")
    for name, content in FILES.items():
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_bytes(content)
    (made / "link").symlink_to("sub/b c")
    (made / "folder").symlink_to("sub")
    (made / "outside").symlink_to("../secret")
    (made / "absolute").symlink_to("/etc/hostname")
    (made / "dangling").symlink_to("nothing")
    (made / "loop").symlink_to("loop")
    git(made, "add", "--all")
    git(made, "commit", "-q", "-m", "x")
    return made


@pytest.fixture
def objects(root: Path) -> Iterator[Objects]:
    with Git(root).objects() as made:
        yield made


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_byte_for_byte(objects: Objects, name: str) -> None:
    assert objects.file("HEAD", name, MOST) == FILES[name]


def test_no_more_than_the_limit_is_kept_and_what_comes_next_is_right(objects: Objects) -> None:
    assert objects.file("HEAD", "large", 10) == b"x" * 10
    assert objects.file("HEAD", "large", 0) == b""
    assert objects.file("HEAD", "a", MOST) == b"one\n"


def test_links_are_followed_in_the_repository_only(objects: Objects) -> None:
    assert objects.file("HEAD", "link", MOST) == FILES["sub/b c"]
    assert objects.file("HEAD", "folder/b c", MOST) == FILES["sub/b c"]
    for name in ("outside", "absolute"):
        with pytest.raises(LeadsOut):
            objects.file("HEAD", name, MOST)
    for name in ("dangling", "loop", "a/b", "sub", "folder", "nothing", ".git/config", "a\nb"):
        assert objects.file("HEAD", name, MOST) is None, name
    assert objects.file("HEAD", "a", MOST) == b"one\n"


def test_commits(objects: Objects, root: Path) -> None:
    head = git(root, "rev-parse", "HEAD").strip()
    git(root, "tag", "-a", "-m", "x", "v1")
    assert objects.commit("HEAD") == objects.commit("main") == objects.commit("v1") == objects.commit(head[:9]) == head
    for name in ("nothing", "HEAD^", "HEAD:a", "-x", "", "HEAD\nHEAD", "HEAD\0"):
        assert objects.commit(name) == "", name


def test_where_there_is_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with Git(tmp_path).objects() as objects, pytest.raises(GitError) as error:
        objects.commit("HEAD")
    assert error.value.problem is Problem.NO_REPOSITORY


def test_without_git(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError) as error:
        Git(root).objects()
    assert error.value.problem is Problem.NO_GIT
