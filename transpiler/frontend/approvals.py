"""`approve` of a stage: the person who is asked before it starts, and what cannot pass from the stages before that.

What is on one daemon may be gone when the answer comes, days later: an image or a container of a stage in an earlier
part of the pipeline cannot be named behind a gate, on no engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transpiler.diagnostics import Span
from transpiler.expressions import refs
from transpiler.frontend.context import Context
from transpiler.frontend.values.plain import duration, flag, is_empty, plain
from transpiler.gates import parts
from transpiler.graph import Graph, order
from transpiler.ir import Approval, Build, Deploy, Export, Run, Stage, Step
from transpiler.nodes import Mapping, Node, Sequence
from transpiler.steps import values

LONGEST = 30 * 24 * 3600
"""Seconds. GitHub waits no longer."""
BINDS = "approvedBy"
"""The value that a stage with `approve` binds: who has said yes, where the engine tells."""


def read(context: Context, node: Mapping, *, is_member: bool) -> Approval | None:
    """Who is asked before the stage starts; None if nobody is, or after an error. `is_member`: of a matrix."""
    asked = node.get("approve")
    if asked is None or is_empty(asked) or (not isinstance(asked, Mapping) and not flag(context, asked, default=False)):
        return None
    beside = "matrix" if is_member else "attempts" if node.get("attempts") is not None else ""
    if beside:
        context.error(
            "approve-not-together",
            f"A stage with `{beside}` cannot have `approve`.",
            asked.span,
            "Put `approve` into a stage of its own, which runs before this one.",
        )
        return None
    keys = asked if isinstance(asked, Mapping) else Mapping((), asked.span)
    message = keys.get("message")
    return Approval(
        plain(context, message) if message is not None else "",
        tuple(_names(context, keys.get("by"))),
        _timeout(context, keys.get("timeout")),
        asked.span,
    )


def _names(context: Context, node: Node | None) -> Iterator[str]:
    for item in node.items if isinstance(node, Sequence) else ():
        name = plain(context, item).strip()
        if "," in name or not name:
            hint = "Write each name as an item of the list: `by: [anna, release-managers]`."
            context.error("bad-value", f"`by`: `{name}` is not the name of one user or group.", item.span, hint)
        else:
            yield name


def _timeout(context: Context, node: Node | None) -> int | None:
    if node is None or is_empty(node):
        return None
    seconds = duration(context, node)
    if seconds <= LONGEST:
        return seconds
    days = LONGEST // (24 * 3600)
    context.error(
        "bad-value", f"`timeout`: an answer may take at most {days} days.", node.span, f"Write at most `{days}d`."
    )
    return None


def check(context: Context, stages: Iterable[Stage], graph: Graph) -> None:
    """Reports what a stage reads that does not cross the gate between it and the stage that binds it."""
    by_name = {stage.name: stage for stage in stages}
    gates = {name for name, stage in by_name.items() if stage.approval}
    if not gates:
        return
    part_of = {name: i for i, part in enumerate(parts(graph, gates)) for name in part.stages}
    kept: dict[tuple[str, str], dict[str, str]] = {}
    for name in order(graph):
        for step in by_name[name].steps:
            needed: dict[str, str] = {}
            for ref in refs(*values(step)):
                needed |= kept.get((ref.stage, ref.key), {})
            kept.update(_left((name, step), needed))
            for owner, what in needed.items():
                if part_of.get(owner, part_of[name]) != part_of[name]:
                    _report(context, (name, owner, what), step.span or by_name[name].span)


def _left(of: tuple[str, Step], needed: dict[str, str]) -> Iterator[tuple[tuple[str, str], dict[str, str]]]:
    """The values of a step that name what is not there behind a gate: whose it is, and which value names it."""
    name, step = of
    match step:
        case Build():
            yield from (((name, key), {name: key}) for key in ("imageID", "imageLocalName"))
        case Run():
            yield (name, "container"), {name: "container"}
        case Deploy(release=None):
            yield (name, "releaseName"), {name: "releaseName"}
        case Export():
            yield (name, step.name), needed
        case _:
            pass


def _report(context: Context, crossing: tuple[str, str, str], span: Span | None) -> None:
    name, owner, what = crossing
    hint = {
        "container": f"Copy what `{name}` needs out of the container, in `{owner}`.",
        "releaseName": f"Deploy it in `{name}`, or with `release: NAME`, which stays.",
    }.get(what, f"Publish the image in `{owner}`, and read `${{{owner}.publishedImage}}`.")
    context.error(
        "approve-crossed",
        f"`{name}` needs `{what}` of `{owner}`, which may be gone once somebody has approved.",
        span or context.document.root.span,
        hint,
    )
