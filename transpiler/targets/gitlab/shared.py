"""What the modules that make jobs share: the plan, the profile, the names, and what jobs pass on to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from transpiler.profile import Profile
from transpiler.program import Feature, PipelineProgram, Plan, StageProgram, Use, environment_of
from transpiler.records import dataclass
from transpiler.targets.asking import environment_for
from transpiler.targets.folder import prefixed
from transpiler.targets.gitlab import settings
from transpiler.targets.gitlab.names import Names
from transpiler.targets.gitlab.traffic import Hand

ALLOWED = 77
"""The exit status of a job in which only stages have failed that may."""
ALLOWED_FILE = "allowed"
"""The file in `$values` by which the `after_script` knows that."""


@dataclass(frozen=True, slots=True)
class Site:
    """One pipeline with everything needed to make its jobs. The keys of `hands`, and the elements of the sets, are
    names of stages. `marks` leave a file for the report when they have succeeded; `mailing` have a mail job; `bridged`
    trigger another project's pipeline, and `voting` are those of them that fail if that pipeline fails; before
    `gates` a person is asked."""

    plan: Plan
    profile: Profile
    names: Names
    lost: frozenset[Use]
    pipeline: PipelineProgram
    groups: tuple[tuple[str, ...], ...]
    why: str
    hands: Mapping[str, Hand]
    marks: frozenset[str]
    mailing: frozenset[str]
    bridged: frozenset[str]
    voting: frozenset[str]
    gates: frozenset[str]

    @property
    def column(self) -> str:
        """The pipeline's entry in `stages:`, and the first word of its jobs' names."""
        return self.names.columns[self.pipeline.slug]

    def verifies(self, group: Sequence[StageProgram]) -> str:
        """The environment by which GitLab knows who may start the job of these stages, if a person does and they deploy
        to none; else ""."""
        own, asks = settings.of(self.profile), group[0].name in self.gates and not environment_of(group)
        return environment_for(group[0], own.approval, own.approvers) if asks else ""

    @property
    def kept_for(self) -> str:
        """How long what passes between jobs is kept: a day, and longer than any approval may take if the pipeline has
        one."""
        return "31 days" if self.gates else "1 day"

    @property
    def own_marks(self) -> frozenset[str]:
        """The stages whose own job leaves the mark; for the others, a job after the triggered pipeline does it."""
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
        """The value of `services` in a job that needs none: empty, or None if the profile has no services anyway."""
        return () if settings.of(self.profile).services else None

    @property
    def is_divided(self) -> bool:
        """Whether each stage has a job of its own."""
        return all(len(names) == 1 for names in self.groups)

    @property
    def sharing(self) -> tuple[tuple[StageProgram, ...], ...]:
        """The stages of each job that has several."""
        return tuple(tuple(map(self.pipeline.stage, names)) for names in self.groups if len(names) > 1)

    def image(self, stage: str) -> str:
        """What is unique to the stage in the tag of an image that is passed on."""
        return self.names.images[self.pipeline.slug, stage]

    def job(self, stage: str) -> str:
        """The name of a stage's job."""
        return self.names.jobs[self.pipeline.slug, stage]

    def marker(self, stage: StageProgram) -> str:
        """The name of the job that leaves the stage's mark."""
        return f"{self.bridge(stage)} done" if stage.name in self.voting else self.job(stage.name)

    def bridge(self, stage: StageProgram) -> str:
        """The name of the job that triggers another pipeline. It is that of the stage's job if the stage does
        nothing else and that job has its usual name."""
        own = self.job(stage.name)
        return own if not stage.lines and own == f"{self.column}-{stage.slug}" else f"{own} trigger"


def loses(lost: frozenset[Use], feature: Feature, pipeline: PipelineProgram, stage: StageProgram) -> bool:
    """Whether the stage's use of this feature is among the `lost` ones, which are left out."""
    return any(u.feature is feature and (u.pipeline, u.stage) == (pipeline.name, stage.name) for u in lost)
