"""What git knows of the working tree, and a copy of it for each pipeline to work in.

The copy is what a commit of everything at hand would hold: tracked files as they are now, untracked ones that are not
ignored, and submodules. The tree itself is only ever read.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from transpiler.git import Git, GitError, Problem, project_of, without_password
from transpiler.ir import Fetch
from transpiler.records import dataclass

OUTPUT = ".transpipe"
"""Where runs are kept below the root; git is told to ignore it."""


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
        """The repository's path on its server; the directory's name where there is no server."""
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
        top=(root / ".git").exists(),
        commit=git.answer("rev-parse", "--verify", "--quiet", "HEAD"),
        branch=git.answer("symbolic-ref", "--quiet", "--short", "HEAD"),
        remote=without_password(git.answer("remote", "get-url", "--", remote)) if remote else "",
        tag=git.answer("describe", "--exact-match", "--tags", "HEAD"),
        folder=folder,
    )


def _in_work_tree(git: Git) -> bool:
    """Raises OSError where there is a repository that git does not read, because somebody else owns it for instance:
    as a plain directory it would be copied with all that git ignores."""
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
    """A `.git` as deep as the config asks for, whose HEAD is the commit at hand: tools ask it for versions."""
    depth = ("--depth", str(fetch.depth)) if fetch.shallow else ()
    tags = () if fetch.tags else ("--no-tags",)
    # from a path git takes everything, whatever the depth
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
        if origin.is_dir() and not origin.is_symlink():
            target.mkdir(parents=True, exist_ok=True)
            if submodules and (origin / ".git").exists():
                _files(origin, target, submodules=True)
        elif os.path.lexists(origin):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, target, follow_symlinks=False)


def _listed(root: Path) -> Iterator[str]:
    """The files and submodules that git sees, without what lies behind a link: the copy has the link itself."""
    names = Git(root).names("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in dict.fromkeys(names):
        # a repository within that is no submodule ends in a slash, and no checkout would have it
        if not name.endswith("/") and not _behind_link(root, name):
            yield name


def _behind_link(root: Path, name: str) -> bool:
    return any((root / parent).is_symlink() for parent in Path(name).parents)
