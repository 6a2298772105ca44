"""Runs Jenkinsfiles for real (see JenkinsRuntime.groovy), all builds of a test run in one JVM: its start costs most."""

from __future__ import annotations

import atexit
import json
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .judges import HERE, groovy

PERSON = "hudson.model.Cause$UserIdCause"
TIMER = "hudson.triggers.TimerTrigger$TimerTriggerCause"


@dataclass(frozen=True)
class Credential:
    """An entry of Jenkins' credentials store: the binding that fits it, its values (of a file: its content)."""

    step: str
    values: Sequence[str]


@dataclass(frozen=True)
class BuildRequest:
    """A build to run: `credentials` by id; `interrupt` the label of a step that a person aborts; `path` a directory
    that comes first in PATH.

    `scm`: URL and branch (or `refs/tags/…`, or a commit) that are really cloned. `environment`: whole, in place of
    this process's. `abort`: a file that aborts all running steps once it is there. `home`: where workspaces
    and artifacts stay (`node1/ws`, `archive`); without it they go with the build. `downstream`: results of other jobs.
    `causes`: the classes of what started it; `answers`: stage → login of who approves it, "no" or "late";
    `previous`: commit and causes of the last build that succeeded.
    """

    text: str
    env: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    interrupt: str | None = None
    path: str | None = None
    scm: tuple[str, str] | None = None
    environment: Mapping[str, str] | None = None
    abort: Path | None = None
    home: Path | None = None
    downstream: Mapping[str, str] = field(default_factory=dict)
    causes: Sequence[str] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    previous: tuple[str, Sequence[str]] | None = None


@dataclass(frozen=True)
class Build:
    """What happened: result, error, events in order; each is {what: node, stage, done, failed, sh, …}."""

    result: str
    error: str | None
    trace: tuple[dict[str, Any], ...]

    def all(self, what: str) -> list[dict[str, Any]]:
        """The events of one kind."""
        return [event for event in self.trace if event["what"] == what]

    def names(self, what: str) -> list[str]:
        """The stages of the events of one kind."""
        return [event["name"] for event in self.all(what)]

    def output(self, label: str) -> str:
        """What the steps of that label printed."""
        return "".join(event["output"] for event in self.all("sh") if event["label"] == label)


def run(*requests: BuildRequest) -> list[Build]:
    """Runs the builds one after another."""
    with tempfile.TemporaryDirectory() as directory:
        builds = list(_on_disk(requests, Path(directory)))
        request = Path(directory, "request.json")
        request.write_text(json.dumps(builds), encoding="utf-8")
        answer = _jvm().ask(str(request))
    return [Build(b["result"], b["error"], tuple(b["trace"])) for b in json.loads(answer)]


class _Jvm:
    """A JVM that waits for requests until this process ends."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [*groovy(), str(HERE / "JenkinsRuntime.groovy")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self._end)

    def ask(self, line: str) -> str:
        """One line of answer to a line of request."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the runtime died: see what it wrote on standard error")
        return answer

    def _end(self) -> None:
        self._process.communicate(timeout=30)


@cache
def _jvm() -> _Jvm:
    return _Jvm()


def _on_disk(requests: Iterable[BuildRequest], root: Path) -> Iterable[dict[str, Any]]:
    for number, request in enumerate(requests):
        home = request.home or root / str(number)
        home.mkdir(parents=True, exist_ok=True)
        file = home / "Jenkinsfile"
        file.write_text(request.text, encoding="utf-8")
        yield {
            "file": str(file),
            "home": str(home),
            "env": dict(request.env),
            "params": dict(request.params),
            "credentials": {id_: {"step": c.step, "values": list(c.values)} for id_, c in request.credentials.items()},
            "interrupt": request.interrupt,
            "path": request.path,
            "scm": {"url": request.scm[0], "branch": request.scm[1]} if request.scm else None,
            "environment": None if request.environment is None else dict(request.environment),
            "downstream": dict(request.downstream),
            "abort": str(request.abort) if request.abort else None,
            "causes": list(request.causes),
            "answers": dict(request.answers),
            "previous": request.previous and {"commit": request.previous[0], "causes": list(request.previous[1])},
        }
