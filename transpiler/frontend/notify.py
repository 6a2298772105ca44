"""The key `notify` of stages and pipelines, from YAML to IR: the mail about a failed stage."""

from __future__ import annotations

from transpiler.diagnostics import Span
from transpiler.expressions import List, Text, literal
from transpiler.frontend.context import Context
from transpiler.frontend.values.evaluate import text, text_items
from transpiler.frontend.values.merge import merged
from transpiler.frontend.values.plain import is_empty, known_keys
from transpiler.frontend.values.scope import Dotless, Scope
from transpiler.ir import Mail
from transpiler.nodes import Kind, Mapping, Node, Scalar, Sequence

_SUBJECT = "[Pipeline] ${setup.projectShortName} ${setup.pipeline}/${.stage} failed"
_BODY = "The stage ${.stage} of the pipeline ${setup.pipeline} of ${setup.project} failed.\nIts log: ${setup.logURL}\n"


def read(context: Context, stage: Mapping, pipeline: Mapping, scope: Scope) -> Mail | None:
    """The mail of a stage: the stage's keys override those of its pipeline."""
    default = pipeline.get("notify")
    node = _merged(merged(default) if default is not None else None, stage.get("notify"))
    return _mail(context, node, scope, stage.span)


def _merged(base: Node | None, over: Node | None) -> Node | None:
    """`over` merged over `base`, at every depth."""
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return base if over is None else over
    merged: list[tuple[Scalar, Node]] = [(k, _merged(v, over.get(k.text)) or v) for k, v in base.entries]
    merged += [entry for entry in over.entries if base.key(entry[0].text) is None]
    return Mapping(tuple(merged), over.span)


def _mail(context: Context, node: Node | None, scope: Scope, span: Span) -> Mail | None:
    email = node.get("email") if isinstance(node, Mapping) else None
    if not isinstance(email, Mapping) or is_empty(email):
        return None
    known_keys(context, email, ("to", "subject", "body"), "notify.email")
    scope = scope.within(Dotless.LITERAL)
    to_node = email.get("to")
    if to_node is None or is_empty(to_node):
        context.error("mail-without-address", "`notify.email` has no `to`.", email.span, "Add `to: ADDRESS`.")
        return None
    to = List((text(context, to_node, scope),)) if isinstance(to_node, Scalar) else text_items(context, to_node, scope)
    if not isinstance(to_node, Scalar | Sequence) and not to.items:
        return None
    return Mail(
        to,
        _mail_text(context, email.get("subject"), _SUBJECT, scope, span),
        _mail_text(context, email.get("body"), _BODY, scope, span),
        email.span,
    )


def _mail_text(context: Context, node: Node | None, default: str, scope: Scope, span: Span) -> Text:
    found = text(context, node, scope) if node is not None else literal("")
    return found if found.parts else text(context, Scalar(default, Kind.STR, span), scope)
