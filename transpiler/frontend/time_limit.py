"""How long a stage may take, from YAML to IR."""

from __future__ import annotations

from collections.abc import Iterable

from transpiler.frontend.context import Context
from transpiler.frontend.values.plain import integer, is_empty, plain
from transpiler.ir import Step, Trigger
from transpiler.nodes import Node

LONGEST = 7 * 24 * 3600
_UNITS = {"s": 1, "m": 60, "h": 3600}


def timeout(context: Context, node: Node | None, steps: Iterable[Step]) -> int | None:
    """The limit of a stage in seconds; None if it has none, or after an error."""
    if node is None or is_empty(node):
        return None
    seconds = _seconds(context, node)
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


def _seconds(context: Context, node: Node) -> int:
    whole = integer(node)
    if whole is not None:
        return whole
    text = plain(context, node)
    unit = _UNITS.get(text[-1:])
    return int(text[:-1]) * unit if unit else int(text)
