"""House rules about deployments that stay: what was tried before them, on which event they run, and where a person is
asked. Knows no other rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from transpiler.diagnostics import Span
from transpiler.frontend.policy.provenance import Images, descendants
from transpiler.ir import Deploy, Event, Stage
from transpiler.steps import leaves

Finding: TypeAlias = tuple[str, Span | None, str]
"""Message, place and hint."""


def untried(found: Images) -> Iterator[Finding]:
    """Releases before which the pipeline has run no image and rehearsed no deployment."""
    tried = found.mask((*found.run, *found.rehearsed))
    for stage, step in _releases(found):
        if not found.before.masks[stage.name] & tried:
            yield (
                f"`{stage.name}` deploys a release, and nothing before it in the pipeline runs the image or rehearses "
                "the deployment.",
                step.span or stage.span,
                "Add a stage with `deploy` and without `release`, or one that runs the tests, and an arc from it to "
                "this stage.",
            )


def on_change(found: Images) -> Iterator[Finding]:
    """Releases that a change deploys which nobody has merged."""
    if Event.CHANGE not in found.pipeline.events:
        return
    for stage, step in _releases(found):
        yield (
            f"`{stage.name}` deploys a release for each change, before it is merged.",
            step.span or stage.span,
            "Remove `change` from the pipeline's `events`, or deploy without `release`: that is a rehearsal.",
        )


def approved_too_late(found: Images) -> Iterator[Finding]:
    """Approvals after a deployment and before nothing that leaves the machine."""
    released = found.mask(stage.name for stage, _ in _releases(found))
    leaving = found.mask(stage.name for stage in found.pipeline.stages if leaves(stage))
    asking = [stage for stage in found.pipeline.stages if stage.approval]
    after = descendants(found.pipeline.graph) if asking and released else {}
    for stage in asking if after else ():
        behind = after[stage.name] | found.mask((stage.name,))
        if found.before.masks[stage.name] & released and not behind & leaving:
            done = next(found.names(found.before.masks[stage.name] & released))
            yield (
                f"`{stage.name}` asks a person when `{done}` has already deployed, and nothing is published or "
                "deployed after it.",
                stage.approval.span if stage.approval else stage.span,
                f"Put `approve` before `{done}`.",
            )


def _releases(found: Images) -> Iterator[tuple[Stage, Deploy]]:
    for stage in found.pipeline.stages:
        for step in stage.steps:
            if isinstance(step, Deploy) and step.release:
                yield stage, step
