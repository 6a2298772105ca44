"""A git server on loopback with the repository `profiles.git`, in which a company keeps its profiles."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from support.git_repository import git

from doubles.git_host import GitHost
from doubles.http_service import Answer, Asked, services

LOGIN = ("ci", "profile-secret")


@dataclass(frozen=True)
class ProfileHost:
    """`url` is the repository's; `asked` are the requests so far. It wants no password unless `login` is given."""

    root: Path
    url: str
    asked: list[Asked] = field(default_factory=list)

    @property
    def bare(self) -> Path:
        """The repository on the server."""
        return self.root / "profiles.git"

    def commit(self, files: Mapping[str, str], branch: str = "main", tag: str = "") -> str:
        """Adds a commit with these files to a branch; returns its name."""
        seed = self.root / "seed"
        if not seed.exists():
            seed.mkdir()
            git(seed, "init", "-q", "-b", "main")
        git(seed, "checkout", "-q", "-B", branch)
        for path, text in files.items():
            (seed / path).parent.mkdir(parents=True, exist_ok=True)
            (seed / path).write_text(text)
        git(seed, "add", "-A")
        git(seed, "commit", "-q", "--allow-empty", "-m", "profiles")
        if tag:
            git(seed, "tag", "-a", tag, "-m", tag)
        git(seed, "push", "-q", str(self.bare), branch, "--tags", "--force")
        return git(seed, "rev-parse", "HEAD").strip()

    def forget(self, commit: str) -> None:
        """Removes a commit that is the last of its branch from the server for good."""
        git(self.root / "seed", "reset", "-q", "--hard", f"{commit}^")
        git(self.root / "seed", "push", "-q", "--force", str(self.bare), "main")
        git(self.bare, "reflog", "expire", "--expire=now", "--all")
        git(self.bare, "gc", "-q", "--prune=now")
        shutil.rmtree(self.bare / "logs", ignore_errors=True)


@contextmanager
def profile_host(root: Path, login: tuple[str, str] | None = None) -> Iterator[ProfileHost]:
    """The server, with an empty repository."""
    root.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(root / "profiles.git")], check=True)
    backend = GitHost(root, login or LOGIN)
    asked_so_far: list[Asked] = []

    def answered(asked: Asked) -> Answer:
        asked_so_far.append(asked)
        return backend(asked) if login else backend.answer(asked)

    with services() as server:
        yield ProfileHost(root, server.offer("ci/git", answered) + "/profiles.git", asked_so_far)
