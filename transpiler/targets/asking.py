"""Who answers before a stage with `approve`, on engines where that is a setting of an environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from transpiler.program import PipelineProgram, StageProgram, environment_of
from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """A stage before which a person is asked, and the environment whose setting says who answers; "" for none."""

    pipeline: str
    stage: StageProgram
    environment: str


def environment_for(stage: StageProgram, usual: str, approvers: Mapping[str, str]) -> str:
    """The environment of a stage that deploys to none: the one that the site has for the first of `by` that it names,
    else its `usual` one."""
    by = stage.approval.by if stage.approval else ()
    return next((approvers[name] for name in by if name in approvers), usual)


def asked(
    pipeline: PipelineProgram,
    groups: Iterable[Sequence[str]],
    gates: Collection[str],
    usual: str,
    approvers: Mapping[str, str],
) -> Iterator[Asked]:
    """The stages before which a person is asked; each is the first of a job's stages, `groups`."""
    for group in groups:
        stage = pipeline.stage(group[0])
        if stage.name in gates:
            place = environment_of(map(pipeline.stage, group))
            found = place.environment if place else environment_for(stage, usual, approvers)
            yield Asked(pipeline.name, stage, found)
