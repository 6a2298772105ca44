"""Names of jobs, unique in the output, and as close to the config's as that allows: all begin with the project's name,
because they are shared by the whole tenant, and with the config's folder, because one project may have several.

The job of a whole pipeline is `<project>-<pipeline>`, that of a stage `<project>-<pipeline>-<stage>`. The pipeline `a`
with the stage `b-c` and the pipeline `a-b` with the stage `c` wish for the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from transpiler.program import Plan
from transpiler.records import dataclass
from transpiler.targets import folder
from transpiler.targets.unique_names import free

_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")

# Behind `<buildset>-` it is the tag of an image, which may have 128 characters.
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Names:
    """`prefix` is what all names begin with; `base` is the name of the abstract job. `stages` are the parts of names
    after the prefix, by the slugs of pipelines and the names of stages."""

    prefix: str
    base: str
    stages: Mapping[tuple[str, str], str]

    def pipeline(self, slug: str) -> str:
        """The job of a whole pipeline."""
        return f"{self.prefix}-{slug}"

    def queue(self, place: str) -> str:
        """The semaphore of jobs that deploy to the same place. Its maximum is always 1: Zuul requires the same
        definition of a semaphore on all branches."""
        return f"{self.prefix}-deploys-{_NO_NAME.sub('-', place)}"

    def stage(self, slug: str, stage: str) -> str:
        """The job of a stage."""
        return f"{self.prefix}-{self.stages[slug, stage]}"


def choose(plan: Plan) -> Names:
    """Names for everything in the plan. The same pipeline or stage is called the same whatever the granularity is."""
    prefix = (plan.project or "").replace("/", "-")
    if plan.folder:
        prefix = f"{prefix}-{folder.word(plan.folder)}"
    pipelines = [pipeline for pipeline in plan.pipelines if pipeline.stages]
    taken = {pipeline.slug for pipeline in pipelines}
    stages = {
        (pipeline.slug, stage.name): free(
            f"{pipeline.slug}-{stage.slug}", f"{pipeline.slug}/{stage.slug}", taken, _LONGEST
        )
        for pipeline in pipelines
        for stage in pipeline.stages
    }
    base, number = "pipeline", 1
    while base in taken:
        number += 1
        base = f"pipeline-{number}"
    return Names(prefix, f"{prefix}-{base}", stages)


def aliases(names: tuple[str, ...]) -> dict[str, str]:
    """A unique Ansible variable, not reserved by Zuul, for each secret, by the secret's name in Zuul."""
    found: dict[str, str] = {}
    for name in names:
        plain = alias = "secret_" + re.sub("[^a-z0-9]+", "_", name.lower()).strip("_")
        number = 1
        while alias in found.values():
            number += 1
            alias = f"{plain}_{number}"
        found[name] = alias
    return found
