"""Mistakes in a config's shape that real files have, each with a diagnostic of its own.

Each is reported and then fixed in the nodes, so that the schema check neither reports its consequences nor stops at it:
the rest of the file is checked as if its author had written what was meant. Fixed nodes are never compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import partial

from transpiler.diagnostics import Diagnostics, Fix
from transpiler.frontend.rewriting import fixes
from transpiler.nodes import Document, Kind, Mapping, Node, Scalar, Sequence
from transpiler.quoting import yaml_list

_TOP_LEVEL = ("version", "project", "concurrency", "pipelines")
_LONGEST_SHOWN = 60
_FLAGS = ("true", "false", "yes", "no", "on", "off")


def as_meant(document: Document, schema: str, diagnostics: Diagnostics) -> Node:
    """The root with known mistakes reported and corrected. Mistakes in the steps of version 0 are looked for only if
    `schema` is the schema of version 0, "config"."""
    root = document.root
    if not isinstance(root, Mapping):
        return root
    root = _pipeline_for_pipelines(document, root, diagnostics)
    root = _pipeline_at_top_level(document, root, diagnostics)
    if schema != "config":
        return root
    return _change(root, "pipelines", lambda node: _each_value(node, lambda p: _pipeline(document, p, diagnostics)))


def _pipeline_for_pipelines(document: Document, root: Mapping, diagnostics: Diagnostics) -> Mapping:
    key = root.key("pipeline")
    if not key or root.get("pipelines"):
        return root
    message, fix = "The key is `pipelines`, not `pipeline`.", fixes.word(document, key.span, "pipeline", "pipelines")
    diagnostics.error("pipeline-for-pipelines", message, key.span, "Add the `s`.", fix)
    meant = _text("pipelines", key)
    return Mapping(tuple((meant if k is key else k, value) for k, value in root), root.span)


def _pipeline_at_top_level(document: Document, root: Mapping, diagnostics: Diagnostics) -> Mapping:
    stray = [
        (key, value)
        for key, value in root
        if key.text not in _TOP_LEVEL and isinstance(value, Mapping) and isinstance(value.get("stages"), Sequence)
    ]
    for key, _ in stray:
        message = f"The pipeline `{key.text}` is at the top level instead of under `pipelines`."
        hint = f"Indent `{key.text}:` and its whole value so that they are under `pipelines:`."
        diagnostics.error("pipeline-at-top-level", message, key.span, hint, _indented(document, root, key))
    rest = [(key, value) for key, value in root if (key, value) not in stray]
    pipelines = root.get("pipelines")
    if stray and pipelines is None:
        rest.append((_text("pipelines", stray[0][0]), Mapping(tuple(stray), root.span)))
    fixed = Mapping(tuple(rest), root.span)
    if not isinstance(pipelines, Mapping):
        return fixed
    new = tuple((key, value) for key, value in stray if not pipelines.key(key.text))
    return _change(fixed, "pipelines", lambda _: Mapping((*pipelines.entries, *new), pipelines.span))


def _indented(document: Document, root: Mapping, key: Scalar) -> Fix | None:
    """Moves a pipeline that follows the block `pipelines` into it."""
    entries = list(root)
    at = next((i for i, (k, _) in enumerate(entries) if k is key), 0)
    before, pipelines = entries[at - 1] if at else entries[0]
    if not at or before.text != "pipelines" or not isinstance(pipelines, Mapping) or not pipelines.entries:
        return None
    if pipelines.key(key.text):
        return None
    return fixes.indented(document, before, pipelines.entries[0][0], key, entries[at][1])


def _pipeline(document: Document, pipeline: Node, diagnostics: Diagnostics) -> Node:
    if not isinstance(pipeline, Mapping) or not isinstance(stages := pipeline.get("stages"), Sequence):
        return pipeline
    fixed: list[Node] = []
    for item in stages.items:
        stage = item
        if isinstance(stage, Mapping):
            stage = _stage_without_name(stage, stages.items[: len(fixed)], diagnostics)
            stage = _change(stage, "run", lambda run: _run_string(document, run, diagnostics))
            stage = _change(stage, "publish", partial(_publish_type, document, stage.key("publish"), diagnostics))
        fixed.append(stage)
    return _change(pipeline, "stages", lambda _: Sequence(tuple(fixed), stages.span))


def _stage_without_name(stage: Mapping, before: tuple[Node, ...], diagnostics: Diagnostics) -> Mapping:
    keys = [key.text for key, _ in stage]
    if "name" in keys or not keys or get_close_matches("name", keys, cutoff=0.75):
        return stage
    owner = next(
        (n.text for s in reversed(before) if isinstance(s, Mapping) and isinstance(n := s.get("name"), Scalar)), ""
    )
    hint = (
        f"Start it with `- name: …`. Or, if `{keys[0]}` belongs to the stage `{owner}`, replace the `-` with a space."
    )
    if not owner:
        hint = "Start it with `- name: …`."
    first = stage.entries[0][0]
    diagnostics.error("stage-without-name", "This stage has no `name`.", first.span, hint)
    return Mapping(((_text("name", first), _text("unnamed", first)), *stage.entries), stage.span)


def _run_string(document: Document, run: Node, diagnostics: Diagnostics) -> Node:
    if isinstance(run, Sequence) and run.items and all(isinstance(item, Scalar) for item in run.items):
        words = [item.text for item in run.items if isinstance(item, Scalar)]
        message = "`run`: expected true, false or a mapping, got a list."
    elif isinstance(run, Scalar) and run.kind is Kind.STR and run.text:
        if run.plain and run.text.lower() in _FLAGS:
            return run
        words = run.text.split()
        message = "`run`: expected true, false or a mapping, got a string."
    else:
        return run
    shown, fix = yaml_list(words), None
    hint = (
        f"`run: {{arguments: {shown}}}` passes this to the entry point of the image that the stage builds; "
        "`run: true` passes nothing."
    )
    if len(shown) > _LONGEST_SHOWN:
        hint = "`run: true` runs the image that the stage builds; list its arguments under `run.arguments`."
    if isinstance(run, Scalar) and run.text.lower() in ("true", "false"):
        hint, fix = f"Write `{run.text.lower()}`, without quotes.", fixes.bare(document, run, run.text.lower())
    diagnostics.error("run-string", message, run.span, hint, fix)
    return Scalar("true", Kind.BOOL, run.span, plain=True)


def _publish_type(document: Document, named: Scalar | None, diagnostics: Diagnostics, publish: Node) -> Node:
    if not isinstance(publish, Mapping) or not (key := publish.key("type")):
        return publish
    kind = publish.get("type")
    if isinstance(kind, Scalar) and kind.text == "files":
        message, hint = "`publish` pushes images only.", "To keep files, use `copy` with `archive: true`."
    else:
        message, hint = (
            "`publish` has no key `type`.",
            "Write `publish: {image: true}`, or `publish: {image: {tags: […]}}`.",
        )
    if publish.get("image") or hint.startswith("To keep"):
        diagnostics.error("publish-type-image", message, key.span, hint)
        return Mapping(tuple((k, v) for k, v in publish if k.text == "image"), publish.span)
    rest = Mapping(tuple((k, v) for k, v in publish if k is not key), publish.span)
    image = rest if rest.entries else Scalar("true", Kind.BOOL, publish.span, plain=True)
    fixed = Mapping(((_text("image", key), image),), publish.span)
    fix = fixes.entry(document, named, publish, fixed) if named else None
    diagnostics.error("publish-type-image", message, key.span, hint, fix)
    return Mapping(((_text("image", key), rest),), publish.span)


def _change(mapping: Mapping, key: str, change: Callable[[Node], Node]) -> Mapping:
    """The same mapping with one value changed, if it has that key."""
    return Mapping(tuple((k, change(value) if k.text == key else value) for k, value in mapping), mapping.span)


def _each_value(node: Node, change: Callable[[Node], Node]) -> Node:
    if not isinstance(node, Mapping):
        return node
    entries: Iterable[tuple[Scalar, Node]] = ((key, change(value)) for key, value in node)
    return Mapping(tuple(entries), node.span)


def _text(text: str, place: Scalar) -> Scalar:
    return Scalar(text, Kind.STR, place.span)
