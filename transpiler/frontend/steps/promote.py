"""The step `promote`, from YAML to IR."""

from __future__ import annotations

from transpiler.diagnostics import Span
from transpiler.expressions import List, Map, Text, Value, holds_text
from transpiler.frontend.context import Context
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.steps import StageDraft, check_published, published
from transpiler.frontend.values.evaluate import items, text_or_default
from transpiler.frontend.values.scope import Dotless, Scope
from transpiler.ir import Promote, Promotion
from transpiler.nodes import Node, Scalar

_KEYS = ("chart", "environments", "version")


def read(draft: StageDraft, node: Node) -> None:
    """`promote`: true, or a list of charts."""
    context, scope = draft.context, draft.scope
    if not context.profile.promotion.repository:
        context.lacks("a charts repository to promote to", "promote: {repository: URL, update: [COMMAND]}", node.span)
    found: List[Value]
    if isinstance(node, Scalar):
        context.diagnostics.note(
            "promote-true",
            "`promote: true` promotes the chart that has the project's name.",
            node.span,
            "Write `promote: [{chart: NAME}]` to name it.",
            fixes.bare(context.document, node, "[{chart: '${setup.projectShortName}'}]"),
        )
        found = List((Map((), node.span),))
    else:
        found = items(context, node, scope.within(Dotless.REFUSED))
    draft.take(Promote(found.filled(lambda item: _promotion(context, item, scope, node.span)), node.span), {})


def _promotion(context: Context, item: Value, scope: Scope, span: Span) -> Promotion | None:
    if not isinstance(item, Map):
        context.error(
            "wrong-type", "An item of `promote`: expected a mapping.", item.span or span, "Write `{chart: NAME}`."
        )
        return None
    at = item.span or span
    for key, _ in item.entries:
        if key.literal not in _KEYS:
            context.error(
                "unknown-key",
                f"An item of `promote` has no key `{key.literal}`.",
                key.span or at,
                f"The allowed keys are {', '.join(f'`{k}`' for k in _KEYS)}.",
            )
    chart = _given(item.get("chart")) or text_or_default(context, None, "${setup.projectShortName}", scope, at)
    version = _given(item.get("version")) or published(context, "imageTag", scope, at)
    check_published(context, scope, at, "promote", version=version)
    return Promotion(chart, _environments(context, item.get("environments"), at), version, at)


def _environments(context: Context, found: Value | None, span: Span) -> List[Text]:
    items = found.items if isinstance(found, List) else ()
    names = tuple(item for item in items if holds_text(item))
    if len(names) < len(items):
        message = "An item of `environments`: expected a string, got a list or a mapping."
        context.error("wrong-type", message, span, "Write a string for each environment.")
    return List(names)


def _given(found: Value | None) -> Text | None:
    return found if isinstance(found, Text) and found.parts else None
