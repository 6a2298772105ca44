"""The names in a config of version 0: its pipelines and stages, what each stage binds, which stages run before
another, and the file that a stage is built from, with its variants.

They are read from the nodes, so that a config with errors has them, too.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from collections.abc import Mapping as Mappings
from itertools import pairwise
from typing import NamedTuple

from transpiler import files
from transpiler.diagnostics import Diagnostics, Span
from transpiler.editor.analysis import Analysis
from transpiler.editor.where import Path, at_path
from transpiler.frontend.values.bindings import Bindings
from transpiler.frontend.values.plain import is_empty
from transpiler.frontend.values.setup import setup_bindings
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Kind, Mapping, Node, Scalar, Sequence
from transpiler.steps import STEPS

_FROM = re.compile(r"^[ \t]*FROM\b[^\n]*?[ \t]AS[ \t]+([^\s#]+)", re.IGNORECASE | re.MULTILINE)


class Stage(NamedTuple):
    """A stage: its name's node, and its mapping."""

    name: Scalar
    node: Mapping


class Value(NamedTuple):
    """A value that a stage binds: the step that binds it ("" for the stage itself), and the node that names it."""

    step: str
    node: Node | None


class Variants(NamedTuple):
    """A build file's path below the root, its text, and its variants with their offsets in the text."""

    path: str
    text: str
    offsets: Mappings[str, int]


def pipeline_of(root: Node, path: Path) -> Mapping | None:
    """The pipeline that a path is in."""
    found = at_path(root, path[:2]) if path[:1] == ("pipelines",) and len(path) > 1 else None
    return found if isinstance(found, Mapping) else None


def stage_of(root: Node, path: Path) -> Stage | None:
    """The stage that a path is in."""
    if len(path) < 4 or path[2] != "stages" or not (pipeline := pipeline_of(root, path)):
        return None
    node = at_path(pipeline, path[2:4])
    return next((stage for stage in stages(pipeline) if stage.node is node), None)


def stages(pipeline: Mapping) -> tuple[Stage, ...]:
    """The stages of a pipeline that have a name."""
    listed = pipeline.get("stages")
    found = (item for item in (listed.items if isinstance(listed, Sequence) else ()) if isinstance(item, Mapping))
    return tuple(Stage(name, item) for item in found if isinstance(name := item.get("name"), Scalar) and name.text)


def binds(stage: Stage) -> dict[str, Value]:
    """What a stage binds, in the order of its steps."""
    node, found = stage.node, {"stage": Value("", stage.name)}
    bare = [key.text for key, _ in node] == ["name"]
    for kind in STEPS:
        value = node.get(kind.name)
        if bare and kind.name in ("build", "run"):
            found |= dict.fromkeys(kind.binds, Value(kind.name, stage.name))
        elif value is not None and not is_empty(value):
            found |= dict.fromkeys(kind.binds, Value(kind.name, node.key(kind.name)))
    for step in ("matrix", "exports"):
        own = node.get(step)
        found |= {key.text: Value(step, key) for key, _ in (own if isinstance(own, Mapping) else ())}
    return {key: value for key, value in found.items() if key != "exclude" or value.step != "matrix"}


def before(pipeline: Mapping, name: str) -> tuple[str, ...]:
    """The stages that run before another, in the order of the file."""
    order = [stage.name.text for stage in stages(pipeline)]
    execution = pipeline.get("execution")
    after: dict[str, set[str]] = {}
    named: set[str] = set()
    for arc in execution.items if isinstance(execution, Sequence) else ():
        words = [item.text for item in arc.items if isinstance(item, Scalar)] if isinstance(arc, Sequence) else []
        named.update(words)
        for first, second in pairwise(words):
            after.setdefault(second, set()).add(first)
    if name not in named:  # without arcs, or before the author has written one to it
        return tuple(order[: order.index(name)] if name in order else order)
    reached: set[str] = set()
    left = [name]
    while left:
        new = after.get(left.pop(), set()) - reached
        reached |= new
        left += new
    return tuple(one for one in order if one in reached and one != name)


def setup(analysis: Analysis, pipeline: str) -> Bindings:
    """What `setup` binds in a pipeline."""
    project = at_path(analysis.document.root, ("project",)) if analysis.document else None
    profile = analysis.profile
    named = project.text if isinstance(project, Scalar) and project.kind is not Kind.NULL else ""
    named = analysis.request.project or named or (profile.project if profile else "")
    return setup_bindings(pipeline, named.strip("/") or None, profile.proxy if profile else "")


def variants(analysis: Analysis, root: Node, path: Path) -> Variants | None:
    """The variants of the file that the stage, or the pipeline, at a path is built from."""
    pipeline = pipeline_of(root, path)
    stage = stage_of(root, path)
    if pipeline is None:
        return None
    blubber = not analysis.profile or analysis.profile.builder.kind == "buildkit"
    for owner in (stage.node if stage else None, pipeline):
        dockerfile = owner.get("dockerfile") if owner else None
        blubberfile = owner.get("blubberfile") if owner else None
        if isinstance(dockerfile, Scalar):
            return _in_file(analysis, posixpath.normpath(dockerfile.text), blubber=False)
        if isinstance(blubberfile, Scalar):
            return _in_file(analysis, posixpath.normpath(f".pipeline/{blubberfile.text}"), blubber=blubber)
        if isinstance(blubberfile, Mapping):
            return _inline(analysis, blubberfile)
    return _in_file(analysis, f".pipeline/{path[1]}/blubber.yaml", blubber=blubber)


def build_file(path: Path, named: str) -> str:
    """The path below the root of the file that `blubberfile` or `dockerfile` at a path names."""
    base = ".pipeline/" if path[-1:] == ("blubberfile",) else ""
    return posixpath.normpath(base + named)


def _inline(analysis: Analysis, blubberfile: Mapping) -> Variants | None:
    inner = blubberfile.get("variants")
    if not isinstance(inner, Mapping):
        return None
    return Variants(analysis.file, analysis.text, {key.text: _offset(analysis.text, key.span) for key, _ in inner})


def _in_file(analysis: Analysis, path: str, *, blubber: bool) -> Variants | None:
    root = analysis.request.root
    if not files.inside(root, path):
        return None
    content = files.read(root / path, MAX_BYTES)
    if content is None:
        return None
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    if not blubber:
        return Variants(path, text, {found[1]: found.start(1) for found in _FROM.finditer(text)})
    document = read(content, path, Diagnostics())
    inner = document.root.get("variants") if document and isinstance(document.root, Mapping) else None
    if not isinstance(inner, Mapping):
        return None
    return Variants(path, text, {key.text: _offset(text, key.span) for key, _ in inner})


def _offset(text: str, span: Span) -> int:
    lines = text.splitlines(keepends=True)
    return sum(map(len, lines[: span.line - 1])) + span.column - 1


def credentials(analysis: Analysis) -> Iterator[tuple[str, str]]:
    """The credentials that a config may name, and the kind of each."""
    profile = analysis.profile
    for name, site in profile.credentials.items() if profile else ():
        if profile and name not in profile.own_credentials:
            yield name, site.kind.value.replace("-", " ")
