"""What the makers of one pipeline's jobs share: the plan, the site, the names, and what travels between the jobs."""

from __future__ import annotations

from collections.abc import Mapping

from transpiler.profile import Profile
from transpiler.program import Feature, PipelineProgram, Plan, StageProgram, Use
from transpiler.records import dataclass
from transpiler.targets.folder import prefixed
from transpiler.targets.gitlab import settings
from transpiler.targets.gitlab.names import Names
from transpiler.targets.gitlab.traffic import Hand


@dataclass(frozen=True, slots=True)
class Site:
    """One pipeline in its surroundings. `hands` by stage name; `marks`: the stages that leave a mark for the report
    once they have succeeded; `mailing`: those with a mail job; `bridged`: those that start another pipeline; `voting`:
    those among them that fail with it."""

    plan: Plan
    profile: Profile
    names: Names
    lost: frozenset[Use]
    pipeline: PipelineProgram
    hands: Mapping[str, Hand]
    marks: frozenset[str]
    mailing: frozenset[str]
    bridged: frozenset[str]
    voting: frozenset[str]

    @property
    def column(self) -> str:
        """The pipeline's entry in `stages:`, and the first word of its jobs' names."""
        return self.names.columns[self.pipeline.slug]

    @property
    def own_marks(self) -> frozenset[str]:
        """The stages whose own job leaves the mark, and not one behind what it starts."""
        return self.marks - self.voting

    @property
    def template(self) -> str:
        """The hidden template that the pipeline's jobs extend."""
        return self.names.template(self.pipeline.slug)

    @property
    def resource_group(self) -> str:
        """What every job of the file holds while it runs, where the config wants one pipeline at a time."""
        return prefixed(self.plan, "one-at-a-time") if self.plan.lanes == 1 else ""

    @property
    def no_services(self) -> tuple[str, ...] | None:
        """What `services` says in a job that needs none of the site's: nothing where it has none."""
        return () if settings.of(self.profile).services else None

    def job(self, stage: str) -> str:
        """The name of a stage's job."""
        return self.names.jobs[self.pipeline.slug, stage]

    def marker(self, stage: StageProgram) -> str:
        """The name of the job that leaves the stage's mark."""
        return f"{self.bridge(stage)} done" if stage.name in self.voting else self.job(stage.name)

    def bridge(self, stage: StageProgram) -> str:
        """The name of the job that triggers: the stage's own where it does nothing else under its usual name."""
        own = self.job(stage.name)
        return own if not stage.lines and own == f"{self.column}-{stage.slug}" else f"{own} trigger"


def loses(lost: frozenset[Use], feature: Feature, pipeline: PipelineProgram, stage: StageProgram) -> bool:
    """Whether this use was given up."""
    return any(u.feature is feature and (u.pipeline, u.stage) == (pipeline.name, stage.name) for u in lost)
