"""The older forms of a config, A, B and C: which one a document is written in, and its translation to version 0.

This runs between reading and building: all later code sees version 0 only. Each dialect has its own module and schema,
so that mistakes are reported in the words that the user wrote.
"""

from __future__ import annotations

from collections.abc import Mapping as Mappings
from pathlib import Path

from transpiler.diagnostics import Diagnostics
from transpiler.frontend.dialects import execution_plan, flat_list, helm, variants
from transpiler.frontend.dialects.shape import TITLES, Dialect, recognise
from transpiler.frontend.dialects.words import reworded
from transpiler.nodes import Document, Kind, Mapping, Node, Scalar
from transpiler.records import replace

__all__ = ["SCHEMAS", "TITLES", "Dialect", "helm_configs", "recognise", "reworded", "version_0"]

SCHEMAS: Mappings[Dialect, str] = {
    Dialect.V0: "config",
    Dialect.A: "dialect-a",
    Dialect.B: "dialect-b",
    Dialect.C: "dialect-c",
}
"""The schema for documents of each dialect (see `schema.check`)."""


def version_0(document: Document, dialect: Dialect, root: Path | None, diagnostics: Diagnostics) -> Document | None:
    """The same config in version 0; None after an error. The document has passed its dialect's schema.

    Nodes that need no translation stay the same objects; a new node has the position of the node that it was made from.
    `root` is the repository, for the helm configs of B; None: they are not read.
    """
    if dialect is Dialect.V0:
        return document
    found = Diagnostics()
    made: Mapping | None = None
    if dialect is Dialect.A:
        made = flat_list.version_0(document.root, found)
    elif isinstance(document.root, Mapping):
        pipelines = (
            variants.version_0(document.root, root, found)
            if dialect is Dialect.B
            else execution_plan.version_0(document.root, found)
        )
        made = _with_pipelines(document.root, pipelines)
    diagnostics.extend(found)
    return None if made is None or found.failed else _settled(replace(document, root=made))


def _settled(document: Document) -> Document:
    """The document with `version: 0` added if its arcs could be read as a plan of C."""
    noted, root = Diagnostics(), document.root
    recognise(document, noted)
    if not len(noted) or not isinstance(root, Mapping):
        return document
    place = root.entries[0][0].span
    version = Scalar("version", Kind.STR, place), Scalar(Dialect.V0.value, Kind.INT, place, plain=True)
    return replace(document, root=Mapping((version, *root.entries), root.span))


def helm_configs(document: Document, dialect: Dialect, root: Path) -> tuple[str, ...]:
    """The paths of the files, relative to the repository, on whose existence and content the config's meaning
    depends."""
    if dialect is not Dialect.B or not isinstance(document.root, Mapping):
        return ()
    paths = (helm.path_of(named, root) for named in variants.helm_configs(document.root))
    return tuple(sorted({path for path in paths if path is not None}))


def _with_pipelines(root: Mapping, pipelines: Mapping) -> Mapping:
    """The root with these pipelines. The other top-level keys mean the same in every dialect, except `version`."""
    entries: list[tuple[Scalar, Node]] = []
    for key, value in root:
        if key.text == "pipelines":
            entries.append((key, pipelines))
        elif key.text == "version":
            entries.append((key, Scalar(Dialect.V0.value, Kind.INT, value.span, plain=True)))
        else:
            entries.append((key, value))
    return Mapping(tuple(entries), root.span)
