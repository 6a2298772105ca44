"""Which stage or value the text at a place names, and where that is defined."""

from __future__ import annotations

import re
from typing import NamedTuple

from transpiler import files
from transpiler.diagnostics import Span
from transpiler.editor import names
from transpiler.editor.analysis import Analysis
from transpiler.editor.where import Here, here
from transpiler.frontend.yaml.places import Places
from transpiler.nodes import Document, Scalar

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_-]*)\.([A-Za-z0-9._-]+)(?:\|[^}]*)?\}")


class Pointed(NamedTuple):
    """The stage that a text names, or a value of it (`key` is "" if it names the stage alone); `matrix`: the stage
    stands for several."""

    stage: str
    key: str
    span: Span
    matrix: bool = False


class Definition(NamedTuple):
    """A place in a file, which is named by its path below the root; `text` is the file's."""

    file: str
    text: str
    start: int
    end: int


def pointed(document: Document, at: Here, offset: int) -> Pointed | None:
    """What the scalar at a place names, where the offset is in it."""
    pipeline = names.pipeline_of(document.root, at.path)
    if pipeline is None or not isinstance(at.node, Scalar):
        return None
    keys = tuple(step for step in at.path if isinstance(step, str))
    own = names.stage_of(document.root, at.path)
    by_name = {stage.name.text: stage for stage in names.stages(pipeline)}
    if keys[2:] == ("execution",) or (keys[2:] == ("stages", "name") and own):
        stage = by_name.get(at.node.text)
        return Pointed(at.node.text, "", at.node.span, stage.node.get("matrix") is not None) if stage else None
    places = Places(document.file, document.text)
    start = places.offset(at.node.span.line, at.node.span.column)
    end = places.offset(at.node.span.end_line, at.node.span.end_column)
    for found in _REFERENCE.finditer(document.text, start, end):
        if found.start() <= offset <= found.end():
            written, key = found[1], found[2]
            name = written or (own.name.text if own else "")
            if written and offset <= found.end(1):
                return Pointed(name, "", places.span(*found.span(1)))
            return Pointed(name, key, places.span(found.start(1), found.end(2)))
    return None


def definition(analysis: Analysis, document: Document, offset: int, *, profile: bool = False) -> Definition | None:
    """Where what is at an offset is defined; None if it is not known, or not in a file."""
    at = here(document, offset)
    if at is None or not isinstance(at.node, Scalar) or at.is_key:
        return None
    keys = tuple(step for step in at.path if isinstance(step, str))
    if profile:
        return _file(analysis, f".pipeline/{at.node.text}") if keys == ("extends",) else None
    if keys[-1:] in (("blubberfile",), ("dockerfile",)):
        return _file(analysis, names.build_file(at.path, at.node.text))
    if keys[2:] in (("stages", "build"), ("stages", "build", "variant")) and "${" not in at.node.text:
        held = names.variants(analysis, document.root, at.path)
        if held is None or (start := held.offsets.get(at.node.text)) is None:
            return None
        return Definition(held.path, held.text, start, start + len(at.node.text))
    found, pipeline = pointed(document, at, offset), names.pipeline_of(document.root, at.path)
    known = names.stages(pipeline) if pipeline and found else ()
    stage = next((one for one in known if found and one.name.text == found.stage), None)
    if found is None or stage is None:
        return None
    value = names.binds(stage).get(found.key)
    span = (value.node.span if value and value.node else None) if found.key else stage.name.span
    if span is None or span.file != document.file:
        return None
    places = Places(document.file, document.text)
    start, end = places.offset(span.line, span.column), places.offset(span.end_line, span.end_column)
    return Definition(document.file, document.text, start, end)


def _file(analysis: Analysis, path: str) -> Definition | None:
    root = analysis.request.root
    there = files.inside(root, path) and files.read(root / path, 1) is not None
    return Definition(path, "", 0, 0) if there else None
