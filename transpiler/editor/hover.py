"""What is at a place, for a person: what a key is for, what a value is, what a stage runs."""

from __future__ import annotations

from typing import NamedTuple

from transpiler.diagnostics import Span
from transpiler.editor import names, schemas
from transpiler.editor.analysis import Analysis
from transpiler.editor.references import Pointed, pointed
from transpiler.editor.where import Here, here
from transpiler.nodes import Document, Scalar
from transpiler.program import StageProgram

_LONGEST_PROGRAM = 60
"""How many lines of a program are shown."""


class Text(NamedTuple):
    """Markdown about what a span covers."""

    markdown: str
    span: Span


def hover(analysis: Analysis, document: Document, offset: int, *, profile: bool = False) -> Text | None:
    """What is at an offset; None if there is nothing to say."""
    at = here(document, offset)
    if at is None or not isinstance(at.node, Scalar):
        return None
    if at.is_key:
        return _key(analysis, at, profile=profile)
    if profile:
        return None
    found = pointed(document, at, offset)
    if found is None:
        return None
    text = _value(analysis, document, at, found) if found.key else _stage(analysis, at, found)
    return Text(text, found.span) if text else None


def _key(analysis: Analysis, at: Here, *, profile: bool) -> Text | None:
    described = schemas.describe("profile" if profile else analysis.schema, at.path)
    title = f"`{at.path[-1]}`"
    if described:
        return Text(f"{title}: {described}", at.node.span)
    return None


def _stage(analysis: Analysis, at: Here, found: Pointed) -> str:
    """The steps and the program of the stages that a name stands for: several if it has a matrix."""
    if found.stage == "setup":
        return "`setup`: what is known before the first stage, such as the project, the branch and the commit."
    programs = [
        stage
        for pipeline in (analysis.plan.pipelines if analysis.plan else ())
        if pipeline.name == at.path[1]
        for stage in pipeline.stages
        if stage.name == found.stage or (found.matrix and stage.name.startswith(f"{found.stage}-"))
    ]
    if not programs:
        return f"Stage `{found.stage}`. It has errors, or is in no arc, so there is no program to show."
    shown = [_program(programs[0])]
    if len(programs) > 1:
        shown.insert(0, f"`{found.stage}` has a `matrix`: it stands for {len(programs)} stages. The first is:")
    return "\n\n".join(shown)


def _program(stage: StageProgram) -> str:
    lines = "\n".join(stage.lines).split("\n")
    if len(lines) > _LONGEST_PROGRAM:
        lines = [*lines[:_LONGEST_PROGRAM], f"# … and {len(lines) - _LONGEST_PROGRAM} more lines"]
    body = "\n".join(lines)
    fence = "`" * 3 if "```" not in body else "`" * 8
    return f"Stage `{stage.name}`: {stage.label or 'nothing to run'}\n\n{fence}sh\n{body}\n{fence}"


def _value(analysis: Analysis, document: Document, at: Here, found: Pointed) -> str:
    if found.stage == "setup":
        bound = names.setup(analysis, str(at.path[1])).get(found.key)
        if bound is None:
            return ""
        known = f"`{bound.text}`" if bound.text else "known when the pipeline runs"
        return f"`setup.{found.key}`: {known}."
    pipeline = names.pipeline_of(document.root, at.path)
    stage = next((s for s in names.stages(pipeline) if s.name.text == found.stage), None) if pipeline else None
    value = names.binds(stage).get(found.key) if stage else None
    if value is None:
        return ""
    by = f"the step `{value.step}` of stage" if value.step else "stage"
    return f"`{found.stage}.{found.key}`: bound by {by} `{found.stage}`."
