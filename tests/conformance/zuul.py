"""Runs a case as Zuul would: Zuul's own parser and job graph say which jobs, Ansible plays them.

A scheduler in small: jobs start when those that they depend on have succeeded, hand on what they returned, and are
skipped where one of those failed. What a job does stands in `zuul_build`; nothing here knows how playbooks are made.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from engines.judges import zuul_graphs, zuul_python
from support.zuul_sites import repository_for

from transpiler.program import PipelineProgram
from transpiler.targets.zuul import settings

from . import results, trace
from .case import Case, Compiled, commit_outputs, compiled, merged
from .secrecy import told, watched
from .site import SECRETS, Site
from .trace import ALLOWED, FAILED, FAILURE, RAN, SKIPPED, SUCCESS, Trace
from .zuul_build import Build, Built, Change

BETWEEN_JOBS = "between-jobs"
URL = "https://zuul.example.org/t/team"


class NotForZuul(Exception):
    """Zuul's own parser or graph refuses what was generated: its words."""


def run(case: Case, site: Site, granularity: str = "pipeline") -> Trace:
    """Runs the jobs of the first of the site's Zuul pipelines for the case's event.

    Raises DoesNotCompile and NotForZuul.
    """
    zuul: dict[str, Any] = {"granularity": granularity, "url": URL}
    if granularity == "stage":  # images travel with a secret, which only jobs after review may have
        zuul["post-review"] = ["check", "gate", "post", "tag"]
    case = replace(case, profile=merged(case.profile, {"zuul": zuul}))
    made = compiled(case, site.directory / "checkout", site.profile, "zuul")
    return run_compiled(made, site)


def run_compiled(made: Compiled, site: Site) -> Trace:
    """The same of what was compiled already. Raises NotForZuul."""
    if settings.of(made.profile).granularity == "stage":  # when a job starts is Zuul's business
        site.no_meetings()
    for path, text in made.files.items():
        (made.root / path).write_text(text, encoding="utf-8")
    made = replace(made, commit=commit_outputs(made))
    queue = _Queue(made, site, settings.of(made.profile).pipelines[made.case.event][0], uuid.uuid4().hex)
    jobs = job_graph(made, queue.name)
    with watched(SECRETS, site.directory) as leaks:
        done = queue.run(jobs)
    return _trace(queue, done, leaks)


def job_graph(made: Compiled, pipeline: str) -> Mapping[str, Mapping[str, Any]]:
    """The jobs that Zuul would run in its `pipeline`, by name, as `zuul_judge.py` describes them.

    Raises NotForZuul.
    """
    assert made.plan.project
    # Ansible says itself what it thinks of the playbooks.
    repository = repository_for(made.profile, made.plan.project, made.files) | {"branch": made.case.branch}
    if made.case.folder:
        repository["extra_config_paths"] = [f"{made.case.folder}/.zuul.d/"]
    (answer,) = zuul_graphs([repository])
    if answer["errors"]:
        raise NotForZuul("\n".join(answer["errors"]))
    jobs: dict[str, Mapping[str, Any]] = answer["pipelines"].get(pipeline, {"jobs": {}})["jobs"]
    return jobs


@dataclass(frozen=True)
class _Queue:
    """One item in one of the site's Zuul pipelines, `name`."""

    made: Compiled
    site: Site
    name: str
    buildset: str

    def run(self, jobs: Mapping[str, Mapping[str, Any]]) -> dict[str, Built]:
        """What became of every job that was started."""
        done: dict[str, Built] = {}
        with ThreadPoolExecutor(2) as pool:
            running: dict[Future[Built], str] = {}
            while True:
                for name in self._ready(jobs, done, set(running.values())):
                    running[pool.submit(self._build(name, jobs, done))] = name
                if not running:
                    return done
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    done[running.pop(future)] = future.result()

    def _ready(
        self, jobs: Mapping[str, Mapping[str, Any]], done: Mapping[str, Built], running: set[str]
    ) -> Iterator[str]:
        for name, job in jobs.items():
            before = [*job["dependencies"], *(soft for soft in job["soft_dependencies"] if soft in jobs)]
            if name not in done and name not in running and all(b in done and done[b].succeeded for b in before):
                yield name

    def _build(self, name: str, jobs: Mapping[str, Mapping[str, Any]], done: Mapping[str, Built]) -> Build:
        returned: dict[str, Any] = {}
        for other in jobs:  # in configuration order, later wins
            if other in _ancestors(jobs, name):
                returned = merged(returned, {k: v for k, v in done[other].returned.items() if k != "zuul"})
        case = self.made.case
        change = Change(case.event, case.tag, case.branch, self.made.commit, self.name, self.buildset, self.made.before)
        return Build(
            zuul_python(),
            self.site.directory / "builds" / name,
            self.site.env,
            self.made,
            name,
            jobs[name],
            change,
            returned,
            secrets(self.made),
        )


def secrets(made: Compiled) -> dict[str, dict[str, str]]:
    """The site's secrets by their names in Zuul, as its owner would have made them from the header's list."""
    keys = {"secret-text": ("token",), "username-password": ("username", "password")}
    return {
        name: dict(zip(keys.get(site.kind, ("file",)), SECRETS[id_], strict=True))
        for id_, site in made.profile.credentials.items()
        if id_ in SECRETS
        for name in site.names["zuul"]
    }


