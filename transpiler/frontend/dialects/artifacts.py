"""Dialect C's `type: files`: paths that are kept below `./artifacts/`, as `copy` of version 0."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from transpiler.diagnostics import Diagnostics
from transpiler.frontend.dialects import making
from transpiler.nodes import Mapping, Node, Scalar, Sequence

_FOLDER = "artifacts"
_WILDCARD = re.compile(r"[*?\[]")
_CONTENTS = "/*"


def copies(items: Iterable[Mapping], diagnostics: Diagnostics) -> Sequence | None:
    """The value of `copy`; None if no path is kept. `foo/*` means the contents of `foo`."""
    made: list[Node] = []
    for item in items:
        paths = item.get("paths")
        for path in paths.items if isinstance(paths, Sequence) else ():
            assert isinstance(path, Scalar)
            made.append(_copy(path, diagnostics))
    return making.sequence(made[0].span, made) if made else None


def _copy(path: Scalar, diagnostics: Diagnostics) -> Mapping:
    plain = path.text.removesuffix(_CONTENTS)
    contents = plain != path.text
    if _WILDCARD.search(plain) or not plain:
        diagnostics.error(
            "path-wildcard",
            f"`{path.text}` contains a wildcard that is not supported here.",
            path.span,
            "List each file. The only wildcard is `/*` at the end, for the contents of a directory.",
        )
    below = posixpath.normpath(f"/{plain}").strip("/")
    return making.mapping(
        path.span,
        source=making.text(f"{plain}/", path.span) if contents else path,
        destination=making.text(f"{_FOLDER}/{below}" if below else _FOLDER, path.span),
        archive=making.true(path.span),
    )
