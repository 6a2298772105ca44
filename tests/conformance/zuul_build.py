"""One Zuul build: a fresh node with the sources, the job's playbooks phase by phase, what came of them.

It plays any job as an executor would and knows nothing of other jobs.
"""

from __future__ import annotations

import subprocess
import uuid
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from engines.zuul_executor import Executor, Playback

from transpiler.ir import Event

from . import trace
from .case import Compiled

HOST = "code.example.org"
KILLED = -9
"""How ansible-playbook ends when a build is aborted: no playbook comes after it but those for cleaning up."""
LATE = -1
"""Stands for a run that took too long, which Zuul kills as well; the playbooks after it are played."""
TRIGGERED = """- hosts: all
  tasks:
    - loop: "{{ names }}"
      ansible.builtin.copy:
        dest: "{{ zuul_user_dir }}/{{ item }}"
        content: "{{ lookup('vars', item) | b64encode }}"
"""


@dataclass(frozen=True)
class Change:
    """What happened, and where it was put: `pipeline` is the site's."""

    event: Event
    tag: str
    branch: str
    commit: str
    pipeline: str
    buildset: str
    before: str = ""

    def variables(self) -> dict[str, str]:
        """Their part of the variable `zuul`, as executors make it for a change, a branch and a tag."""
        common = {"pipeline": self.pipeline, "buildset": self.buildset, "change_url": "https://ci.example.org/log"}
        if self.event is Event.CHANGE:
            return common | {"branch": "main", "change": "7", "patchset": "2", "ref": "refs/changes/07/7/2"}
        if self.event is Event.TAG:
            return common | {"tag": self.tag, "ref": f"refs/tags/{self.tag}", "newrev": self.commit}
        if self.event is Event.SCHEDULE:
            return common | {"ref": f"refs/heads/{self.branch}", "branch": self.branch}
        pushed = {"ref": f"refs/heads/{self.branch}", "newrev": self.commit, "oldrev": self.before or "0" * 40}
        return common | pushed | {"branch": self.branch}


@dataclass(frozen=True)
class Built:
    """What came of a build; `values` by `pipeline/stage.key`, `triggered` where it is a job that a config starts."""

    job: str
    uuid: str
    result: str
    home: Path
    logs: Path
    log: str = ""
    plays: tuple[Mapping[str, Any], ...] = ()
    returned: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    triggered: Mapping[str, Any] | None = None
    voting: bool = True

    @property
    def succeeded(self) -> bool:
        return self.result == "SUCCESS"


