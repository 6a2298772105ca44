"""The step `exports`, from YAML to IR: names that the stage binds to values."""

from __future__ import annotations

import re

from transpiler.frontend.sizes import check_name
from transpiler.frontend.steps import StageDraft
from transpiler.frontend.values.evaluate import text
from transpiler.frontend.values.plain import plain
from transpiler.frontend.values.scope import Binding
from transpiler.ir import Export
from transpiler.nodes import Kind, Mapping, Node, Scalar

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def read(draft: StageDraft, node: Node) -> None:
    """`exports`: a mapping of names to values."""
    for key, value in node.entries if isinstance(node, Mapping) else ():
        plain(draft.context, key)
        if key.text in draft.scope.own:
            draft.context.error(
                "already-bound",
                f"`{key.text}` is already bound in stage `{draft.scope.stage}`.",
                key.span,
                "Rename the export.",
            )
            continue
        if not _NAME.fullmatch(key.text):
            draft.context.error(
                "bad-name",
                f"No reference can read an export named `{key.text}`.",
                key.span,
                "Use only letters, digits, `.`, `_` and `-` in the name.",
            )
            continue
        found = text(draft.context, value, draft.scope)
        check_name(draft.context, key.text, "export's name", key.span)
        bound = Binding(found.literal, empty=_counts_as_empty(value))
        draft.take(Export(key.text, found, key.span), {key.text: bound})


def _counts_as_empty(node: Node) -> bool:
    """Whether the value is 0, false or null: a reference with a default then uses the default, as in PipelineLib."""
    if not isinstance(node, Scalar):
        return False
    match node.kind:
        case Kind.NULL:
            return True
        case Kind.BOOL:
            return node.text.lower() == "false"
        case Kind.INT | Kind.FLOAT:
            return not node.text.strip("+-0.")
    return False
