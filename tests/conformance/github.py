"""GitHub for the conformance cases: the generated workflows under act, which really runs each job.

What act lacks is filled in: a model says which workflows the event starts, each job has an image store of its own where
jobs run one at a time, and a stand-in of GitHub's API takes the workflows that are started. Which jobs may run in
parallel is proven by reading the graph back.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from doubles.github_api import Api, api
from engines import github_events as events
from engines import judges
from engines.github_act import Given, Machine, run_act
from engines.github_events import Event as GithubEvent
from engines.github_log import ActRun
from engines.github_refusals import load
from engines.github_rules import events as started_by
from engines.github_rules import runs

from transpiler.ir import Event
from transpiler.program import PipelineProgram
from transpiler.targets.github.around import Around
from transpiler.targets.github.emit import site_of

from . import github_steps, results, trace
from .case import PROJECT, Case, Compiled, compiled, git, merged
from .secrecy import told, watched
from .site import GITHUB_TOKENS, SECRETS, Site
from .trace import ALLOWED, FAILED, FAILURE, RAN, SKIPPED, SUCCESS, Trace

CRON = "7 3 * * *"
_PATIENCE = 300
"""Seconds for a whole workflow."""
_SERVER = "https://github.com"
_STATES = {"success": RAN, "failure": FAILED}


@dataclass(frozen=True)
class _Ran:
    """One workflow's run; `number` is GitHub's, `state` what the jobs' ends recorded."""

    pipeline: PipelineProgram
    number: str
    machine: Machine
    state: Path
    done: ActRun


def run(case: Case, site: Site, granularity: str = "") -> Trace:
    """A run of each workflow that the case's event starts; `granularity` "" is the profile's."""
    said: dict[str, Any] = {"granularity": granularity} if granularity else {}
    said |= {"schedule": [CRON]} if _by_clock(case) else {}
    case = replace(case, profile=merged(case.profile, {"github": said})) if said else case
    if granularity != "pipeline":
        site.no_meetings()  # jobs run one at a time
    return run_compiled(compiled(case, site.directory / "origin", site.profile, "github"), site)


def run_compiled(made: Compiled, site: Site, at_once: int = 1, cancel: Callable[[], bool] = lambda: False) -> Trace:
    """The same of what was compiled already; `at_once` jobs run at a time, and share the image store if there are
    several. When `cancel` says so, the run is cancelled."""
    git(made.root, "update-ref", "refs/pull/7/merge", made.commit)
    tokens = {PROJECT: GITHUB_TOKENS["GITHUB_TOKEN"], "team/docs": GITHUB_TOKENS["SITE_TOKEN_OF_DOCS"]}
    with api(tokens) as server, watched(SECRETS, site.directory) as leaks:
        done = list(_runs(made, site, server, at_once, cancel))
    return _trace(made, site, done, server, leaks)


def _runs(made: Compiled, site: Site, server: Api, at_once: int, cancel: Callable[[], bool]) -> Iterator[_Ran]:
    for index, (path, text) in enumerate(sorted(made.files.items())):
        workflow, slug = load(text), Path(path).stem.removeprefix("pipeline-")
        event = happened(made.case, made.commit, workflow, made.before)
        if not runs(workflow, event):
            continue
        pipeline = next(p for p in made.plan.pipelines if p.slug == slug)
        number, home = f"{_first(site) + index}", site.directory / "github" / slug
        machine = Machine(judges.ENGINES, made.root, home, site.env)
        played = site.directory / f"{slug}.workflow.yml"
        waits, alone = _refused(made, pipeline), at_once == 1
        ended = github_steps.with_endings(text, home / "state", isolated=alone, refused=waits)
        played.write_text(ended, encoding="utf-8")
        # What a run makes is told by its pipeline, which GitHub's own variables do not name.
        variables = {"GITHUB_API_URL": server.url, "GITHUB_RUN_ID": number, "MARK_JOB": f"{slug}-"}
        given = Given(secrets_of(made), {}, variables, masked=False)
        done = run_act(machine, played, event, given, at_once=at_once, patience=_PATIENCE, cancel=cancel)
        yield _Ran(pipeline, number, machine, home / "state", done)


def _refused(made: Compiled, pipeline: PipelineProgram) -> frozenset[str]:
    """The jobs that nobody approves."""
    found = site_of(Around(made.plan, made.profile, frozenset(), pipeline))
    asks = {stage for stage in pipeline.gates() if f"{pipeline.name}/{stage}" not in made.case.approved}
    return frozenset(job for job, names in zip(found.ids, found.groups, strict=True) if names[0] in asks)


def happened(case: Case, commit: str, workflow: Mapping[str, Any], before: str = "") -> GithubEvent:
    """What happened in the case, in GitHub's words; `before` is the commit that was there."""
    if _by_clock(case):
        crons = (entry["cron"] for entry in started_by(workflow).get("schedule") or ())
        return events.scheduled(next(crons, CRON), commit, PROJECT)
    match case.event:
        case Event.CHANGE:
            return events.change(commit=commit, repository=PROJECT, before=before or "1" * 40)
        case Event.TAG:
            return events.tag(case.tag, commit, PROJECT)
        case _:
            return events.push(case.branch, commit, PROJECT, before)


