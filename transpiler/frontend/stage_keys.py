"""The keys of a stage that are no steps, from YAML to IR: how long it may take, how often it is tried, whether it may
fail."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from transpiler.expressions import refs
from transpiler.frontend.context import Context
from transpiler.frontend.values.bindings import ON_THE_DAEMON
from transpiler.frontend.values.plain import duration, flag, integer, is_empty
from transpiler.ir import Export, Step, Trigger
from transpiler.nodes import Node
from transpiler.steps import BY_NAME

LONGEST = 7 * 24 * 3600


def timeout(context: Context, node: Node | None, steps: Iterable[Step]) -> int | None:
    """The limit of a stage in seconds; None if it has none, or after an error."""
    if node is None or is_empty(node):
        return None
    seconds = duration(context, node)
    if seconds > LONGEST:
        message = f"`timeout`: a stage may take at most {LONGEST // 3600} hours."
        context.error("bad-value", message, node.span, f"Write at most `{LONGEST // 3600}h`.")
        return None
    if any(isinstance(step, Trigger) and step.wait for step in steps):
        context.error(
            "timeout-with-trigger",
            "A stage with a `timeout` cannot wait for a job that it triggers, because the engine waits for that job.",
            node.span,
            "Put the `trigger` into a stage of its own, which follows this one.",
        )
        return None
    return seconds


def attempts(context: Context, node: Node | None, steps: Collection[str]) -> int | None:
    """How often the stage's `run` is tried; None for once, or after an error. `steps` are the names of its steps."""
    count = integer(node) if node is not None else None
    if node is None or count is None or count < 2:
        return None
    outside = next((step for step in steps if BY_NAME[step].leaves), "")
    if outside:
        context.error(
            "attempts-not-allowed",
            f"A stage with `{outside}` cannot have `attempts`.",
            node.span,
            f"Put `{outside}` into a stage of its own, which follows this one.",
        )
        return None
    if "run" not in steps:
        context.diagnostics.warning(
            "attempts-without-run",
            "`attempts` says how often `run` is tried, but this stage has no `run`.",
            node.span,
            "Add `run: true`, or remove `attempts`.",
        )
        return None
    return count


def allow_failure(context: Context, node: Node | None, steps: Iterable[Step]) -> bool:
    """Whether the failure of a stage with these steps is allowed."""
    if node is None or not flag(context, node, default=False):
        return False
    for step in steps:
        if isinstance(step, Trigger):
            context.error(
                "allow-failure-with-trigger",
                "A stage with `allowFailure` cannot trigger a job, which would start after a failure, too.",
                node.span,
                "Put the `trigger` into a stage of its own, which follows this one.",
            )
        elif isinstance(step, Export):
            carried = next((ref.key for ref in refs(step.value) if ref.key in ON_THE_DAEMON), "")
            if carried:
                context.error(
                    "may-fail-image",
                    f"`{step.name}` holds `{carried}`, which there is not if this stage fails.",
                    step.span or node.span,
                    "Build the image in a stage without `allowFailure`, and read the value there.",
                )
    return True
