"""The step `copy`, from YAML to IR."""

from __future__ import annotations

import posixpath
from enum import StrEnum
from typing import TypeVar

from transpiler.diagnostics import Span
from transpiler.expressions import Loop, Map, Text, Value, literal
from transpiler.frontend.context import Context
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.steps import StageDraft
from transpiler.frontend.values.evaluate import items, text_or_default
from transpiler.frontend.values.plain import TRUE, flag
from transpiler.frontend.values.scope import RUNTIME, Dotless, Scope
from transpiler.ir import Copy, CopyItem, ReportKind, Run, Stage, When
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
_KEYS = ("from", "source", "destination", "archive", "when", "report")
_Word = TypeVar("_Word", bound=StrEnum)


def read(draft: StageDraft, node: Node) -> None:
    """`copy`: a list of sources or mappings."""
    context, scope = draft.context, draft.scope
    for item in node.items if isinstance(node, Sequence) else ():
        flag(context, item.get("archive") if isinstance(item, Mapping) else None, default=False)  # for its note
    found = items(context, node, scope.within(Dotless.REFUSED))
    runs = any(isinstance(step, Run) for step in draft.steps)
    step = Copy(found.filled(lambda item: _copied(context, item, scope, node, runs=runs)), node.span)
    draft.take(step, {"artifactURLs": RUNTIME})


def _copied(context: Context, item: Value, scope: Scope, node: Node, *, runs: bool) -> CopyItem | None:
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
    kept, when, report = _kept(context, item, span, runs=runs)
    for key, _ in item.entries:
        if key.literal not in _KEYS:
            context.error(
                "unknown-key",
                f"An item of `copy` has no key `{key.literal}`.",
                key.span or span,
                f"The allowed keys are {', '.join(f'`{k}`' for k in _KEYS)}.",
            )
    _check_copy(context, source, target, span, archived=kept)
    if report and (source.literal or "").endswith("/") and not posixpath.normpath(f"/{target.literal}").strip("/"):
        message = "A directory of reports cannot be copied to the working directory itself, which has other files, too."
        context.error("bad-value", message, target.span or span, "Write a `destination`, such as `reports`.")
    return CopyItem(origin, source, target, target.literal if kept else None, span, when, report)


def _kept(context: Context, item: Map, span: Span, *, runs: bool) -> tuple[bool, When, ReportKind | None]:
    """Whether the file is archived, when it is copied, and whether it is a report. `runs`: the stage has a `run`."""
    archive, report = item.get("archive"), _word(context, item, "report", ReportKind, span)
    when = _word(context, item, "when", When, span) or (When.ALWAYS if report and runs else When.SUCCESS)
    said = (archive.literal or "").lower() if isinstance(archive, Text) else None
    if report and said is not None and said not in TRUE:
        message = "A report is always archived, but `archive` says otherwise."
        context.error("conflicting-keys", message, span, "Remove `archive`, or `report`.")
    if when is not When.SUCCESS and not runs:
        context.error(
            "when-without-run",
            f"`when: {when}` is about the `run` of this stage, but it has none.",
            span,
            "Remove `when`, or move the item into the `copy` of the stage that has the `run`.",
        )
    return said in TRUE or report is not None, when, report


def _word(context: Context, item: Map, key: str, words: type[_Word], span: Span) -> _Word | None:
    """The value of a key that has one of a few words; None if it is not there, or after an error."""
    value = item.get(key)
    if value is None:
        return None
    text = value.literal if isinstance(value, Text) else None
    if text is not None and text in [*words]:
        return words(text)
    listed = " or ".join(f"`{word}`" for word in words)
    message = f"`{key}`: expected {listed}, known before the pipeline runs."
    context.error("bad-value", message, value.span or span, "Write one of these words.")
    return None


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