def _by_clock(case: Case) -> bool:
    return case.scheduled or case.event is Event.SCHEDULE


def secrets_of(made: Compiled) -> dict[str, str]:
    """The repository's secrets; a file is its text."""
    found = dict(GITHUB_TOKENS)
    for id_, known in made.profile.credentials.items():
        texts = () if id_ in made.case.withheld else SECRETS.get(id_, ())
        found |= dict(zip(known.names.get("github", ()), texts, strict=False))
    return found


def _trace(made: Compiled, site: Site, done: list[_Ran], server: Api, leaks: list[str]) -> Trace:
    words = dict(_words(site, done, made.commit))
    log = "".join(f"==== {one.pipeline.slug}\n{one.done.output}" for one in done)
    world = site.seen(words)
    summaries = [text for one in done for text in one.done.summaries.values()]
    said = (f"in the log: {id_}" for id_ in told(SECRETS, "\n".join((log, *summaries)).encode()))
    world["reports"] = (*world["reports"], *(trace.normalised(text, words) for text in summaries))
    world["left"] = (*world["left"], *(thing for one in done for thing in _left(one)), *leaks, *said)
    stages = {f"{p.name}/{s}": SKIPPED for p in made.plan.pipelines for s in p.graph.nodes}
    for one in done:
        stages |= {f"{one.pipeline.name}/{stage.name}": _state(stage.slug, one) for stage in one.pipeline.stages}
    return Trace(
        status=FAILURE if any(one.done.status or _refused(made, one.pipeline) for one in done) else SUCCESS,
        stages=stages,
        values=dict(pair for one in done for pair in _values(one, words)),
        archived=dict(pair for one in done for pair in _archived(one, words)),
        triggers=tuple(_triggers(made, server)),
        results=results.results(results.among(made.plan, (pair for one in done for pair in _kept(one)))),
        log=log,
        **world,
        **trace.recorded(trace.read_marks(site.marks), made.plan, words),
    )


def _state(slug: str, one: _Ran) -> str:
    """Of a stage in the background the step that waits for it tells; what follows its program may fail it, too. That
    step fails as well for a stage that was skipped, which only the file of its end tells."""
    ended = (path.read_text().strip() for path in (one.state / "values").glob(f"*/{slug}.ended"))
    if "skipped" in ended:
        return SKIPPED
    found = {id_: state for ids in one.done.ids.values() for id_, state in ids.items()}
    names = [f"stage-{slug}", f"wait-{slug}", f"trigger-{slug}"]
    states = [found[name] for name in names if name in found]
    if found.get(f"allowed-{slug}") == "failure":
        return ALLOWED
    return SKIPPED if not states else FAILED if "failure" in states else _STATES[states[-1]]


def _first(site: Site) -> int:
    """A number with more digits than any other in a run, so that it can be recognised in any text."""
    return 9_042_000_000 + 100 * site.number


def _words(site: Site, done: list[_Ran], commit: str) -> Iterator[tuple[str, str]]:
    project = f"{_SERVER}/{PROJECT}"
    for one in done:
        page = f"{project}/actions/runs/{one.number}"
        yield f"{page}#artifacts", "https://ci.example.org/a"
        yield page, "https://ci.example.org/log"
        yield one.number, "<run>"
    yield f"{project}.git", "https://code.example.org/team/app"
    yield _SERVER, "https://ci.example.org"
    yield from site.words(commit).items()


def _left(one: _Ran) -> Iterator[str]:
    for path in sorted((one.state / "left").glob("*")):
        yield from path.read_text().splitlines()


def _values(one: _Ran, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for stage in one.pipeline.stages:
        for value in stage.binds:
            for path in sorted((one.state / "values").glob(f"*/{value.file}")):
                yield f"{one.pipeline.name}/{value.stage}.{value.key}", _shown(path, words)


def _archived(one: _Ran, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((name, trace.normalised(trace.shown(content), words)) for name, content in _kept(one))


def _kept(one: _Ran) -> Iterator[tuple[str, bytes]]:
    """By the paths that they have in the artifacts, or in a tar archive there."""
    for stage in one.pipeline.stages:
        place = one.machine.artifacts / stage.slug
        if (packed := place / "archive.tar").is_file():
            with tarfile.open(packed) as tar:
                tar.extractall(place, filter="data")
        for archive in stage.archives:
            zipped, plain = f"{archive.path}.tar.gz", archive.path
            kept = (zipped,) if archive.directory else (plain,) if archive.directory is False else (zipped, plain)
            for path in kept:
                if (found := place / path).is_file():
                    yield path, found.read_bytes()


def _triggers(made: Compiled, server: Api) -> Iterator[Mapping[str, Any]]:
    names = {site["github"]: name for name, site in made.profile.triggers.items() if "github" in site}
    for one in server.started:
        yield {"name": names[f"{one.repository}/{one.workflow}@{one.ref}"], "parameters": dict(one.inputs)}


def _shown(path: Path, words: Mapping[str, str]) -> str:
    return trace.normalised(trace.shown(path.read_bytes()), words)
