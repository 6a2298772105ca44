"""The steps `build` and `copy` (LANGUAGE 1.3 and 1.5), from YAML to IR."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping as Mappings

from transpiler.diagnostics import Span
from transpiler.expressions import List, Loop, Map, Text, Value, literal, refs
from transpiler.frontend.build_files import check_variant
from transpiler.frontend.context import Context
from transpiler.frontend.values.evaluate import items, text, text_items, text_or_default
from transpiler.frontend.values.plain import TRUE, flag, known_keys
from transpiler.frontend.values.scope import RUNTIME, Binding, Dotless, Scope
from transpiler.ir import Build, BuildFile, Copy, Stage
from transpiler.nodes import Mapping, Node, Sequence
from transpiler.records import replace

Bound = Mappings[str, Binding]

_NOT_ARCHIVED = ",*?$"
_COPY_KEYS = ("from", "source", "destination", "archive")
def build(context: Context, node: Node, scope: Scope, file: BuildFile, named_at: Span) -> tuple[Build, Bound]:
    """`build`: a variant, or a mapping."""
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
            "excludes-with-url", "`excludes` needs a context in the tree, not a URL.", excludes.span or node.span,
            "Remove `excludes`, or fetch the context first.",
        )  # fmt: skip
    pull = _pull(context, keys.get("imagePullPolicy"), strict)
    _check_local_base(context, file, node, pull=pull)
    step = Build(file, variant, where, excludes, pull, node.span)
    return step, {"imageID": RUNTIME, "imageLocalName": RUNTIME}


def _check_local_base(context: Context, file: BuildFile, node: Node, *, pull: bool) -> None:
    if pull and any(ref.key == "imageLocalName" for ref in refs(file.inline)):
        context.diagnostics.warning(
            "local-base-pulled", "The base image is one that this run has built, and the build asks a registry for it.",
            node.span, "Write `build: {imagePullPolicy: never}`.",
        )  # fmt: skip


def _pull(context: Context, node: Node | None, scope: Scope) -> bool:
    policy = text(context, node, scope).literal if node is not None else "always"
    if node is not None and policy not in ("", "always", "never"):
        context.error(
            "bad-value", "`imagePullPolicy` is `always` or `never`, known before the pipeline runs.", node.span,
            "Write one of the two.",
        )  # fmt: skip
    return policy != "never"


def copy(context: Context, node: Node, scope: Scope) -> tuple[Copy, Bound]:
    """`copy`: a list of sources or mappings."""
    strict = scope.within(Dotless.REFUSED)
    for item in node.items if isinstance(node, Sequence) else ():
        flag(context, item.get("archive") if isinstance(item, Mapping) else None, default=False)  # for its note
    found = items(context, node, strict)
    filled = tuple(_copy_item(context, item, scope, node) for item in found.items)
    return Copy(List(tuple(i for i in filled if i), found.span), node.span), {"artifactURLs": RUNTIME}


def _copy_item(context: Context, item: Value | Loop, scope: Scope, node: Node) -> Map | Loop | None:
    if isinstance(item, Loop):
        inner = _copy_item(context, item.item, scope, node)
        return replace(item, item=inner) if isinstance(inner, Map) else None
    if isinstance(item, Text):
        item = Map(((literal("source"), item),), item.span)
    span = item.span or node.span
    if not isinstance(item, Map) or not isinstance(source := item.get("source"), Text):
        context.error("wrong-type", "An item of `copy` is a path, or a mapping with `source`.", span,
                      "Write `{source: PATH}`.")  # fmt: skip
        return None
    origin = item.get("from")
    if not isinstance(origin, Text) or not origin.parts:
        origin = _own_container(context, scope, span)
    target = item.get("destination")
    target = target if isinstance(target, Text) and target.literal != "" else source
    archive = item.get("archive")
    kept = "true" if isinstance(archive, Text) and (archive.literal or "").lower() in TRUE else "false"
    for key, _ in item.entries:
        if key.literal not in _COPY_KEYS:
            context.error("unknown-key", f"An item of `copy` has no key `{key.literal}`.", key.span or span,
                          f"It has {', '.join(f'`{k}`' for k in _COPY_KEYS)}.")  # fmt: skip
    _check_copy(context, source, target, span, archived=kept == "true")
    entries = {"from": origin, "source": source, "destination": target, "archive": literal(kept)}
    return Map(tuple((literal(k), v) for k, v in entries.items()), span)


def _note_cut(context: Context, target: Text, span: Span) -> None:
    within = posixpath.normpath((target.literal or "").lstrip("/") or ".")
    if within == ".." or within.startswith("../"):
        kept = posixpath.normpath(f"/{target.literal}").lstrip("/") or "."
        context.diagnostics.note(
            "destination-cut", f"`{target.literal}` leads out of the working directory: the files go to `{kept}` in "
            "it.", target.span or span, f"Write `destination: {kept}`.",
        )  # fmt: skip


def _own_container(context: Context, scope: Scope, span: Span) -> Text:
    if "container" in scope.own:
        return text_or_default(context, None, "${.container}", scope, span)
    context.error(
        "no-container", f"`copy` has no container: the stage `{scope.stage}` runs none and names none.", span,
        f"Add `run:` to this stage, or `from: '${{{scope.owner('container') or 'other-stage'}.container}}'`.",
    )  # fmt: skip
    return literal("", span)


def _check_copy(context: Context, source: Text, target: Text, span: Span, *, archived: bool) -> None:
    if "*" in (source.literal or ""):
        context.diagnostics.warning(
            "copy-wildcard", "`*` is no wildcard in `copy`: a file of this very name is looked for.",
            source.span or span, "Name the directory; with a `/` at its end its contents are copied.",
        )  # fmt: skip
    _note_cut(context, target, span)
    lands_in = target.literal is not None and posixpath.normpath(f"/{target.literal}") == "/"
    lands_in = lands_in or (target.literal or "").endswith("/")
    if archived and (target.literal is None or (lands_in and source.literal is None)):
        context.error(
            "archive-not-known", "What is archived must be known before the pipeline runs.", target.span or span,
            "Give a `destination` without values of the running pipeline.",
        )  # fmt: skip
    elif archived and any(c in f"{source.literal if lands_in else ''}{target.literal}" for c in _NOT_ARCHIVED):
        context.error(
            "archive-name", "An archived path cannot hold `,`, `*`, `?` or `$`: an engine would read a pattern or a "
            "variable in it.", target.span or span, "Give another `destination`.",
        )  # fmt: skip


def check_directory(context: Context, stage: Stage) -> None:
    """Says so if the directory, which is a part of the paths of what is archived, cannot be."""
    items = [i.item if isinstance(i, Loop) else i for s in stage.steps if isinstance(s, Copy) for i in s.items.items]
    archived = [i for i in items if isinstance(i, Map) and i.get("archive") == literal("true")]
    if archived and any(c in stage.directory for c in _NOT_ARCHIVED):
        context.error(
            "archive-name", "The directory of what is archived cannot hold `,`, `*`, `?` or `$`: an engine would "
            "read a pattern or a variable in it.", archived[0].span or stage.span or context.document.root.span,
            "Archive from another directory.",
        )  # fmt: skip
