"""Names of jobs, templates and columns: what GitLab accepts, unique, and as close to the config's as that allows.

A stage's job is `<pipeline>-<stage>`; jobs of ours beside it have a space in their names, which no slug has, so that
neither can take the other's. A config in a subfolder puts its folder before all names: a `.gitlab-ci.yml` may include
several such files, and GitLab makes one job of two that are called alike. It knows nothing of what a job does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from transpiler.program import Plan
from transpiler.records import dataclass
from transpiler.targets import folder

# $CI_JOB_NAME is part of images' tags (at most 128 characters) and of `run` (at most 100).
_LONGEST = 80
_BASES = ("job", "every-job", "any-job")


@dataclass(frozen=True, slots=True)
class Names:
    """`columns`: pipeline slug → `stages:` entry; its template is that with a leading dot. `jobs`: (pipeline slug,
    stage name) → job. `base`: the template of every job. `removal`: the job that removes images."""

    base: str
    columns: Mapping[str, str]
    jobs: Mapping[tuple[str, str], str]
    removal: str

    def template(self, pipeline: str) -> str:
        """The hidden template that all jobs of a pipeline extend."""
        return f".{self.columns[pipeline]}"


def choose(plan: Plan) -> Names:
    """Names for everything in the plan."""
    columns: dict[str, str] = {}
    taken: set[str] = set()
    for pipeline in plan.pipelines:
        plain, whole = pipeline.slug.lstrip(".") or "pipeline", folder.path(plan.folder, pipeline.slug)
        columns[pipeline.slug] = _free(folder.prefixed(plan, plain), whole, taken)
    jobs: dict[tuple[str, str], str] = {}
    taken = set()
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            plain = f"{columns[pipeline.slug]}-{stage.slug}"
            whole = folder.path(plan.folder, f"{pipeline.slug}/{stage.slug}")
            jobs[pipeline.slug, stage.name] = _free(plain, whole, taken)
    templates = {f".{column}" for column in columns.values()}
    bases = (f".{folder.prefixed(plan, base)}" for base in _BASES)
    base = next(base for base in bases if base not in templates)
    return Names(base, columns, jobs, _removal(plan))


def _removal(plan: Plan) -> str:
    return f"{folder.word(plan.folder)} remove images" if plan.folder else "remove images"


def _free(plain: str, whole: str, taken: set[str]) -> str:
    """`plain`, or a shortened form with a digest of the `whole` name if it is too long or taken."""
    name = plain
    if len(plain) > _LONGEST or plain in taken:
        digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
        name = f"{plain[: _LONGEST - 9].rstrip('-._')}-{digest}"
    taken.add(name)
    return name
