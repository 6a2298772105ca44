"""Which stages of a pipeline share a job of GitLab's, and which cannot."""

from __future__ import annotations

from collections.abc import Iterable

from transpiler.profile import Profile
from transpiler.program import Feature, PipelineProgram, StageProgram, Use
from transpiler.targets.gitlab import settings
from transpiler.targets.gitlab.shared import loses
from transpiler.targets.grouping import groups


def divided(
    pipeline: PipelineProgram, profile: Profile, lost: frozenset[Use]
) -> tuple[tuple[tuple[str, ...], ...], str]:
    """The stages of each job, and why the pipeline is not one job although the profile asks for that.

    A stage that mails or triggers has a job of its own, since another job follows it; so has one that archives what
    another stage overwrites, since a job's artifacts are taken when it ends."""
    apart = mailing(pipeline, lost) | bridged(pipeline, lost) | _overwritten(pipeline)
    return groups(pipeline, settings.of(profile).granularity, apart=apart, gates=pipeline.gates(lost))


def mailing(pipeline: PipelineProgram, lost: frozenset[Use]) -> frozenset[str]:
    """The stages that have a mail job."""
    return frozenset(
        s.name for s in pipeline.stages if s.mail and s.mail.send and not loses(lost, Feature.NOTIFY, pipeline, s)
    )


def bridged(pipeline: PipelineProgram, lost: frozenset[Use]) -> frozenset[str]:
    """The stages that have a job that triggers another project's pipeline."""
    return frozenset(s.name for s in pipeline.stages if s.trigger and not loses(lost, Feature.TRIGGER, pipeline, s))


def _overwritten(pipeline: PipelineProgram) -> frozenset[str]:
    """The stages with an archived path that another stage writes to as well."""
    written = {stage.name: tuple(_written(stage)) for stage in pipeline.stages if "copy" in stage.kinds}
    return frozenset(
        stage.name
        for stage in pipeline.stages
        for archive in stage.archives
        for path in (archive.path, f"{archive.path}.tar.gz")
        if any(name != stage.name and any(_meet(path, o) for o in others) for name, others in written.items())
    )


def _written(stage: StageProgram) -> Iterable[str]:
    """The paths that a stage copies to; the whole tree if they are not known, as of one that no stage follows."""
    yield from stage.copies or ("." if not stage.archives else ())
    for archive in stage.archives:
        yield from (archive.path, f"{archive.path}.tar.gz")


def _meet(one: str, other: str) -> bool:
    """Whether one of two paths is the other, or is below it."""
    return other == "." or f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
