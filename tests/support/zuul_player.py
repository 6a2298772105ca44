"""Plays a Zuul job as an executor does: its playbooks in turn, with Zuul's own plugins, on this machine as the node."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from engines.zuul_executor import Executor

from transpiler.program import RenderedFile

_BUILD = "0123456789abcdef0123456789abcdef"
# Stands for docker, where only the calls count.
_DOCKER = '#!/bin/sh\n[ "$1" != login ] || cat > /dev/null\necho "$*" >> "$HOME/docker.calls"\n'


@dataclass(frozen=True)
class Played:
    """The result of a job: exit status by phase, the log (with every task's arguments, as job-output.json has them),
    what was returned to Zuul, and the node's home directory."""

    run: int
    post_run: tuple[int, ...]
    log: str
    returned: Mapping[str, Any]
    home: Path
    logs: Path

    @property
    def source(self) -> Path:
        """The checkout."""
        return self.home / "src/example.org/team/ores"

    @property
    def complaints(self) -> str:
        """What went wrong, for a failing test's message."""
        return "\n".join(part[:1500] for part in self.log.split("\n\n") if "fatal:" in part or "failed:" in part)

    def marks(self, name: str = "marks") -> list[str]:
        """The lines of a file that stages wrote into the checkout."""
        file = self.source / name
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


@dataclass(frozen=True)
class Player:
    """Plays jobs below `root` with the engines' `python`."""

    python: Path
    root: Path

    def __call__(
        self,
        files: tuple[RenderedFile, ...],
        job: str,
        *,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
        variables: Mapping[str, Any] | None = None,
        **zuul: Any,
    ) -> Played:
        """Runs `job`; `secrets` by their names in Zuul, `zuul` over the variables that every job has."""
        for file in files:
            path = self.root / "playbooks" / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.body, encoding="utf-8")
        executor = Executor(self.python, self.root, self._environment())
        self._checkout(executor.home / "src/example.org/team/ores")
        run, post_run, bound = _stanza(files, job)
        known = {"zuul": self._zuul(job) | {"executor": executor.place} | zuul, **(variables or {})}
        known |= {alias: (secrets or {})[name] for alias, name in bound.items()}
        (self.root / "work/results.json").unlink(missing_ok=True)
        phases = [executor(self.root / "playbooks" / path, known) for path in (run, *post_run)]
        return Played(
            phases[0].returncode,
            tuple(phase.returncode for phase in phases[1:]),
            "".join(phase.log for phase in phases),
            executor.returned,
            executor.home,
            executor.logs,
        )

    def _environment(self) -> dict[str, str]:
        binaries = self.root / "bin"
        binaries.mkdir(exist_ok=True)
        (binaries / "docker").write_text(_DOCKER, encoding="utf-8")
        (binaries / "docker").chmod(0o755)
        return {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"}

    def _zuul(self, job: str) -> dict[str, Any]:
        return {
            "build": _BUILD,
            "buildset": "b" * 32,
            "job": job,
            "pipeline": "check",
            "ref": "refs/changes/1/1/1",
            "project": {
                "name": "team/ores",
                "short_name": "ores",
                "canonical_name": "example.org/team/ores",
                "src_dir": "src/example.org/team/ores",
            },
        }

    def _checkout(self, source: Path) -> None:
        if source.exists():
            return
        source.mkdir(parents=True)
        git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-C", str(source)]
        for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
            subprocess.run([*git, *command], check=True)


def _stanza(files: tuple[RenderedFile, ...], name: str) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """A job's run playbook, its post-run ones (its own first, then its parent's), its secrets by alias."""
    jobs = {s["job"]["name"]: s["job"] for s in yaml.safe_load(files[0].body) if "job" in s}
    job = jobs[name]
    post_run: list[str] = []
    while job:
        paths = job.get("post-run", [])
        post_run += [paths] if isinstance(paths, str) else paths
        job = jobs.get(job["parent"])
    secrets = {secret["name"]: secret["secret"] for secret in jobs[name].get("secrets", [])}
    return jobs[name]["run"], tuple(post_run), secrets
