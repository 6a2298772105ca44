"""Compiles a config's text up to the workflow, for the tests of the front end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

from transpiler.diagnostics import Diagnostic, Diagnostics
from transpiler.expressions import Value
from transpiler.frontend import dialects
from transpiler.frontend.profiles.load import load
from transpiler.frontend.shape import schema
from transpiler.frontend.workflow import build
from transpiler.frontend.yaml.reader import read
from transpiler.ir import Pipeline, Run, Stage, Workflow
from transpiler.profile import Profile


@dataclass(frozen=True)
class Compiled:
    """The result of compiling; `workflow` is empty if the shape was wrong."""

    workflow: Workflow
    diagnostics: tuple[Diagnostic, ...]

    @property
    def codes(self) -> list[str]:
        return [d.code for d in self.diagnostics]

    @property
    def pipeline(self) -> Pipeline:
        return self.workflow.pipelines[0]

    def stage(self, name: str) -> Stage:
        return next(s for s in self.pipeline.stages if s.name == name)


@cache
def profile(name: str = "wikimedia") -> Profile:
    diagnostics = Diagnostics()
    found = load(name, None, diagnostics)
    assert found is not None, list(diagnostics)
    return found


def compile_text(text: str, *, project: str = "team/ores", root: Path | None = None) -> Compiled:
    """Reads, checks and builds; `text` is dedented."""
    diagnostics = Diagnostics()
    document = read(dedent(text).encode(), ".pipeline/config.yaml", diagnostics)
    workflow = Workflow("", None, ())
    dialect = dialects.recognise(document, diagnostics) if document else None
    if document and dialect and schema.check(document, dialects.SCHEMAS[dialect], diagnostics):
        document = dialects.version_0(document, dialect, root, diagnostics)
        workflow = build(document, profile(), project, root, diagnostics).workflow if document else workflow
    return Compiled(workflow, tuple(dialects.reworded(diagnostics, dialect or dialects.Dialect.V0)))


def arguments(text: str, *, before: str = "") -> tuple[Value | object, ...]:
    """The arguments of a stage `unit` whose `run.arguments` is this YAML flow text."""
    compiled = compile_text(
        f"""
pipelines:
  test:
    stages:
      {before or '- {name: first, build: test, run: {tail: 1}, exports: {known: here, zero: 0, none: ""}}'}
      - name: unit
        build: test
        run: {{arguments: {text}}}
"""
    )
    assert not compiled.codes, compiled.diagnostics
    run = next(step for step in compiled.stage("unit").steps if isinstance(step, Run))
    return run.arguments.items