@dataclass(frozen=True)
class Build:
    """A job to play below `root`: `frozen` is what Zuul's graph says of it, `given` what earlier jobs returned,
    `secrets` the site's by their names."""

    python: Path
    root: Path
    env: Mapping[str, str]
    made: Compiled
    job: str
    frozen: Mapping[str, Any]
    change: Change
    given: Mapping[str, Any]
    secrets: Mapping[str, Mapping[str, str]]
    uuid: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __call__(self) -> Built:
        # By the job's name a container of an image from elsewhere can tell its pipeline.
        project = (self.made.plan.project or "").replace("/", "-")
        env = {**self.env, "CI_JOB_NAME": f"{self.job.removeprefix(f'{project}-')}-"}
        play = Executor(self.python, self.root, env)
        play.home.mkdir(parents=True)
        if call := self._trigger():
            return self._start(call, play)
        self._sources(play.home / "src" / HOST / str(self.made.plan.project))
        phases, values = self._phases(play)
        failed = [phase.returncode for phase in phases]
        result = "FAILURE" if failed[0] else "POST_FAILURE" if any(failed) else "SUCCESS"
        result = {KILLED: "ABORTED", LATE: "TIMED_OUT"}.get(failed[0], result)
        log, plays = "".join(phase.log for phase in phases), phases[0].plays
        return Built(self.job, self.uuid, result, play.home, play.logs, log, plays, play.returned, values)

    def _phases(self, play: Executor) -> tuple[list[Playback], dict[str, str]]:
        """The run playbook and those after it, and the values that there were between them."""
        (run,) = self.frozen["run"]
        try:
            first = self._play(play, run, {}, timeout=self.frozen["timeout"])
        except subprocess.TimeoutExpired as late:
            first = Playback(LATE, (late.stdout or b"").decode(), ())
        values = dict(self._values(play.home / "values" / self.uuid))
        success = {"zuul_success": str(first.returncode == 0)}
        paths = self.frozen["cleanup" if first.returncode == KILLED else "post_run"]
        after = [self._play(play, path, success, timeout=self.frozen["post_timeout"]) for path in paths]
        return [first, *after], values

    def _play(self, play: Executor, playbook: str, more: Mapping[str, Any], *, timeout: float | None) -> Playback:
        bound = self._secrets()
        aliases = self.frozen["secrets"].get(playbook, ())
        variables = {"zuul": self._zuul(play), **more}
        variables |= {alias: self.secrets[bound[alias]] for alias in aliases}
        own = self.frozen["variables"]
        given = {**variables, "unsafe_vars": own}
        templates = {**self.given, **own}
        return play(self.made.root / playbook, given, templates=templates, timeout=min(timeout or 300, 300))

    def _zuul(self, play: Executor) -> dict[str, Any]:
        project = str(self.made.plan.project)
        return {
            **self.change.variables(),
            "build": self.uuid,
            "job": self.job,
            "executor": play.place,
            "project": {
                "name": project,
                "short_name": project.rpartition("/")[2],
                "canonical_hostname": HOST,
                "canonical_name": f"{HOST}/{project}",
                "src_dir": f"src/{HOST}/{project}",
            },
        }

    def _secrets(self) -> dict[str, str]:
        """The secrets' names by the variables that the job's own playbooks have them in, and its parents'."""
        path = PurePosixPath(self.made.case.folder, self.made.profile.settings["zuul"].path)
        stanzas = yaml.safe_load(self.made.files[str(path)])
        jobs = {stanza["job"]["name"]: stanza["job"] for stanza in stanzas if "job" in stanza}
        found: dict[str, str] = {}
        job = jobs.get(self.job)
        while job:
            found |= {secret["name"]: secret["secret"] for secret in job.get("secrets", ())}
            job = jobs.get(job.get("parent"))
        return found

    def _sources(self, place: Path) -> None:
        """As the merger leaves them: history and tags, and nowhere to fetch more from."""
        place.parent.mkdir(parents=True)
        git = ["git", "-C", str(place)]
        subprocess.run(["git", "clone", "--quiet", str(self.made.root), str(place)], check=True)
        if self.change.tag:
            subprocess.run([*git, "checkout", "--quiet", self.change.tag], check=True)
        subprocess.run([*git, "remote", "set-url", "origin", "file:///dev/null"], check=True)
        if self.change.before:  # what the change goes to
            subprocess.run([*git, "update-ref", "refs/remotes/origin/main", self.change.before], check=True)

    def _values(self, directory: Path) -> Iterator[tuple[str, str]]:
        for pipeline in self.made.plan.pipelines:
            for stage in pipeline.stages:
                for value in stage.binds:
                    path = directory / value.file
                    if path.exists() and self.job.endswith((f"-{pipeline.slug}", f"-{pipeline.slug}-{stage.slug}")):
                        yield f"{pipeline.name}/{value.stage}.{value.key}", trace.shown(path.read_bytes())

    def _trigger(self) -> str:
        """The name by which configs start this job, "" where it is not such a job."""
        triggers = self.made.profile.triggers.items()
        return next((name for name, site in triggers if site["zuul"] == self.job), "")

    def _start(self, name: str, play: Executor) -> Built:
        """A job of the site's: all that is asked of it is what it was given."""
        own = self.frozen["variables"]
        playbook = self.root / "triggered.yaml"
        playbook.write_text(TRIGGERED)
        done = play(playbook, {"names": sorted(own), "zuul": self._zuul(play)}, templates=own)
        parameters = {n: b64decode((play.home / n).read_text()).decode() for n in own} if not done.returncode else {}
        result = "FAILURE" if done.returncode else "SUCCESS"
        called = {"name": name, "parameters": parameters}
        return Built(
            self.job, self.uuid, result, play.home, play.logs, done.log, triggered=called, voting=self.frozen["voting"]
        )
