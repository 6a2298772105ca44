"""Reads emitted workflows back from their text: what GitHub would make of them, for translation validation.

It follows GitHub's rules (jobs wait by `needs`, steps run in order and after success) and shares no code with what
wrote the text. Also refuses what GitHub refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from transpiler.ir import Event
from transpiler.program import ReadPipeline
from transpiler.targets.yaml_text import load

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
_STOP = 'echo "::stop-commands::$stop_token"\n'
_BACKGROUND = re.compile(
    r"trap '' HUP [^\n]*\n"
    r"cat > \"\$values/(?P<slug>[a-z0-9_-]+)\.program\" <<'(?P<end>END OF [^']+)'\n"
    r"(?P<program>.*?)\n(?P=end)\n"
    r"setsid sh \"\$values/background\" (?P=slug)(?P<after>( [a-z0-9_-]+(\.(collect|trigger))?)*) > ",
    re.DOTALL,
)
_DECIDED = "needs.changes.outputs.runs != 'no'"
_Job = dict[str, Any]


def read(files: Mapping[str, str]) -> tuple[ReadPipeline, ...]:
    """The pipelines that the workflows say. Raises ValueError where GitHub would refuse one."""
    return tuple(_pipeline(path, load(text)) for path, text in files.items())


def _pipeline(path: str, document: dict[Any, Any]) -> ReadPipeline:
    jobs: dict[str, _Job] = document["jobs"]
    _check(path, document, jobs)
    order = _Order(jobs)
    stages = [stage for name in jobs for stage in order.stages[name]]
    return ReadPipeline(
        slug=document["env"]["PIPELINE"],
        events=frozenset(_events(document[True])),  # YAML 1.1 reads the key `on` as true
        stages=tuple(stages),
        edges=frozenset(order.edges()),
        scripts=tuple((slug, text) for name in jobs for slug, text in order.programs[name] if text),
        deciding=_deciding(jobs, order),
        # Whether it has reviewers stands in no workflow, nor which of those that have one a person must approve.
        maybe_gates=frozenset(order.stages[name][0] for name, job in jobs.items() if "environment" in job),
    )


def _deciding(jobs: Mapping[str, _Job], order: _Order) -> str:
    """The program that decides whether all jobs with stages run; "" if they always run."""
    if not any("if" in jobs[name] for name, stages in order.stages.items() if stages):
        return ""
    first = jobs["changes"]
    (step,) = (step for step in first["steps"] if step.get("id") == "decide")
    program, _, told = step["run"].removesuffix("\n").rpartition("\n")
    if told != 'echo "runs=$runs" >> "$GITHUB_OUTPUT"' or first["outputs"] != {
        "runs": "${{ steps.decide.outputs.runs }}"
    }:
        raise ValueError("the job that decides does not say what it has decided")
    for name, stages in order.stages.items():
        if stages and not any("if" in jobs[other] for other in (name, *order.before(name))):
            raise ValueError(f"job {name}: it runs whatever is decided")
    return str(program)


def _events(on: Mapping[str, Any]) -> Iterator[Event]:
    if "pull_request" in on:
        yield Event.CHANGE
    push = on.get("push", {})
    if push.get("branches"):
        yield Event.MERGE
    if push.get("tags"):
        yield Event.TAG
    if on.get("schedule"):
        yield Event.SCHEDULE


class _Order:
    """Which stages run in each job, and which must have succeeded before another begins."""

    def __init__(self, jobs: Mapping[str, _Job]) -> None:
        self._jobs = jobs
        self.stages: dict[str, list[str]] = {}
        self.programs: dict[str, list[tuple[str, str]]] = {}
        self._inside: list[tuple[str, str]] = []
        for name, job in jobs.items():
            self.stages[name], self.programs[name] = [], []
            self._job(name, job)

    def _job(self, name: str, job: _Job) -> None:
        ended: list[str] = []
        for step in job["steps"]:
            kind, _, slug = step.get("id", "").partition("-")
            if kind in ("wait", "stage"):
                _check_plain(name, job, step)
            if kind == "wait":
                if f'until [ -s "$values/{slug}.ended" ]' not in step["run"]:
                    raise ValueError(f"job {name}: a step waits for another stage than {slug}")
                ended.append(slug)
            elif kind == "stage":
                after, program, background = _program(slug, step["run"])
                self._inside += [(before, slug) for before in (*ended, *after)]
                self.stages[name].append(slug)
                self.programs[name].append((slug, program))
                if not background:
                    ended.append(slug)
        if set(ended) != set(self.stages[name]):
            raise ValueError(f"job {name}: it does not wait for each of its stages once")

    def edges(self) -> Iterator[tuple[str, str]]:
        """A stage before another, directly or through others."""
        yield from self._inside
        for name in self._jobs:
            for other in self.before(name):
                yield from ((a, b) for a in self.stages[other] for b in self.stages[name])

    def before(self, name: str) -> set[str]:
        """The jobs that a job waits for, directly or through others."""
        found: set[str] = set()
        waiting = [*self._jobs[name].get("needs", ())]
        while waiting:
            other = waiting.pop()
            if other not in found:
                found.add(other)
                waiting += self._jobs[other].get("needs", ())
        return found


def _check_plain(name: str, job: _Job, step: _Job) -> None:
    """Raises ValueError if a stage runs where one before it has failed, or otherwise than as a shell program."""
    kind, _, slug = step["id"].partition("-")
    condition = f"!cancelled() && steps.stage-{slug}.outcome == 'success'" if kind == "wait" else None
    found = step.get("if"), step.get("shell"), step.get("continue-on-error"), step.get("working-directory")
    decided = "if" not in job or (job["if"] == _DECIDED and job.get("needs") == ["changes"])
    if (
        found != (condition, "sh", None, None)
        or not decided
        or {"continue-on-error", "strategy", "defaults"} & job.keys()
    ):
        raise ValueError(f"job {name}: stage {slug} does not run exactly when those before it have succeeded")


def _program(slug: str, run: str) -> tuple[tuple[str, ...], str, bool]:
    """The stages of its row that a stage waits for, its program, and whether it runs in the background."""
    if found := _BACKGROUND.match(run):
        if found["slug"] != slug:
            raise ValueError(f"stage {slug}: it starts {found['slug']}")
        program = found["program"]
        after = dict.fromkeys(word.partition(".")[0] for word in found["after"].split())
        return tuple(after), "" if program == "true" else program, True
    if run.startswith(_STOP):
        return (), run.removeprefix(_STOP).removesuffix("\n"), False
    return (), "", False


def _check(path: str, document: Mapping[Any, Any], jobs: Mapping[str, _Job]) -> None:
    """Raises ValueError where GitHub refuses a workflow, or an expression stands where a program would run it."""
    if not document[True] or not jobs:
        raise ValueError(f"{path}: it has no event or no job")
    for name, job in jobs.items():
        ids = [step["id"] for step in job["steps"] if "id" in step]
        wrong = (
            (not _ID.fullmatch(name), "its id is none"),
            (not jobs.keys() >= set(job.get("needs", ())), "it needs a job that is not there"),
            (len(ids) != len(set(ids)), "two steps have one id"),
            (not all(map(_ID.fullmatch, ids)), "a step's id is none"),
            (any("${{" in step.get("run", "") for step in job["steps"]), "an expression stands in a program"),
            (any(("run" in step) == ("uses" in step) for step in job["steps"]), "a step does not do one thing"),
        )
        if any(holds for holds, _ in wrong):
            raise ValueError(f"{path}, job {name}: {'; '.join(what for holds, what in wrong if holds)}")
