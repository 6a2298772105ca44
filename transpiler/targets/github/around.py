"""What the steps of all stages of a pipeline need to know: the plan, the profile, and the losses that were accepted."""

from __future__ import annotations

from collections.abc import Iterator

from transpiler.profile import Profile
from transpiler.program import CredentialUse, Feature, PipelineProgram, Plan, StageProgram, Use
from transpiler.records import dataclass
from transpiler.targets.github import sources
from transpiler.targets.github.view import Pairs


@dataclass(frozen=True, slots=True)
class Around:
    """One pipeline in its surroundings."""

    plan: Plan
    profile: Profile
    lost: frozenset[Use]
    pipeline: PipelineProgram

    def is_lost(self, feature: Feature, stage: StageProgram) -> bool:
        """Whether a stage's use of a feature was given up."""
        where = (self.pipeline.name, stage.name)
        return any(use.feature is feature and (use.pipeline, use.stage) == where for use in self.lost)

    def starts(self, stage: StageProgram) -> bool:
        """Whether the stage starts another workflow."""
        return stage.trigger is not None and not self.is_lost(Feature.TRIGGER, stage)

    def secrets(self, stage: StageProgram) -> Iterator[tuple[CredentialUse, str, str]]:
        """Each variable of the stage's credentials with the expression that has its value."""
        for use in () if self.is_lost(Feature.CREDENTIALS, stage) else stage.credentials:
            for variable, source in zip(use.variables, sources.secrets(use, self.profile), strict=False):
                yield use, variable, source

    def bound(self, stage: StageProgram) -> Pairs:
        """The variables of the stage's credentials, as its program reads them: values, and paths of files."""
        return tuple(
            (variable, f"${{{{ env.values }}}}/{secret_file(stage, variable)}" if sources.is_file(use) else source)
            for use, variable, source in self.secrets(stage)
        )


def secret_file(stage: StageProgram, variable: str) -> str:
    """The file in `$values` that holds a secret of a stage's; it is in a folder, where no value is."""
    return f"secret/{stage.slug}.{variable}"
