"""Tools to break the compiler on purpose: a function wherever it is called, a plan, or an output. `mutations` and
`leaks` have the list of breakages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, TypeAlias

import pytest
import yaml

from transpiler import driver
from transpiler.lowering import lower
from transpiler.program import PipelineProgram, Plan, RenderedFile, StageProgram
from transpiler.targets import render
from transpiler.targets.jenkins.tokens import Unreadable
from transpiler.targets.validate import Mistranslation

CAUGHT = (Mistranslation, Unreadable, yaml.YAMLError, ValueError)
"""How translation validation ends a compilation that went wrong, before anything is written; ValueError is what the
reader of GitLab's file raises where GitLab would refuse it."""

Apply: TypeAlias = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Mutation:
    """One breakage, to be applied before the hostile case is compiled for `engine`. `told`: how the report of the
    search for secrets must begin; "" if any difference is enough. `function`: the quoting function that is broken.
    `case` is what is compiled, a directory beside this file."""

    what: str
    engine: str
    apply: Apply
    told: str = ""
    function: str = ""
    case: str = "mutated/hostile"


def misquoted(
    what: str, engine: str, function: Callable[..., Any], broken: Callable[..., Any], **more: str
) -> Mutation:
    """A quoting function that is broken wherever it is called."""
    return Mutation(what, engine, everywhere(function, broken), function=function.__name__, **more)


def everywhere(function: Callable[..., Any], broken: Callable[..., Any]) -> Apply:
    """Replaces a function wherever it was imported, and the template filter of it."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        for name, module in list(sys.modules.items()):
            if name.startswith("transpiler"):
                for attribute, value in list(vars(module).items()):
                    if value is function:
                        patch.setattr(module, attribute, broken)
        # A new one: templates that were imported already keep the filters that they found.
        environment = render.environment.__wrapped__()
        environment.filters.update({key: broken for key, value in environment.filters.items() if value is function})
        patch.setattr(render, "environment", lambda: environment)

    return apply


def lowered(change: Callable[[Plan], Plan]) -> Apply:
    """A lowering that makes another plan."""
    return lambda patch: patch.setattr(driver, "lower", lambda *given: change(lower(*given)))


def emitted(engine: str, old: str, new: str) -> Apply:
    """An emitter that writes `new` for `old`, which must be there."""
    module = import_module(f"transpiler.targets.{engine}.emit")
    right = module.emit

    def emit(*given: Any) -> tuple[RenderedFile, ...]:
        files = right(*given)
        assert any(old in file.body for file in files), f"nothing to break: {old!r}"
        return tuple(replace(file, body=file.body.replace(old, new)) for file in files)

    return lambda patch: patch.setattr(module, "emit", emit)


def attribute(module: object, name: str, broken: Any) -> Apply:
    """Replaces the function that one module calls by that name."""
    return lambda patch: patch.setattr(module, name, broken)


def program(old: str, new: str) -> Apply:
    """Replaces a text in the stages' programs; at least one program must contain it."""

    def change(plan: Plan) -> Plan:
        assert any(old in line for p in plan.pipelines for s in p.stages for line in s.lines), f"nothing: {old!r}"
        return stages(plan, lambda s: replace(s, lines=tuple(line.replace(old, new) for line in s.lines)))

    return lowered(change)


def stages(plan: Plan, change: Callable[[StageProgram], StageProgram]) -> Plan:
    return pipelines(plan, lambda p: replace(p, stages=tuple(map(change, p.stages))))


def pipelines(plan: Plan, change: Callable[[PipelineProgram], PipelineProgram]) -> Plan:
    return replace(plan, pipelines=tuple(map(change, plan.pipelines)))
