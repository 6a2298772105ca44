"""Chooses names of jobs, templates and `stages:` entries that GitLab accepts, unique, as close to the config's as
possible.

The job of a stage is `<pipeline>-<stage>`. Additional jobs have a space in their names. Slugs have none, so the two
kinds cannot clash. If the config is in a subfolder, all names begin with the folder: a `.gitlab-ci.yml` may include the
files of several configs, and GitLab merges jobs that have the same name. Knows nothing of what a job does.
"""

from __future__ import annotations

from collections.abc import Mapping

from transpiler.program import Plan
from transpiler.records import dataclass
from transpiler.targets import folder
from transpiler.targets.unique_names import free

# $CI_JOB_NAME is part of images' tags (at most 128 characters) and of `run` (at most 100).
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Names:
    """`columns`: pipeline slug → entry in `stages:`; the pipeline's template has that name with a leading dot. `jobs`:
    (pipeline slug, stage name) → job; `images`: the same → what is unique to the stage in the tag of its image. `base`:
    the template of all jobs; `removal`: the job that removes images."""

    base: str
    columns: Mapping[str, str]
    jobs: Mapping[tuple[str, str], str]
    images: Mapping[tuple[str, str], str]
    removal: str

    def template(self, pipeline: str) -> str:
        """The hidden template that all jobs of a pipeline extend."""
        return f".{self.columns[pipeline]}"


def choose(plan: Plan, groups: Mapping[str, tuple[tuple[str, ...], ...]]) -> Names:
    """Chooses all names for a plan. `groups`: pipeline slug → the stages of each of its jobs."""
    columns: dict[str, str] = {}
    taken: set[str] = set()
    for pipeline in plan.pipelines:
        plain, whole = pipeline.slug.lstrip(".") or "pipeline", folder.path(plan.folder, pipeline.slug)
        columns[pipeline.slug] = free(folder.prefixed(plan, plain), whole, taken, _LONGEST)
    images: dict[tuple[str, str], str] = {}
    taken = set()
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            plain = f"{columns[pipeline.slug]}-{stage.slug}"
            whole = folder.path(plan.folder, f"{pipeline.slug}/{stage.slug}")
            images[pipeline.slug, stage.name] = free(plain, whole, taken, _LONGEST)
    jobs = dict(images)
    for pipeline in plan.pipelines:
        for names in groups[pipeline.slug]:
            if len(names) > 1:
                slugs = [pipeline.stage(name).slug for name in names]
                plain = "-".join((columns[pipeline.slug], *slugs))
                job = free(plain, folder.path(plan.folder, "/".join((pipeline.slug, *slugs))), taken, _LONGEST)
                jobs |= {(pipeline.slug, name): job for name in names}
    base = f".{folder.prefixed(plan, 'job')}"
    while base[1:] in columns.values():
        base += "-"  # no slug ends in one
    return Names(base, columns, jobs, images, _removal(plan))


def _removal(plan: Plan) -> str:
    return f"{folder.word(plan.folder)} remove images" if plan.folder else "remove images"
