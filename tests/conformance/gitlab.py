"""GitLab for the conformance cases: the generated `.gitlab-ci.yml` under gitlab-ci-local, which really runs each job.

Its gaps are filled: each job's `after_script` runs before its artifacts are taken, as on GitLab, and each job finds an
image store without the images of others, and must leave it so, where the profile does not say that jobs share a daemon.
Jobs run one at a time: which jobs may run in parallel is proven by reading the graph back.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from doubles.gitlab_api import NOTES_TOKEN, Api, api
from engines import judges
from engines.gitlab_local import LocalRun, file_name, run_gitlab_ci_local

from transpiler.ir import CredentialKind, Event
from transpiler.targets.gitlab import settings
from transpiler.targets.gitlab.emit import names_of
from transpiler.targets.grouping import Granularity

from . import gitlab_jobs, results, trace
from .case import Case, Compiled, compiled, merged
from .secrecy import told, watched
from .site import APPROVER, REGISTRY_LOGIN, SECRETS, Site
from .trace import ALLOWED, FAILED, FAILURE, RAN, SKIPPED, SUCCESS, Trace

_SERVER = "https://ci.example.org"
_STATES = {"pass": RAN, "fail": FAILED, "warn": ALLOWED}
_PATIENCE = 300
"""Seconds for a whole pipeline."""
_FILES = (CredentialKind.FILE, CredentialKind.SSH_KEY)
_JOB_TOKEN = "j0b-t0ken"


def run(case: Case, site: Site, granularity: str = "") -> Trace:
    """One pipeline of GitLab's, for what happened in the case; `granularity` "" is the profile's."""
    if granularity:
        case = replace(case, profile=merged(case.profile, {"gitlab": {"granularity": granularity}}))
    return run_compiled(compiled(case, site.directory / "origin", site.profile, "gitlab"), site)


def run_compiled(made: Compiled, site: Site, at_once: int = 1) -> Trace:
    """The same of what was compiled already; `at_once` jobs run at a time, and if these are several, on one daemon."""
    if settings.of(made.profile).granularity is not Granularity.PIPELINE:
        site.no_meetings()  # jobs run one at a time
    ((path, text),) = made.files.items()
    jobs = gitlab_jobs.read(text)
    by_hand = _by_hand(made)
    state = site.directory / "gitlab"
    isolated = made.profile.images != "local" and at_once == 1
    local = made.root / ".gitlab-ci-local"
    played = gitlab_jobs.with_endings(
        text,
        state,
        lambda job: local / "artifacts" / file_name(job),
        isolated=isolated,
        client=made.profile.container,
    )
    # gitlab-ci-local starts nothing if a job waits for a person; nothing follows one that fails at once, either.
    refused = [job for job, starts in by_hand.items() if not starts]
    for job in refused:
        played[job]["script"] = ["exit 1"]
    (made.root / path).write_text(json.dumps(played))
    if made.case.folder:
        (made.root / ".gitlab-ci.yml").write_text(json.dumps({"include": [{"local": path}]}))
        _git(made.root, "add", "--force", path)  # it includes only what git knows
    project = made.plan.project or "team/app"
    _git(made.root, "remote", "add", "origin", f"git@ci.example.org:{project}.git")
    with (
        api(site.registry, site.repository, REGISTRY_LOGIN, _JOB_TOKEN) as server,
        watched(SECRETS, site.directory) as leaks,
    ):
        env, variables = {**site.env, **secrets_of(made, site)}, variables_of(made.case, site, server, made.before)

        def play(*arguments: str) -> LocalRun:
            return run_gitlab_ci_local(
                judges.ENGINES,
                made.root,
                env,
                variables=variables,
                patience=_PATIENCE,
                arguments=(*_arguments(made.case, at_once, by_hand), *arguments),
            )

        done = play()
        for job in _passed_over(jobs, done):
            done = _joined(done, play(job))
        done = replace(done, jobs={job: end for job, end in done.jobs.items() if job not in refused})
    return _trace(made, site, jobs, _Outcome(done, state, local), server, leaks)


def _by_hand(made: Compiled) -> dict[str, bool]:
    """The jobs that wait for a person, and whether one starts them."""
    names = names_of(made.plan, made.profile, frozenset())[0].jobs
    return {
        names[pipeline.slug, stage]: f"{pipeline.name}/{stage}" in made.case.approved
        for pipeline in made.plan.pipelines
        for stage in pipeline.gates()
    }


class _Outcome:
    """What a run left: results, and what each job's end recorded."""

    def __init__(self, done: LocalRun, state: Path, local: Path) -> None:
        self.done, self.state, self._local = done, state, local

    def values(self, job: str) -> Path:
        """The values that the job had when it ended."""
        return self.state / "values" / gitlab_jobs.file_of(job)

    def artifacts(self, job: str) -> Path:
        """What it left for others."""
        return self._local / "artifacts" / file_name(job)

    def left(self) -> Iterator[str]:
        """What the jobs' ends found."""
        for path in sorted((self.state / "left").glob("*")):
            yield from path.read_text().splitlines()

    def numbers(self) -> Iterator[str]:
        """GitLab's number of each job that ran."""
        for path in (self.state / "environments").glob("*"):
            entries = path.read_bytes().split(b"\0")
            yield from (e.partition(b"=")[2].decode() for e in entries if e.startswith(b"CI_JOB_URL="))


