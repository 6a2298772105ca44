"""Compiles the Jenkins jobs of repositories for `transpipe sync`, in this process or in workers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial

from transpiler.app.git_origin import origin
from transpiler.app.place import Place, find, profile
from transpiler.app.results import Exit, Report, Result, died, failed
from transpiler.diagnostics import Diagnostics, Severity
from transpiler.driver import Request, compile_config
from transpiler.jenkins_sync.jobs.define import TARGET, adjusted, definitions, source_of
from transpiler.jenkins_sync.jobs.definition import JobDefinition, Starter
from transpiler.jenkins_sync.jobs.origin import UNKNOWN, Origin
from transpiler.jenkins_sync.jobs.plugins import of_steps
from transpiler.jenkins_sync.jobs.wanted import Wanted, wanted
from transpiler.program import Plan
from transpiler.records import dataclass

_FEW = 8


@dataclass(frozen=True, slots=True)
class Compiling:
    """The options that jobs depend on."""

    profile: str | None
    project: str
    loss: Severity


@dataclass(frozen=True, slots=True)
class Compiled:
    """The result for one repository. If it has no jobs because of errors, `owner` and `source` are "", and `origin` is
    unknown."""

    report: Report
    owner: str = ""
    source: str = ""
    origin: Origin = UNKNOWN
    jobs: tuple[Wanted, ...] = ()


def compiled(paths: Sequence[str | None], options: Compiling, jobs: int) -> Iterator[Compiled]:
    """Compiles each repository, in at most `jobs` processes; yields the results in the order of `paths`."""
    unique = list(dict.fromkeys(os.path.realpath(path) if path else path for path in paths))
    workers = min(jobs, os.cpu_count() or 1, len(unique))
    if workers < 2 or len(unique) < _FEW:
        yield from (_compiled(path, options) for path in unique)
        return
    from transpiler.app import pool

    yield from pool.each(partial(_compiled, options=options), unique, workers, _died)


def _died(path: str | None, code: int) -> Compiled:
    return Compiled(died(path, code))


def _compiled(path: str | None, options: Compiling) -> Compiled:
    """Compiles one repository. Raises nothing but KeyboardInterrupt."""
    try:
        return _jobs(find(path), options)
    except Exception as error:
        # Whatever the error is, the other repositories are still processed.
        return Compiled(failed(error))


def _jobs(place: Place, options: Compiling) -> Compiled:
    name = profile(place, options.profile)
    request = Request(
        place.root,
        place.config,
        name,
        (TARGET,),
        options.project,
        options.loss,
        folder=place.folder,
        adjust=adjusted,
    )
    outcome = compile_config(request)
    found = Diagnostics()
    jobs: tuple[JobDefinition, ...] = ()
    if not outcome.failed and outcome.workflow and outcome.profile:
        jobs = definitions(outcome.workflow, outcome.profile, outcome.files, found)
    shown = tuple(d for d in (*outcome.diagnostics, *found) if d.severity is not Severity.NOTE)
    wrong = outcome.failed or found.failed or not outcome.workflow
    result = Result.FAILED if wrong else Result.COMPILED
    report = Report(Exit.FINDINGS if wrong else Exit.FINE, result, place, shown, outcome.sources if shown else {})
    if wrong or not outcome.workflow:
        return Compiled(report)
    here = origin(place)
    wants = tuple(wanted(job, here, _plugins(job, outcome.plan)) for job in jobs)
    return Compiled(report, outcome.workflow.project or "", source_of(outcome.workflow), here, wants)


def _plugins(job: JobDefinition, plan: Plan | None) -> frozenset[str]:
    """The plugins of the pipelines that a job runs: the one that its source names, else all."""
    if not plan or isinstance(job.body, Starter):
        return frozenset()
    slug = job.source.partition("#")[2]
    return of_steps(pipeline for pipeline in plan.pipelines if slug in ("", pipeline.slug))
