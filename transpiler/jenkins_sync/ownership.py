"""Decides which jobs on the server a repository may change, rename or delete, by their markers.

A job belongs to a project, a config and an origin. The project is not enough, because a copy of a repository names the
same project. Only `--adopt` takes over a job with another origin. This module sends no requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from transpiler.jenkins_sync.jobs.marker import Mark
from transpiler.jenkins_sync.jobs.origin import Origin
from transpiler.jenkins_sync.jobs.wanted import Wanted
from transpiler.records import dataclass

NOT_RECORDED = "it does not record which repository wrote it"


@dataclass(frozen=True, slots=True)
class Scope:
    """The owners whose jobs may be orphans. `compiled` are owner, config and origin of each config that was compiled;
    `retired` are owners that no longer have a config. `adopt`: jobs with the same owner and config are taken over from
    any origin."""

    compiled: frozenset[tuple[str, str, str]] = frozenset()
    retired: frozenset[str] = frozenset()
    adopt: bool = False

    def covers(self, mark: Mark) -> bool:
        """Whether a job with this marker is an orphan if no config defines it: its config was compiled, or its owner is
        retired."""
        return mark.owner in self.retired or bool(self._here(mark))

    def kept(self, mark: Mark, origins: Mapping[str, frozenset[str]]) -> str:
        """Why an orphan with this marker must not be deleted or renamed, "" if it may be. `origins` are the names of
        all origins of each owner that are recorded on the server."""
        if self.adopt:
            return ""
        if mark.owner in self.retired:
            several = sorted(origins[mark.owner])
            return f"{' and '.join(several)} both wrote jobs of {mark.owner}" if len(several) > 1 else ""
        here = self._here(mark)
        if mark.origin in here:
            return ""
        return f"{mark.origin} wrote it last, and this is {' or '.join(here)}" if mark.origin else NOT_RECORDED

    def _here(self, mark: Mark) -> list[str]:
        config = mark.source.partition("#")[0]
        return sorted(origin for owner, source, origin in self.compiled if (owner, source) == (mark.owner, config))


def origins(marks: Iterable[Mark]) -> Mapping[str, frozenset[str]]:
    """The names of the origins that markers record, for each owner."""
    found: dict[str, set[str]] = {}
    for mark in marks:
        found.setdefault(mark.owner, set()).update([mark.origin] if mark.origin else ())
    return {owner: frozenset(names) for owner, names in found.items()}


def obstacle(job: Wanted, mark: Mark, *, adopt: bool) -> str:
    """Why a repository must not change an existing job with this marker, "" if it may."""
    if mark.owner != job.owner:
        return f"it belongs to {mark.owner}"
    if adopt or mark.origin in ("", job.origin.name):
        return ""
    return f"{mark.origin} wrote it last, and this is {job.origin}: --adopt takes it over"


def taken(job: Wanted, mark: Mark) -> str:
    """A message about a job that the repository takes over, "" if the job already belongs to it."""
    if mark.origin == job.origin.name:
        return ""
    return f"{mark.origin} wrote it last" if mark.origin else NOT_RECORDED


def rivals(jobs: list[Wanted]) -> str:
    """A message about several jobs that have the same name."""
    named = [
        f"{job.owner} ({job.source}){_place(job.origin)}{'' if job.path == jobs[0].path else f' as {job.path}'}"
        for job in jobs
    ]
    return f"several configs define a job of this name, so none is written: {', and '.join(named)}"


def _place(origin: Origin) -> str:
    return f" in {origin}" if str(origin) else ""