def _ancestors(jobs: Mapping[str, Mapping[str, Any]], name: str) -> frozenset[str]:
    direct = [d for d in (*jobs[name]["dependencies"], *jobs[name]["soft_dependencies"]) if d in jobs]
    return frozenset(direct).union(*(_ancestors(jobs, d) for d in direct))


def _trace(queue: _Queue, done: Mapping[str, Built], leaks: list[str]) -> Trace:
    made, site = queue.made, queue.site
    # Artifacts are below the log's URL, which is known only after the build.
    words = {"artifacts/": "https://ci.example.org/a/", **site.words(made.commit), queue.buildset: "<run>"}
    for built in done.values():
        words |= {f"{URL}/build/{built.uuid}": "https://ci.example.org/log", built.uuid: "<run>"}
    stages = {f"{p.name}/{s}": SKIPPED for p in made.plan.pipelines for s in p.graph.nodes}
    for built in done.values():
        stages |= _stages(built, made)
    world = site.seen(words)
    world["tags"] = {image: names for image, names in world["tags"].items() if image != BETWEEN_JOBS}
    world["reports"] = (*world["reports"], *(trace.normalised(t, words) for b in done.values() for t in _told(b)))
    world["left"] = (*world["left"], *leaks, *(thing for b in done.values() for thing in _left(b)))
    return Trace(
        status=SUCCESS if all(built.succeeded or not built.voting for built in done.values()) else FAILURE,
        stages=stages,
        values={name: trace.normalised(text, words) for b in done.values() for name, text in b.values.items()},
        archived={name: trace.normalised(text, words) for b in done.values() for name, text in _archived(b)},
        triggers=tuple(b.triggered for b in done.values() if b.triggered),
        results=results.results(one for b in done.values() for one in _reports(b)),
        log="\n".join(f"==== {b.job}: {b.result}\n{b.log}" for b in done.values()),
        **world,
        **trace.recorded(trace.read_marks(site.marks), made.plan, words),
    )


def _told(built: Built) -> Iterator[str]:
    """What the review is told of a build."""
    yield f"{built.job} : {built.result}"
    yield from built.returned.get("zuul", {}).get("warnings", ())


def _archived(built: Built) -> Iterator[tuple[str, str]]:
    for artifact in built.returned.get("zuul", {}).get("artifacts", ()):
        yield artifact["name"], trace.shown((built.logs / unquote(artifact["url"])).read_bytes())


def _reports(built: Built) -> Iterator[tuple[str, str, bytes]]:
    """The artifacts that are said to be reports."""
    for artifact in built.returned.get("zuul", {}).get("artifacts", ()):
        if kind := artifact.get("metadata", {}).get("type"):
            yield kind, artifact["name"], (built.logs / unquote(artifact["url"])).read_bytes()


def _left(built: Built) -> Iterator[str]:
    yield from (f"{built.job} left {path}" for path in sorted(built.home.glob("values/*")))
    for id_, parts in SECRETS.items():
        # A user's name is no secret. Ansible shows text as JSON.
        if parts[-1] in built.log or json.dumps(parts[-1])[1:-1] in built.log:
            yield f"the secret {id_} in the log of {built.job}"
    results = json.dumps([built.plays, built.returned]).encode()
    yield from (f"the secret {id_} in the results of {built.job}" for id_ in told(SECRETS, results))


def _stages(built: Built, made: Compiled) -> dict[str, str]:
    """What became of the stages of a job, by what Zuul keeps of its tasks."""
    found: dict[str, str] = {}
    for play in built.plays:
        title = str(play["play"]["name"])
        for pipeline in made.plan.pipelines:
            if title == pipeline.name or title.startswith(f"{pipeline.name}: "):
                for stage, state in _tasks(play["tasks"], pipeline):
                    found[f"{pipeline.name}/{stage}"] = state
                for one in pipeline.stages:
                    if f"{one.slug} has failed, which is allowed" in built.returned.get("zuul", {}).get("warnings", ()):
                        found[f"{pipeline.name}/{one.name}"] = ALLOWED
    return found


def _tasks(tasks: list[Mapping[str, Any]], pipeline: PipelineProgram) -> Iterator[tuple[str, str]]:
    titles = {s.name if s.name == s.slug else f"{s.name} ({s.slug})": s.name for s in pipeline.stages}
    slugs = {s.slug: s.name for s in pipeline.stages}
    for task in tasks:
        for result in task["hosts"].values():
            started = str(result.get("cmd", "")).rstrip().endswith("< /dev/null &")
            if (name := titles.get(task["task"]["name"])) and not started:
                yield name, FAILED if result.get("failed") or result.get("rc") else RAN
            # Those in the background say how they ended together.
            for item in result.get("results", ()) if task["task"]["name"].startswith("What they said") else ():
                skipped = "Not run, because" in item["stdout"] and item["rc"]
                yield slugs[item["item"]], SKIPPED if skipped else FAILED if item["rc"] else RAN
