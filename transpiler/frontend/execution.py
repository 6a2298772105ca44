"""The names of a pipeline's stages, and their graph, from `execution`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from transpiler.diagnostics import Diagnostic, Span
from transpiler.frontend.context import Context
from transpiler.frontend.dialects.making import MAX_ARCS
from transpiler.frontend.matrix import RESERVED, Stages
from transpiler.frontend.policy import house_rules
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.sizes import check_name
from transpiler.frontend.suggestions import these
from transpiler.frontend.values.plain import is_empty, plain
from transpiler.graph import Graph, find_cycle, from_arcs
from transpiler.nodes import Mapping, Node, Scalar, Sequence


def named_stages(context: Context, node: Mapping) -> Iterator[tuple[str, Mapping]]:
    """The stages of a pipeline as they are written, by name."""
    stages = node.get("stages")
    seen: set[str] = set()
    for stage in stages.items if isinstance(stages, Sequence) else ():
        name_node = stage.get("name") if isinstance(stage, Mapping) else None
        if not isinstance(stage, Mapping) or not isinstance(name_node, Scalar):
            continue
        name = plain(context, name_node)
        if not check_name(context, name, "stage's name", name_node.span):
            continue
        if name in RESERVED:
            context.error(
                "reserved-name",
                f"The name `{name}` is reserved: every pipeline has a stage of that name.",
                name_node.span,
                "Rename the stage.",
            )
        elif name in seen:
            context.error(
                "duplicate-stage",
                f"Two stages of this pipeline have the name `{name}`.",
                name_node.span,
                "Rename one of them.",
            )
        else:
            seen.add(name)
            yield name, stage


def graph_of(context: Context, node: Mapping, stages: Stages) -> Graph:
    """The graph of a pipeline's stages, from its `execution`."""
    names = tuple(stages.by_name)
    in_turn = list(dict.fromkeys(member.written for member in stages.by_name.values()))
    execution = node.get("execution")
    if execution is None or is_empty(execution):
        at = (node.key("stages") or node).span
        return from_arcs(names, _through_members(context, [in_turn], stages, at))
    arcs = [
        [known for item in arc.items if (known := _stage_name(context, item, stages))]
        for arc in (execution.items if isinstance(execution, Sequence) else ())
        if isinstance(arc, Sequence)
    ]
    graph = from_arcs(names, _through_members(context, arcs, stages, execution.span))
    cycle = find_cycle(graph)
    if cycle:
        context.error(
            "cycle",
            f"The arcs form a cycle: {' → '.join((*cycle, cycle[0]))}.",
            execution.span,
            "Remove one of these arcs.",
        )
        return from_arcs(names, [names])
    _report_unused(context, graph, stages)
    return graph


def _through_members(context: Context, arcs: list[list[str]], stages: Stages, span: Span) -> list[list[str]]:
    """The same arcs; an arc through a stage with a matrix is one through each of its members."""
    if not stages.members:
        return arcs
    pairs = [(stages.named(a), stages.named(b)) for arc in arcs for a, b in pairwise(arc)]
    count = sum(len(before) * len(after) for before, after in pairs)
    if count > MAX_ARCS:
        message = f"The members of the matrices have {count:,} arcs between them, but at most {MAX_ARCS:,} are allowed."
        context.error(
            "too-many-arcs", message, span, "Put a stage without a matrix between two stages with large ones."
        )
        return []
    alone = [[name] for arc in arcs for written in arc for name in stages.named(written)]
    return alone + [[a, b] for before, after in pairs for a in before for b in after]


def _report_unused(context: Context, graph: Graph, stages: Stages) -> None:
    severity, reached = house_rules.severity_of(context.profile.policy, "unused-stages"), frozenset(graph.nodes)
    unused = {name: member for name, member in stages.by_name.items() if severity and name not in reached}
    whole = {written for written, members in stages.members.items() if unused.keys() >= {*members}}
    shown = {member.written if member.written in whole else name: member for name, member in unused.items()}
    for name, member in shown.items():
        assert severity
        context.diagnostics.add(
            Diagnostic(
                "unused-stages",
                severity,
                f"Stage `{name}` is in no arc, so it never runs.",
                member.node.span,
                f"Add the stage to `execution`, alone as `[{name}]` or in an arc.",
            )
        )


def _stage_name(context: Context, node: Node, stages: Stages) -> str | None:
    """The stage that an arc names; an undefined name is replaced by a similar one, so that no further errors follow."""
    name = plain(context, node)
    if stages.named(name):
        return name
    near = context.suggestions.near(name, stages.names)
    hint = near.hint(f"The stages are {these(stages.names) if stages.names else 'none'}.")
    fix = fixes.word(context.document, node.span, name, near.name) if near.sure else None
    context.error("unknown-stage", f"`execution` names the stage `{name}`, which is not defined.", node.span, hint, fix)
    return near.name or None
