"""The stages that a profile requires of every config."""

from __future__ import annotations

from transpiler.diagnostics import Diagnostics, Span
from transpiler.ir import Workflow
from transpiler.nodes import Mapping, Node, Scalar, Sequence
from transpiler.profile import Profile


def check(root: Mapping, workflow: Workflow, profile: Profile, diagnostics: Diagnostics) -> None:
    """Reports each required stage that no pipeline of the config has, or only as a stage that no arc reaches."""
    if not profile.required_stages:
        return
    # The members of a matrix have names of their own, but the place of the stage that stands for them.
    running = {stage.span for pipeline in workflow.pipelines for stage in pipeline.stages if not stage.may_fail}
    names = {name for name, span in _written(root.get("pipelines")) if span in running}
    key = root.key("pipelines")
    for stage in profile.required_stages:
        if stage.name not in names:
            message = f"{stage.by} requires a stage `{stage.name}` that runs and may not fail, but there is none."
            hint = f"Add a stage with `name: {stage.name}`, and an arc through it if the pipeline has `execution`."
            diagnostics.error("required-stage", message, key.span if key else root.span, hint)


def _written(pipelines: Node | None) -> list[tuple[str, Span]]:
    """The name and the place of every stage in the config."""
    found: list[tuple[str, Span]] = []
    for _, pipeline in pipelines.entries if isinstance(pipelines, Mapping) else ():
        stages = pipeline.get("stages") if isinstance(pipeline, Mapping) else None
        for stage in stages.items if isinstance(stages, Sequence) else ():
            name = stage.get("name") if isinstance(stage, Mapping) else None
            if isinstance(name, Scalar):
                found.append((name.text, stage.span))
    return found
