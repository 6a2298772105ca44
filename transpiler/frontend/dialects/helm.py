"""Dialect B's helm configs: small files beside the config that name the chart to test an image with.

Only they are read here, and only below the repository's root.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from transpiler.diagnostics import Diagnostics, Span
from transpiler.files import read as read_file
from transpiler.frontend.build_files import below
from transpiler.frontend.dialects import making
from transpiler.frontend.shape import schema
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Mapping, Node, Scalar

_FOLDER = ".pipeline"


class Named(NamedTuple):
    """A helm config by its path relative to `.pipeline/`, the place in the config that names it, and whether it must
    exist."""

    path: str
    span: Span
    must_exist: bool


def chart(named: Named, root: Path | None, diagnostics: Diagnostics) -> Node | None:
    """The chart as it is written in version 0; None if there is no such file, or after an error.

    Without a repository, the default file is assumed not to exist, and a named file to be empty.
    """
    if root is None:
        return Mapping((), named.span) if named.must_exist else None
    path = below(root, named.path, named.span, _FOLDER, diagnostics)
    if path is None:
        return None
    content = read_file(root / path, MAX_BYTES + 1)
    if content is None:
        if named.must_exist:
            message = f"`{path}` does not exist."
            hint = "`helmConfig` is relative to `.pipeline/`. Correct it, or add the file, with `chart: {name: NAME}`."
            diagnostics.error("missing-helm-config", message, named.span, hint)
        return None
    document = read(content, path, diagnostics)
    if document is None or not schema.check(document, "helm-config", diagnostics):
        return None
    found = document.root.get("chart") if isinstance(document.root, Mapping) else None
    if isinstance(found, Scalar):
        return making.mapping(found.span, name=found)
    return found


def path_of(named: Named, root: Path) -> str | None:
    """The path relative to the repository's root, or None if it leads out of the repository."""
    return below(root, named.path, named.span, _FOLDER, Diagnostics())
