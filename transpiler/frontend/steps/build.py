"""The step `build`, from YAML to IR."""

from __future__ import annotations

from transpiler.diagnostics import Span
from transpiler.expressions import literal, refs
from transpiler.frontend.build_files import build_file, check_variant
from transpiler.frontend.context import Context
from transpiler.frontend.steps import StageDraft
from transpiler.frontend.values.evaluate import text, text_items
from transpiler.frontend.values.plain import known_keys
from transpiler.frontend.values.scope import RUNTIME, Dotless, Scope
from transpiler.ir import Build, BuildFile
from transpiler.nodes import Mapping, Node


def read(draft: StageDraft, node: Node) -> None:
    """`build`: a variant, or a mapping."""
    context, scope = draft.context, draft.scope
    file, named_at = build_file(context, draft.node, draft.pipeline, draft.pipeline_name, scope)
    draft.take(_build(context, node, scope, file, named_at), {"imageID": RUNTIME, "imageLocalName": RUNTIME})


def _build(context: Context, node: Node, scope: Scope, file: BuildFile, named_at: Span) -> Build:
    bare = not isinstance(node, Mapping) or node.key("$merge") is not None
    keys = Mapping((), node.span) if bare or not isinstance(node, Mapping) else node
    known_keys(context, keys, ("variant", "context", "excludes", "imagePullPolicy"), "build")
    strict = scope.within(Dotless.REFUSED)
    named = node if bare else keys.get("variant")
    variant = text(context, named, strict) if named is not None else literal(scope.stage, node.span)
    context_node = keys.get("context")
    where = text(context, context_node, strict) if context_node is not None else literal(".", node.span)
    excludes = text_items(context, keys.get("excludes"), strict)
    check_variant(context, file, named_at, variant, variant.span or node.span)
    if excludes.items and "://" in (where.literal or ""):
        context.error(
            "excludes-with-url",
            "`excludes` cannot be used when `context` is a URL.",
            excludes.span or node.span,
            "Remove `excludes`, or use a context in the repository.",
        )
    pull = _pull(context, keys.get("imagePullPolicy"), strict)
    _check_local_base(context, file, node, pull=pull)
    return Build(file, variant, where, excludes, pull, node.span)


def _check_local_base(context: Context, file: BuildFile, node: Node, *, pull: bool) -> None:
    if pull and any(ref.key == "imageLocalName" for ref in refs(file.inline)):
        context.diagnostics.warning(
            "local-base-pulled",
            "The build pulls its base image from a registry, but only this machine has that image.",
            node.span,
            "Write `build: {imagePullPolicy: never}`.",
        )


def _pull(context: Context, node: Node | None, scope: Scope) -> bool:
    policy = text(context, node, scope).literal if node is not None else "always"
    if node is not None and policy not in ("", "always", "never"):
        context.error(
            "bad-value",
            "`imagePullPolicy`: expected `always` or `never`, known before the pipeline runs.",
            node.span,
            "Write one of the two.",
        )
    return policy != "never"
