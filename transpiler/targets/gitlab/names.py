"""Names of jobs, templates and columns: what GitLab accepts, unique, and as close to the config's as that allows.

A stage's job is `<pipeline>-<stage>`; jobs of ours beside it have a space in their names, which no slug has, so that
neither can take the other's. It knows nothing of what a job does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from transpiler.program import Plan
from transpiler.records import dataclass

# $CI_JOB_NAME is part of images' tags (at most 128 characters) and of `run` (at most 100).
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Names:
    """`columns`: pipeline slug → `stages:` entry; its template is that with a leading dot. `jobs`: (pipeline slug,
    stage name) → job. `base`: the template of every job."""

    base: str
    columns: Mapping[str, str]
    jobs: Mapping[tuple[str, str], str]

    def template(self, pipeline: str) -> str:
        """The hidden template that all jobs of a pipeline extend."""
        return f".{self.columns[pipeline]}"


def choose(plan: Plan) -> Names:
    """Names for everything in the plan."""
    columns: dict[str, str] = {}
    taken: set[str] = set()
    for pipeline in plan.pipelines:
        columns[pipeline.slug] = _free(pipeline.slug.lstrip(".") or "pipeline", pipeline.slug, taken)
    jobs: dict[tuple[str, str], str] = {}
    taken = set()
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            plain = f"{columns[pipeline.slug]}-{stage.slug}"
            jobs[pipeline.slug, stage.name] = _free(plain, f"{pipeline.slug}/{stage.slug}", taken)
    base = ".job"
    while base[1:] in columns.values():
        base += "-"  # no slug ends in one
    return Names(base, columns, jobs)


def _free(plain: str, whole: str, taken: set[str]) -> str:
    """`plain`, or a shortened form with a digest of the `whole` name if it is too long or taken."""
    name = plain
    if len(plain) > _LONGEST or plain in taken:
        digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
        name = f"{plain[: _LONGEST - 9].rstrip('-._')}-{digest}"
    taken.add(name)
    return name
