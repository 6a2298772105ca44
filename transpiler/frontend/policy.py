"""The house rules of a site (`policy` in the profile): what is no mistake, but what the site does not want.

Each rule is off, a warning or an error. A rule looks at the finished workflow and knows nothing of YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from transpiler.diagnostics import Diagnostic, Diagnostics, Severity, Span
from transpiler.graph import Ancestry, ancestry
from transpiler.ir import Build, BuildFile, Deploy, Pipeline, Promote, Publish, Run, Stage, Trigger, Workflow

_SHIPPING = (Publish, Promote, Deploy, Trigger)
Finding: TypeAlias = tuple[str, Span | None, str]
"""Message, place and hint."""


def check(workflow: Workflow, policy: Mapping[str, str], diagnostics: Diagnostics) -> None:
    """Reports every breach of a rule that is not off."""
    for rule, find in RULES.items():
        severity = severity_of(policy, rule)
        for message, span, hint in find(workflow) if severity else ():
            diagnostics.add(Diagnostic(rule, severity or Severity.NOTE, message, span, hint))


def severity_of(policy: Mapping[str, str], rule: str) -> Severity | None:
    """How bad a breach of the rule is; None where it is off."""
    return {"warn": Severity.WARNING, "error": Severity.ERROR}.get(policy.get(rule, "off"))


def _untested_publish(workflow: Workflow) -> Iterator[Finding]:
    for pipeline, stage, before in _shipping(workflow):
        loose = [
            s.name
            for s in pipeline.stages
            if _tests(s, pipeline, before) and not before.precedes(s.name, stage.name) and s is not stage
        ]
        if loose:
            names = ", ".join(f"`{name}`" for name in loose)
            yield (
                f"`{stage.name}` does not wait for {names}: it goes ahead when that fails.", stage.span,
                f"Add an arc such as `[{loose[0]}, {stage.name}]`.",
            )  # fmt: skip


def _production_without_test(workflow: Workflow) -> Iterator[Finding]:
    for pipeline, stage, before in _shipping(workflow):
        if _publishes(stage) and not any(
            _runs(s) and (s is stage or before.precedes(s.name, stage.name)) for s in pipeline.stages
        ):
            yield (
                f"`{stage.name}` publishes, and nothing is run before it in the pipeline `{pipeline.name}`.",
                stage.span, "Add a stage that runs the tests, and an arc from it.",
            )  # fmt: skip


def _publish_without_deploy(workflow: Workflow) -> Iterator[Finding]:
    for pipeline, stage, _ in _shipping(workflow):
        deploys = (step for s in pipeline.stages for step in s.steps if isinstance(step, Deploy))
        if _publishes(stage) and not any(step.test for step in deploys):
            yield (
                f"`{stage.name}` publishes an image that the pipeline `{pipeline.name}` does not deploy and test.",
                stage.span, "Add a stage with `deploy`.",
            )  # fmt: skip


def _mixed_blubberfiles(workflow: Workflow) -> Iterator[Finding]:
    tested: dict[str, set[BuildFile]] = {}
    shipped: list[tuple[Stage, Build]] = []
    for pipeline in workflow.pipelines:
        for stage in pipeline.stages:
            for build in (step for step in stage.steps if isinstance(step, Build)):
                if _runs(stage):
                    tested.setdefault(stage.directory, set()).add(build.file)
                elif _publishes(stage):
                    shipped.append((stage, build))
    for stage, build in shipped:
        others = tested.get(stage.directory, set())
        if others and build.file not in others:
            yield (
                f"`{stage.name}` publishes what another file builds than the one that is tested.", build.span,
                "Use one blubberfile with a variant for each.",
            )  # fmt: skip


RULES: Mapping[str, Callable[[Workflow], Iterator[Finding]]] = {
    "untested-publish": _untested_publish,
    "production-without-test": _production_without_test,
    "publish-without-deploy": _publish_without_deploy,
    "mixed-blubberfiles": _mixed_blubberfiles,
}
"""But for `unused-stages`, which is seen while the graph is read: no workflow holds such a stage."""


def _shipping(workflow: Workflow) -> Iterator[tuple[Pipeline, Stage, Ancestry]]:
    for pipeline in workflow.pipelines:
        ships = [s for s in pipeline.stages if _ships(s)]
        before = ancestry(pipeline.graph) if ships else None
        for stage in ships:
            assert before is not None
            yield pipeline, stage, before


def _runs(stage: Stage) -> bool:
    return any(isinstance(step, Run) for step in stage.steps)


def _tests(stage: Stage, pipeline: Pipeline, before: Ancestry) -> bool:
    """Whether a stage runs something before anything has left the machine; what comes later tries what was shipped."""
    return _runs(stage) and not any(_ships(s) and before.precedes(s.name, stage.name) for s in pipeline.stages)


def _ships(stage: Stage) -> bool:
    return any(isinstance(step, _SHIPPING) for step in stage.steps)


def _publishes(stage: Stage) -> bool:
    return any(isinstance(step, Publish) for step in stage.steps)
