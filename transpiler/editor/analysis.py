"""What the compiler says of a config as it is in the editor, and what it made of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property

from transpiler import files
from transpiler.diagnostics import Diagnostic, Diagnostics
from transpiler.driver import Request, examine
from transpiler.editor.positions import Positions
from transpiler.front import Front, texts_of
from transpiler.frontend.profiles import load
from transpiler.nodes import Document
from transpiler.program import Plan

Buffers = Mapping[str, bytes]
"""The contents of the files that are open, by their paths with links followed."""


class Analysis:
    """One config and its profile, analysed. `file` is the config's name in spans, `document` what is written there
    (None if it is no YAML), `schema` the name of its dialect's schema; `plan` has the pipelines without errors."""

    def __init__(
        self, request: Request, front: Front, diagnostics: tuple[Diagnostic, ...], encoding: str, plan: Plan | None
    ) -> None:
        self.request, self.file = request, request.config
        self.diagnostics, self.encoding, self.plan = diagnostics, encoding, plan
        self.sources, self.profile, self.schema = front.sources, front.profile, front.schema
        self.document: Document | None = front.written

    @cached_property
    def text(self) -> str:
        """The config's text, without a byte order mark."""
        return self.sources.get(self.file, "")

    def positions(self, file: str) -> Positions:
        """The positions in one of the files that spans name."""
        return Positions(self.sources.get(file, ""), self.encoding)


def analyse(request: Request, buffers: Buffers, encoding: str = "utf-16") -> Analysis:
    """Compiles a config up to what its targets need, from buffers where files are open, and writes nothing. A config
    that cannot be read has an analysis without anything. Raises OSError for what the disk does not give."""
    with files.unsaved(buffers):
        if not _there(request):
            return _of_profile(request, encoding)
        outcome, front = examine(request)
    return Analysis(request, front, outcome.diagnostics, encoding, outcome.plan)


def _there(request: Request) -> bool:
    with suppress(OSError):
        return files.read(request.root / request.config, 1) is not None
    return False


def _of_profile(request: Request, encoding: str) -> Analysis:
    """The analysis of a profile beside which there is no config."""
    found = Diagnostics()
    profile = load.load(request.profile, request.root, found)
    sources = texts_of(request.root, found)
    if profile:
        sources |= {name: content.decode("utf-8", "replace") for name, content in profile.sources}
    return Analysis(request, Front(b"", sources, profile), tuple(found), encoding, None)
