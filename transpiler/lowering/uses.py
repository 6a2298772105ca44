"""Finds which features the pipelines and stages use, and where; `needs.py` checks whether a target supports them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transpiler import ir
from transpiler.expressions import Source, refs
from transpiler.lowering import flow as flows
from transpiler.program import Feature, PipelineProgram, StageProgram, Use
from transpiler.steps import credentials, kind_of, values


def uses(
    workflow: ir.Workflow, pipelines: tuple[PipelineProgram, ...], analysed: tuple[flows.Flow, ...]
) -> tuple[Use, ...]:
    """Every use in the workflow, in file order. `pipelines` and `analysed` have the program and the flow of each
    pipeline, in the same order."""
    found: list[Use] = []
    if workflow.concurrency is not None:
        found.append(Use(Feature.CONCURRENCY, detail=str(workflow.concurrency), span=workflow.concurrency_span))
    for source, program, flow in zip(workflow.pipelines, pipelines, analysed, strict=True):
        found += _pipeline_uses(source)
        for stage, lowered in zip(source.stages, program.stages, strict=True):
            found += _stage_uses(source, stage, lowered, flow)
    return tuple(dict.fromkeys(found))


def _pipeline_uses(pipeline: ir.Pipeline) -> Iterator[Use]:
    def use(feature: Feature) -> Use:
        return Use(feature, pipeline.name, span=pipeline.span)

    if len(pipeline.stages) > 1:
        yield use(Feature.GRAPH)
    if pipeline.fetch != ir.Fetch():
        yield use(Feature.FETCH)
    if ir.Event.CHANGE in pipeline.events:
        yield use(Feature.GATE)
        yield use(Feature.FORK_CHANGE)
    if ir.Event.SCHEDULE in pipeline.events:
        yield use(Feature.SCHEDULE)
    if pipeline.changes:
        yield Use(Feature.CHANGES, pipeline.name, span=pipeline.changes.span or pipeline.span)


def _stage_uses(pipeline: ir.Pipeline, stage: ir.Stage, program: StageProgram, flow: flows.Flow) -> Iterator[Use]:
    def use(feature: Feature, step: ir.Step | ir.Mail | None = None, detail: str = "") -> Use:
        return Use(feature, pipeline.name, stage.name, detail, (step.span if step else None) or stage.span)

    if program.reads:
        yield use(Feature.VALUES)
    yield from (use(Feature.PULL_LOGIN, detail=host) for host in program.logins)
    if program.layers:
        yield use(Feature.CACHE)
    for step in stage.steps:
        kind = kind_of(step)
        yield use(Feature(kind.name), step, step.name if isinstance(step, ir.Trigger) else "")
        if kind.secrets and ir.Event.CHANGE in pipeline.events:
            yield use(Feature.SECRETS_FOR_CHANGE, step)
        yield from _credential_uses(pipeline, stage, step)
        yield from (use(feature, step, detail) for feature, detail in _step_features(step, program))
    yield from (use(feature) for feature in _key_features(stage))
    if stage.mail:
        yield use(Feature.NOTIFY, stage.mail)
    yield from _read_uses(pipeline, stage, flow)


def _key_features(stage: ir.Stage) -> Iterator[Feature]:
    """The features of keys that are no steps."""
    if stage.timeout is not None:
        yield Feature.TIMEOUT
    if stage.attempts:
        yield Feature.ATTEMPTS
    if stage.may_fail:
        yield Feature.ALLOW_FAILURE
    if stage.approval:
        yield Feature.APPROVAL


def _step_features(step: ir.Step, program: StageProgram) -> Iterator[tuple[Feature, str]]:
    """The features that some forms of a step use, each with its detail."""
    match step:
        case ir.Run() if step.services:
            yield Feature.SERVICES, ""
        case ir.Copy():
            yield from _copy_features(program)
        case ir.Deploy(release=ir.Release() as release):
            yield Feature.RELEASE, release.name
            if release.environment:
                yield Feature.ENVIRONMENT, release.environment
        case ir.Trigger():
            if program.trigger and any(p.text is None for p in program.trigger.parameters):
                yield Feature.TRIGGER_VALUES, step.name
        case _:
            pass


def _copy_features(program: StageProgram) -> Iterator[tuple[Feature, str]]:
    for other in program.containers:
        yield Feature.OTHER_CONTAINER, other
    if program.copies:
        yield Feature.COPIED_FILES, ""
    if program.archives:
        yield Feature.ARCHIVE, ""
    if any(archive.late for archive in program.archives):
        yield Feature.COPY_AFTER_FAILURE, ""
    if program.reports:
        yield Feature.TEST_REPORTS, ""


def _credential_uses(pipeline: ir.Pipeline, stage: ir.Stage, step: ir.Step) -> Iterator[Use]:
    features = [Feature.CREDENTIALS]
    if ir.Event.CHANGE in pipeline.events:
        features.append(Feature.CREDENTIALS_FOR_CHANGE)
    for credential in credentials(step):
        for feature in features:
            yield Use(feature, pipeline.name, stage.name, credential.id, credential.span or step.span)


def _read_uses(pipeline: ir.Pipeline, stage: ir.Stage, flow: flows.Flow) -> Iterator[Use]:
    """The features that a stage uses by what its references read."""
    for step in (*stage.steps, *((stage.mail,) if stage.mail else ())):
        given = (step.to, step.subject, step.body) if isinstance(step, ir.Mail) else values(step)
        span = step.span or stage.span
        for ref in refs(*given):
            if ref.source is Source.SETUP and re.fullmatch(r"[A-Z][A-Z0-9_]*", ref.key):
                yield Use(Feature.CHECKOUT_VALUES, pipeline.name, stage.name, ref.key, span)
            elif ref.key == "artifactURLs" and (ref.stage, ref.key) in flow.step_outputs:
                yield Use(Feature.ARTIFACT_URLS, pipeline.name, stage.name, "", span)
            elif flow.local_names.get((ref.stage, ref.key), frozenset()) - {stage.name}:
                for owner in sorted(flow.local_names[ref.stage, ref.key] - {stage.name}):
                    yield Use(Feature.OTHER_IMAGE_NAME, pipeline.name, stage.name, owner, span)
