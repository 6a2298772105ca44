"""The steps of a stage, from YAML to IR: `read` in the module `x` of this package reads the step `x`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Mappings
from functools import cache
from importlib import import_module
from typing import TypeAlias

from transpiler.diagnostics import Fix, Span
from transpiler.expressions import Text, literal
from transpiler.frontend.context import Context
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.values.evaluate import text_or_default
from transpiler.frontend.values.scope import Binding, Scope
from transpiler.ir import Step
from transpiler.nodes import Mapping, Node
from transpiler.records import dataclass


@dataclass(slots=True)
class StageDraft:
    """A stage that is being read: each step adds itself to `steps`, and the values that it binds to the scope of the
    steps after it.

    `node` is the stage's mapping, `pipeline` that of its pipeline, for the keys that a stage inherits.
    """

    context: Context
    node: Mapping
    pipeline_name: str
    pipeline: Mapping
    scope: Scope
    steps: list[Step]

    def take(self, step: Step | None, bound: Mappings[str, Binding]) -> None:
        """Adds a step (None after an error) and what it binds."""
        if step is not None:
            self.steps.append(step)
        self.scope = self.scope.bind(bound)


Reader: TypeAlias = Callable[[StageDraft, Node], None]


@cache
def reader(step: str) -> Reader:
    """The reader of the step of that name, imported when it is needed, so that a run pays only for the steps in its
    config."""
    read: Reader = import_module(f"transpiler.frontend.steps.{step}").read
    return read


def published(context: Context, key: str, scope: Scope, span: Span) -> Text:
    """What this stage has published under this key; empty if it publishes nothing."""
    return text_or_default(context, None, f"${{.{key}}}", scope, span) if key in scope.own else literal("", span)


def check_published(context: Context, scope: Scope, place: Node | Span, step: str, **given: Text) -> None:
    """Reports values that are empty because the stage does not publish."""
    missing = [key for key, found in given.items() if not found.parts]
    if missing and "imageTag" not in scope.own:
        keys = {"image": "imageName", "tag": "imageTag", "version": "imageTag"}
        reads = " and ".join(f"`${{.{keys[key]}}}`" for key in missing)
        owners = scope.owners("imageTag")
        added = [(key, f"'${{{next(iter(owners), 'other-stage')}.{keys[key]}}}'") for key in missing]
        fix: Fix | None = None
        if isinstance(place, Mapping) and len(owners) == 1 and not any(map(place.key, (*missing, "$merge"))):
            fix = fixes.with_entries(context.document, place, added)
        context.error(
            "nothing-published",
            f"`{step}` uses {reads}, but stage `{scope.stage}` publishes nothing.",
            place if isinstance(place, Span) else place.span,
            f"Name the stage that publishes: `{', '.join(f'{key}: {value}' for key, value in added)}`.",
            fix,
        )