def _passed_over(jobs: gitlab_jobs.Jobs, done: LocalRun) -> list[str]:
    """The jobs that always run at the end: gitlab-ci-local waits for ever for those that were skipped before them."""
    ends = [name for name, keys in jobs.items() if keys.get("stage") == ".post" and keys.get("when") == "always"]
    ran = any(name not in ends for name in done.jobs)
    return [name for name in ends if ran and name not in done.jobs and _in_time(jobs[name], jobs, done)]


def _in_time(job: Mapping[str, Any], jobs: gitlab_jobs.Jobs, done: LocalRun) -> bool:
    """Whether its rules held: some job that ran has one of them."""
    ran = [rule for name in done.jobs if name in jobs for rule in jobs[name].get("rules", ())]
    return not job.get("rules") or any(rule in ran for rule in job["rules"])


def _joined(first: LocalRun, second: LocalRun) -> LocalRun:
    return LocalRun(
        first.status, {**first.jobs, **second.jobs}, {**first.logs, **second.logs}, first.output + second.output
    )


def _git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)


def secrets_of(made: Compiled, site: Site) -> dict[str, str]:
    """The project's CI/CD variables; those of type File hold a path."""
    found = {"CI_REGISTRY_USER": REGISTRY_LOGIN[0], "CI_REGISTRY_PASSWORD": REGISTRY_LOGIN[1]}
    found["CI_JOB_TOKEN"] = _JOB_TOKEN
    if token := settings.of(made.profile).report_token:
        found[token] = NOTES_TOKEN
    for id_, known in made.profile.credentials.items():
        values = () if id_ in made.case.withheld else SECRETS.get(id_, ())
        if known.kind in _FILES and values:
            path = site.directory / f"{id_}.secret"
            path.write_text(values[0], encoding="utf-8")
            values = (str(path),)
        found |= dict(zip(known.names["gitlab"], values, strict=False))
    return found


def variables_of(case: Case, site: Site, server: Api, before: str = "") -> dict[str, str]:
    """The variables that GitLab itself would set; only those that are no secret, because they are passed as
    arguments."""
    happened = {
        Event.CHANGE: {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_DIFF_ID": "2",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/7/head",
            "CI_MERGE_REQUEST_PROJECT_ID": "1217",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": before,
        },
        Event.MERGE: {
            "CI_COMMIT_BRANCH": case.branch,
            "CI_PIPELINE_SOURCE": "push",
            "CI_COMMIT_BEFORE_SHA": before or "0" * 40,
        },
        Event.TAG: {"CI_COMMIT_TAG": case.tag},
        Event.SCHEDULE: {"CI_COMMIT_BRANCH": case.branch, "CI_PIPELINE_SOURCE": "schedule"},
    }[case.event]
    if case.scheduled:
        happened["CI_PIPELINE_SOURCE"] = "schedule"
    return {
        "CI_PIPELINE_ID": _pipeline_id(site),
        "CI_DEFAULT_BRANCH": "main",
        "CI_API_V4_URL": server.url,
        "CI_REGISTRY": site.registry,
        "GITLAB_USER_LOGIN": APPROVER,
        "CI_REGISTRY_IMAGE": f"{site.registry}/{site.repository}",
        **happened,
    }


def _arguments(case: Case, at_once: int, by_hand: Collection[str]) -> tuple[str, ...]:
    manual = (f"--manual={job}" for job in by_hand)
    # What it knows of GitLab's schema the goldens are asked.
    few = ("--json-schema-validation=false", f"--concurrency={at_once}", *manual)
    return few if case.event in (Event.MERGE, Event.SCHEDULE) else (*few, "--unset-variable=CI_COMMIT_BRANCH")


