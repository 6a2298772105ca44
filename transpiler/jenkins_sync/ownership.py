"""Whose a marked job is: which jobs on the server a repository may change, rename or delete.

Two repositories may name one project, for a copy of a repository names what it is copied from. So a job belongs to a
project, a config and an origin, and only `--adopt` takes one of another origin. It sends nothing.
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
    """Whose jobs may be orphans: owner, config and origin's name of what was compiled, and owners that are gone
    altogether. `adopt`: jobs of the same owner and config are taken from whatever origin."""

    compiled: frozenset[tuple[str, str, str]] = frozenset()
    retired: frozenset[str] = frozenset()
    adopt: bool = False

    def covers(self, mark: Mark) -> bool:
        """Whether a job with this mark would be wanted if it still were."""
        return mark.owner in self.retired or bool(self._here(mark))

    def kept(self, mark: Mark, origins: Mapping[str, frozenset[str]]) -> str:
        """Why an orphan with this mark is not deleted or renamed, "" if it may be. `origins` are the names of all
        origins that the server knows of each owner."""
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
    """The names of the origins that marks record, for each owner."""
    found: dict[str, set[str]] = {}
    for mark in marks:
        found.setdefault(mark.owner, set()).update([mark.origin] if mark.origin else ())
    return {owner: frozenset(names) for owner, names in found.items()}


def obstacle(job: Wanted, mark: Mark, *, adopt: bool) -> str:
    """Why a repository may not change the job of that name with this mark, "" if it may."""
    if mark.owner != job.owner:
        return f"it belongs to {mark.owner}"
    if adopt or mark.origin in ("", job.origin.name):
        return ""
    return f"{mark.origin} wrote it last, and this is {job.origin}: --adopt takes it over"


def taken(job: Wanted, mark: Mark) -> str:
    """What to say of a job that becomes this repository's, "" if it is that already."""
    if mark.origin == job.origin.name:
        return ""
    return f"{mark.origin} wrote it last" if mark.origin else NOT_RECORDED


def rivals(jobs: list[Wanted]) -> str:
    """Who wants one name, for several jobs that want it."""
    named = [
        f"{job.owner} ({job.source}){_place(job.origin)}{'' if job.path == jobs[0].path else f' as {job.path}'}"
        for job in jobs
    ]
    return f"several configs ask for this name, and none gets it: {', and '.join(named)}"


def _place(origin: Origin) -> str:
    return f" in {origin}" if str(origin) else ""
