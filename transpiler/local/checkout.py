"""Reads what git knows about the working tree, and copies the tree for each pipeline.

The copy has what a commit of all changes would have: tracked files as they are now, untracked files that are not
ignored, and submodules. Nothing is written to the working tree itself.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from transpiler.files import exists, is_folder
from transpiler.git import Git, GitError, Problem, project_of, without_password
from transpiler.ir import Fetch
from transpiler.records import dataclass

OUTPUT = ".transpipe"
"""The folder below the root for the output of runs. It has a `.gitignore`, so git ignores it."""


@dataclass(frozen=True, slots=True)
class Source:
    """The tree and what git says of it; texts are "" where git says nothing. `top`: the root is a repository's; else
    `folder` is its path there, where a checkout has it too."""

    root: Path
    git: bool = False
    top: bool = False
    commit: str = ""
    branch: str = ""
    remote: str = ""
    tag: str = ""
    folder: str = ""

    @property
    def project(self) -> str:
        """The repository's path on its server, or the directory's name if there is no server."""
        return project_of(self.remote) or self.root.name


def read(root: Path, folder: str = "") -> Source:
    """What git says of the tree at `root`, a folder of its repository. Raises OSError."""
    root = root.resolve()
    git = Git(root)
    if not _in_work_tree(git):
        return Source(root, folder=folder)
    remotes = git.answer("remote").splitlines()
    remote = "origin" if "origin" in remotes else next(iter(remotes), "")
    return Source(
        root,
        git=True,
        top=exists(root / ".git"),
        commit=git.answer("rev-parse", "--verify", "--quiet", "HEAD"),
        branch=git.answer("symbolic-ref", "--quiet", "--short", "HEAD"),
        remote=without_password(git.answer("remote", "get-url", "--", remote)) if remote else "",
        tag=git.answer("describe", "--exact-match", "--tags", "HEAD"),
        folder=folder,
    )


def _in_work_tree(git: Git) -> bool:
    """Whether git sees a repository here. Raises OSError if there is one that git refuses to read, for instance because
    it has another owner: treated as a plain directory, it would be copied with all ignored files."""
    try:
        return git.text("rev-parse", "--is-inside-work-tree") == "true"
    except GitError as error:
        if error.problem is Problem.FAILED:
            raise
        return False


def copy(source: Source, into: Path, fetch: Fetch) -> None:
    """Makes `into`, a checkout of the tree as it is; of what lies outside the config's folder it has nothing, for no
    program reads that. Raises OSError; a git that fails is one."""
    there = into / source.folder
    if not source.git:
        shutil.copytree(source.root, there, symlinks=True, ignore=shutil.ignore_patterns(OUTPUT))
        return
    if source.top and source.commit:
        _history(source, into, fetch)
    there.mkdir(parents=True, exist_ok=True)
    _files(source.root, there, submodules=fetch.submodules)


def _history(source: Source, into: Path, fetch: Fetch) -> None:
    """Makes a `.git` of the depth that the config sets, with the current commit as HEAD. Build tools read versions from
    it."""
    depth = ("--depth", str(fetch.depth)) if fetch.shallow else ()
    tags = () if fetch.tags else ("--no-tags",)
    # `as_uri`, because git ignores `--depth` when it clones from a path
    Git(source.root).run("clone", "--quiet", "--no-checkout", *depth, *tags, source.root.as_uri(), str(into))
    copy = Git(into)
    copy.run("update-ref", "--no-deref", "HEAD", source.commit)
    copy.run("read-tree", "HEAD")
    if source.remote:
        copy.run("remote", "set-url", "origin", source.remote)
    else:
        copy.run("remote", "remove", "origin")


def _files(root: Path, into: Path, *, submodules: bool) -> None:
    for name in _listed(root):
        origin, target = root / name, into / name
        if is_folder(origin) and not origin.is_symlink():
            target.mkdir(parents=True, exist_ok=True)
            if submodules and exists(origin / ".git"):
                _files(origin, target, submodules=True)
        elif os.path.lexists(origin):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, target, follow_symlinks=False)


def _listed(root: Path) -> Iterator[str]:
    """The files and submodules that git sees, except those that are reached through a symbolic link, because the copy
    has the link itself."""
    names = Git(root).names("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in dict.fromkeys(names):
        # a name that ends in a slash is a nested repository which is not a submodule; a checkout would not have it
        if not name.endswith("/") and not _behind_link(root, name):
            yield name


def _behind_link(root: Path, name: str) -> bool:
    return any((root / parent).is_symlink() for parent in Path(name).parents)
