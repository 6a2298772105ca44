"""Chooses names of jobs, templates and `stages:` entries that GitLab accepts, unique, as close to the config's as
possible.

The job of a stage is `<pipeline>-<stage>`. Additional jobs have a space in their names. Slugs have none, so the two
kinds cannot clash. Knows nothing of what a job does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from transpiler.program import Plan
from transpiler.records import dataclass

# $CI_JOB_NAME is part of images' tags (at most 128 characters) and of `run` (at most 100).
_LONGEST = 80
_BASES = (".job", ".every-job", ".any-job")


@dataclass(frozen=True, slots=True)
class Names:
    """`columns`: pipeline slug → entry in `stages:`; the pipeline's template has that name with a leading dot. `jobs`:
    (pipeline slug, stage name) → job. `base`: the template of all jobs."""

    base: str
    columns: Mapping[str, str]
    jobs: Mapping[tuple[str, str], str]

    def template(self, pipeline: str) -> str:
        """The hidden template that all jobs of a pipeline extend."""
        return f".{self.columns[pipeline]}"


def choose(plan: Plan) -> Names:
    """Chooses all names for a plan."""
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
    templates = {f".{column}" for column in columns.values()}
    return Names(next(base for base in _BASES if base not in templates), columns, jobs)


def _free(plain: str, whole: str, taken: set[str]) -> str:
    """Returns `plain`, or, if that is too long or taken, a shortened form with a digest of the `whole` name."""
    name = plain
    if len(plain) > _LONGEST or plain in taken:
        digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
        name = f"{plain[: _LONGEST - 9].rstrip('-._')}-{digest}"
    taken.add(name)
    return name