def _trace(
    made: Compiled, site: Site, jobs: gitlab_jobs.Jobs, outcome: _Outcome, server: Api, leaks: list[str]
) -> Trace:
    names = dict(names_of(made.plan, made.profile, frozenset())[0].jobs)
    done, words = outcome.done, _words(made, site, outcome)
    log = done.output + "".join(f"==== {name}\n{text}\n" for name, text in done.logs.items())
    world = site.seen(words)
    world["reports"] = (*world["reports"], *(trace.normalised(note, words) for note in server.notes))
    helpers = (f"job {n} failed" for n in jobs.keys() - names.values() if done.jobs.get(n, "pass") != "pass")
    said = (f"in the log: {id_}" for id_ in told(SECRETS, log.encode()))
    bad = (f"a dotenv report of {job}" for job in gitlab_jobs.dotenv_reports(jobs))
    world["left"] = (*world["left"], *outcome.left(), *leaks, *helpers, *said, *bad)
    return Trace(
        # A pipeline in which a job still waits for a person is no success.
        status=FAILURE if done.status or not all(_by_hand(made).values()) else SUCCESS,
        stages=dict(_stages(made, names, outcome)),
        values=dict(_values(made, names, outcome, words)),
        archived=dict(_archived(made, names, outcome, words)),
        triggers=tuple(_triggers(made, jobs, done)),
        results=results.results(one for d in outcome.state.glob("reports/*") for one in results.below(d)),
        log=log,
        **world,
        **trace.recorded(trace.read_marks(site.marks), made.plan, words),
    )


def _stages(made: Compiled, names: Mapping[tuple[str, str], str], outcome: _Outcome) -> Iterator[tuple[str, str]]:
    """The state of each stage: that of its job, or in a job of several stages what the run left of it."""
    jobs = list(names.values())
    for pipeline in made.plan.pipelines:
        for stage in pipeline.stages:
            job = names[pipeline.slug, stage.name]
            shared = jobs.count(job) > 1
            found = (
                gitlab_jobs.stage_state(outcome.state, job, stage.slug) if shared else outcome.done.jobs.get(job, "")
            )
            ended = outcome.values(job) / "runs"  # a job that has nothing to do passes
            idle = ended.exists() and ended.read_text().strip() == "no"
            yield f"{pipeline.name}/{stage.name}", SKIPPED if idle else _STATES.get(found, SKIPPED)


def _pipeline_id(site: Site) -> str:
    """A number with more digits than any other in a run, so that it can be recognised in any text."""
    return str(9_042_000_000 + site.number)


def _words(made: Compiled, site: Site, outcome: _Outcome) -> dict[str, str]:
    project = f"{_SERVER}/{made.plan.project or 'team/app'}"
    artifacts = {f"{url}/artifacts/file": "https://ci.example.org/a" for url in outcome.numbers()}
    return {
        **artifacts,
        **{f"{project}/pipelines/{number}": "https://ci.example.org/log" for number in range(3)},
        f"{project}.git": "https://code.example.org/team/app",
        _pipeline_id(site): "<pipeline>",
        **site.words(made.commit),
    }


def _values(
    made: Compiled, names: Mapping[tuple[str, str], str], outcome: _Outcome, words: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for pipeline in made.plan.pipelines:
        for stage in pipeline.stages:
            for value in stage.binds:
                path = outcome.values(names[pipeline.slug, stage.name]) / value.file
                if path.exists():
                    yield f"{pipeline.name}/{value.stage}.{value.key}", _shown(path, words)


def _archived(
    made: Compiled, names: Mapping[tuple[str, str], str], outcome: _Outcome, words: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for pipeline in made.plan.pipelines:
        for stage in pipeline.stages:
            root = outcome.artifacts(names[pipeline.slug, stage.name])
            for archive in stage.archives:
                packed, plain = f"{archive.path}.tar.gz", archive.path
                for path in (
                    (packed,) if archive.directory else (plain,) if archive.directory is False else (packed, plain)
                ):
                    if (root / path).is_file():
                        yield path, _shown(root / path, words)


def _triggers(made: Compiled, jobs: gitlab_jobs.Jobs, done: LocalRun) -> Iterator[Mapping[str, Any]]:
    names = {site["gitlab"]: name for name, site in made.profile.triggers.items()}
    for job, keys in jobs.items():
        if "trigger" in keys and job in done.jobs:
            variables = {name: v["value"] for name, v in keys.get("variables", {}).items()}
            yield {"name": names[keys["trigger"]["project"]], "parameters": variables}


def _shown(path: Path, words: Mapping[str, str]) -> str:
    return trace.normalised(trace.shown(path.read_bytes()), words)
