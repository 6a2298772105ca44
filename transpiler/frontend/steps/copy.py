"""The step `copy`, from YAML to IR."""

from __future__ import annotations

import posixpath

from transpiler.diagnostics import Span
from transpiler.expressions import Loop, Map, Text, Value, literal
from transpiler.frontend.context import Context
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.steps import StageDraft
from transpiler.frontend.values.evaluate import items, text_or_default
from transpiler.frontend.values.plain import TRUE, flag
from transpiler.frontend.values.scope import RUNTIME, Dotless, Scope
from transpiler.ir import Copy, CopyItem, Stage
from transpiler.nodes import Mapping, Node, Sequence

# How the engines' own steps for artifacts read a path, where nothing can be escaped. In Jenkins' archiveArtifacts `,`
# separates patterns, `*` and `?` match other characters, `\` is a `/`, and white space at both ends is removed. Zuul
# uses Ansible's fetch, which expands `$NAME`. GitLab's `artifacts: paths` interprets more (`[`, `{`, `%`), and all of
# that can be escaped: the target does it.
_NOT_ARCHIVED = frozenset(",*?$\\")
_NOT_ARCHIVED_SAID = (
    "cannot contain `,`, `*`, `?`, `$` or `\\`, nor begin or end with white space: some engines would interpret it."
)
_CUT = frozenset(map(chr, range(0x21)))
_KEYS = ("from", "source", "destination", "archive")


def read(draft: StageDraft, node: Node) -> None:
    """`copy`: a list of sources or mappings."""
    context, scope = draft.context, draft.scope
    for item in node.items if isinstance(node, Sequence) else ():
        flag(context, item.get("archive") if isinstance(item, Mapping) else None, default=False)  # for its note
    found = items(context, node, scope.within(Dotless.REFUSED))
    step = Copy(found.filled(lambda item: _copied(context, item, scope, node)), node.span)
    draft.take(step, {"artifactURLs": RUNTIME})


def _copied(context: Context, item: Value, scope: Scope, node: Node) -> CopyItem | None:
    if isinstance(item, Text):
        item = Map(((literal("source"), item),), item.span)
    span = item.span or node.span
    if not isinstance(item, Map) or not isinstance(source := item.get("source"), Text):
        context.error(
            "wrong-type",
            "An item of `copy`: expected a path, or a mapping with `source`.",
            span,
            "Write `{source: PATH}`.",
        )
        return None
    origin = item.get("from")
    if not isinstance(origin, Text) or not origin.parts:
        origin = _own_container(context, scope, span)
    target = item.get("destination")
    target = target if isinstance(target, Text) and target.literal != "" else source
    archive = item.get("archive")
    kept = isinstance(archive, Text) and (archive.literal or "").lower() in TRUE
    for key, _ in item.entries:
        if key.literal not in _KEYS:
            context.error(
                "unknown-key",
                f"An item of `copy` has no key `{key.literal}`.",
                key.span or span,
                f"The allowed keys are {', '.join(f'`{k}`' for k in _KEYS)}.",
            )
    _check_copy(context, source, target, span, archived=kept)
    return CopyItem(origin, source, target, target.literal if kept else None, span)


def _note_cut(context: Context, target: Text, span: Span, *, apart: bool) -> None:
    """`apart`: the destination is written for itself, and is not the source's path."""
    within = posixpath.normpath((target.literal or "").lstrip("/") or ".")
    if within == ".." or within.startswith("../"):
        kept = posixpath.normpath(f"/{target.literal}").lstrip("/") or "."
        context.diagnostics.note(
            "destination-cut",
            f"`{target.literal}` leads out of the working directory: `copy` writes to `{kept}` instead.",
            target.span or span,
            f"Write `destination: {kept}`.",
            fixes.word(context.document, target.span, target.literal or "", kept) if target.span and apart else None,
        )


def _own_container(context: Context, scope: Scope, span: Span) -> Text:
    if "container" in scope.own:
        return text_or_default(context, None, "${.container}", scope, span)
    context.error(
        "no-container",
        f"`copy` has no container: stage `{scope.stage}` has neither `run` nor `from`.",
        span,
        f"Add `run:` to this stage, or `from: '${{{scope.owner('container') or 'other-stage'}.container}}'`.",
    )
    return literal("", span)


def _check_copy(context: Context, source: Text, target: Text, span: Span, *, archived: bool) -> None:
    if "*" in (source.literal or ""):
        context.diagnostics.warning(
            "copy-wildcard",
            "`*` is not a wildcard in `copy`: it is part of the file's name.",
            source.span or span,
            "Copy the directory; with a `/` at the end of `source`, `copy` copies its contents.",
        )
    _note_cut(context, target, span, apart=target is not source)
    lands_in = target.literal is not None and posixpath.normpath(f"/{target.literal}") == "/"
    lands_in = lands_in or (target.literal or "").endswith("/")
    if archived and (target.literal is None or (lands_in and source.literal is None)):
        context.error(
            "archive-not-known",
            "The path of an archived file must be known before the pipeline runs.",
            target.span or span,
            "Write a `destination` that reads no value of the running pipeline.",
        )
    elif archived and any(map(_read_otherwise, (source.literal if lands_in else "", target.literal))):
        context.error(
            "archive-name",
            f"The path of an archived file {_NOT_ARCHIVED_SAID}",
            target.span or span,
            "Choose another `destination`.",
        )


def _read_otherwise(path: str | None) -> bool:
    """Whether some engine's step for artifacts would read this path differently, and so find another file or none."""
    kept = posixpath.normpath(f"/{path or ''}").lstrip("/")
    return not _NOT_ARCHIVED.isdisjoint(kept) or kept[:1] in _CUT or kept[-1:] in _CUT


def check_directory(context: Context, stage: Stage) -> None:
    """Reports a directory that cannot be a part of the paths of archived files."""
    copied = [item for step in stage.steps if isinstance(step, Copy) for item in step.items.items]
    archived = [item for each in copied if (item := each.item if isinstance(each, Loop) else each).archived is not None]
    if archived and _read_otherwise(posixpath.join(context.folder, stage.directory)):
        own = _read_otherwise(stage.directory)
        context.error(
            "archive-name",
            f"The directory of an archived file {_NOT_ARCHIVED_SAID}",
            archived[0].span or stage.span or context.document.root.span,
            "Archive files from another directory." if own else f"Rename the folder `{context.folder}`.",
        )
