"""What git knows of the working tree, and a copy of it for each pipeline to work in.

The copy is what a commit of everything at hand would hold: tracked files as they are now, untracked ones that are not
ignored, and submodules. The tree itself is only ever read.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from transpiler.ir import Fetch
from transpiler.records import dataclass

OUTPUT = ".transpipe"
"""Where runs are kept below the root; git is told to ignore it."""


# A URL's server, scp's host, or a leading slash; then the prefix that Gerrit puts before its projects.
_NOT_PROJECT = re.compile(r"^(\w+://[^/]*/+|[^/:]*:/*|/+)(r/)?")
_SUFFIX = re.compile(r"(\.git)?/*$")


@dataclass(frozen=True, slots=True)
class Source:
    """The tree and what git says of it; texts are "" where git says nothing. `top`: the root is a repository's."""

    root: Path
    git: bool = False
    top: bool = False
    commit: str = ""
    branch: str = ""
    remote: str = ""
    tag: str = ""

    @property
    def project(self) -> str:
        """The repository's path on its server; the directory's name where there is no server."""
        path = _SUFFIX.sub("", _NOT_PROJECT.sub("", self.remote))
        return path or self.root.name


def read(root: Path) -> Source:
    """What git says of the tree at `root`. Raises OSError."""
    root = root.resolve()
    if not shutil.which("git") or ask(root, "rev-parse", "--is-inside-work-tree") != "true":
        return Source(root)
    remotes = ask(root, "remote").split()
    remote = "origin" if "origin" in remotes else next(iter(remotes), "")
    return Source(
        root,
        git=True,
        top=not ask(root, "rev-parse", "--show-prefix"),
        commit=ask(root, "rev-parse", "--verify", "--quiet", "HEAD"),
        branch=ask(root, "symbolic-ref", "--quiet", "--short", "HEAD"),
        remote=_without_password(ask(root, "remote", "get-url", remote)) if remote else "",
        tag=ask(root, "describe", "--exact-match", "--tags", "HEAD"),
    )


def copy(source: Source, into: Path, fetch: Fetch) -> None:
    """Makes `into`, a checkout of the tree as it is. Raises OSError; a git that fails is one."""
    if not source.git:
        shutil.copytree(source.root, into, symlinks=True, ignore=shutil.ignore_patterns(OUTPUT))
        return
    if source.top and source.commit:
        _history(source, into, fetch)
    into.mkdir(parents=True, exist_ok=True)
    _files(source.root, into, submodules=fetch.submodules)


def _history(source: Source, into: Path, fetch: Fetch) -> None:
    """A `.git` as deep as the config asks for, whose HEAD is the commit at hand: tools ask it for versions."""
    depth = ("--depth", str(fetch.depth)) if fetch.shallow else ()
    tags = () if fetch.tags else ("--no-tags",)
    # from a path git takes everything, whatever the depth
    _git(source.root, "clone", "--quiet", "--no-checkout", *depth, *tags, source.root.as_uri(), str(into))
    _git(into, "update-ref", "--no-deref", "HEAD", source.commit)
    _git(into, "read-tree", "HEAD")
    if source.remote:
        _git(into, "remote", "set-url", "origin", source.remote)
    else:
        _git(into, "remote", "remove", "origin")


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
    out = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in dict.fromkeys(os.fsdecode(out).split("\0")):
        # a repository within that is no submodule ends in a slash, and no checkout would have it
        if name and not name.endswith("/") and not _behind_link(root, name):
            yield name


def _behind_link(root: Path, name: str) -> bool:
    return any((root / parent).is_symlink() for parent in Path(name).parents)


def _without_password(url: str) -> str:
    return re.sub(r"^(https?://)[^/@]*@", r"\1", url)


def ask(root: Path, *words: str) -> str:
    """What git answers, "" where it has no answer."""
    try:
        return os.fsdecode(_git(root, *words)).strip("\n")
    except OSError:
        return ""


def _git(root: Path, *words: str) -> bytes:
    # a hook's GIT_DIR or GIT_INDEX_FILE would lead to another repository
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, check=False, env={**environment, "LC_ALL": "C"}
    )
    if done.returncode:
        raise OSError(f"git {words[0]}: {done.stderr.decode('utf-8', 'replace').strip() or done.returncode}")
    return done.stdout
