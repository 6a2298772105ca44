"""The front half of the compiler: reads the files that a request names, checks them, and builds the workflow.

Each phase adds to one `Diagnostics`. This module writes nothing, and knows neither engines nor how diagnostics are
shown.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from transpiler import files
from transpiler.diagnostics import Diagnostic, Diagnostics, Severity, Span
from transpiler.frontend import dialects
from transpiler.frontend.profiles import load
from transpiler.frontend.rewriting.fixes import sure
from transpiler.frontend.shape import schema
from transpiler.frontend.workflow import Built, build
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.frontend.yaml.reader import read
from transpiler.invisible import pointed_out
from transpiler.nodes import Document
from transpiler.profile import Profile
from transpiler.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Request:
    """What to compile: the config below the repository's root, a profile (built-in name or file), the targets (none:
    the profile's), the project ("": not overridden), how bad an unsupported feature is, the folder of the git
    repository that the root is ("": its top), the container command ("": the profile's), the config's content (None:
    read it from the disk), and what changes the profile once it is loaded (None: nothing)."""

    root: Path
    config: str
    profile: str
    targets: tuple[str, ...] = ()
    project: str = ""
    loss: Severity = Severity.ERROR
    folder: str = ""
    container: str = ""
    content: bytes | None = None
    adjust: Callable[[Profile], Profile] | None = None


@dataclass(frozen=True, slots=True)
class Front:
    """What the front end makes: the profile, the workflow, the texts that diagnostics quote, the helm configs that it
    looked for, the dialect, and the document as it is written."""

    config: bytes
    sources: Mapping[str, str]
    profile: Profile | None = None
    built: Built | None = None
    helm: tuple[str, ...] = ()
    dialect: dialects.Dialect | None = None
    written: Document | None = None

    @property
    def schema(self) -> str:
        """The name of the schema for the config's dialect."""
        return dialects.SCHEMAS[self.dialect or dialects.Dialect.V0]


@dataclass(frozen=True, slots=True)
class Source:
    """What the front end read: the config's content, the texts that diagnostics quote, the profile, the checked
    document in version 0, the dialect that it was written in, and the helm configs that it looked for."""

    config: bytes
    texts: dict[str, str]
    profile: Profile | None
    document: Document | None = None
    dialect: dialects.Dialect | None = None
    helm: tuple[str, ...] = ()
    written: Document | None = None


def front_of(request: Request, diagnostics: Diagnostics) -> Front:
    """Reads, checks and builds. Raises OSError."""
    return built_of(request, read_source(request, diagnostics), diagnostics)


def read_source(request: Request, diagnostics: Diagnostics) -> Source:
    """Reads the profile and the config, and checks the config's shape. Raises OSError."""
    profile = load.load(request.profile, request.root, diagnostics)
    if profile and request.container:
        profile = replace(profile, container=request.container)
    if profile and request.adjust:
        profile = request.adjust(profile)
    texts = {name: content.decode("utf-8", "replace") for name, content in profile.sources} if profile else {}
    content = _config(request, diagnostics) if request.content is None else request.content
    if content is None:
        return Source(b"", texts, profile)
    texts[request.config] = content.decode("utf-8", "replace").removeprefix("\ufeff")
    written = read(content, request.config, diagnostics)
    dialect = dialects.recognise(written, diagnostics) if written else None
    if not written or not dialect or not schema.check(written, dialects.SCHEMAS[dialect], diagnostics):
        return Source(content, texts, profile, dialect=dialect, written=written)
    document = dialects.version_0(written, dialect, request.root, diagnostics)
    helm = dialects.helm_configs(written, dialect, request.root)
    return Source(content, texts, profile, document, dialect, helm, written)


def built_of(request: Request, source: Source, diagnostics: Diagnostics) -> Front:
    """Builds the workflow of what was read."""
    built: Built | None = None
    if source.document and source.dialect and source.profile:
        found = Diagnostics()
        built = build(
            source.document, source.profile, request.project, request.root, found, request.config, request.folder
        )
        diagnostics.extend(dialects.reworded(found, source.dialect))
    quoted = texts(request, source, diagnostics)
    helm = source.helm if built else ()
    return Front(source.config, quoted, source.profile, built, helm, source.dialect, source.written)


def told(diagnostics: Diagnostics, front: Front) -> tuple[Diagnostic, ...]:
    """The diagnostics as users get them."""
    return pointed_out(sure(front.written, diagnostics), front.sources)


def texts(request: Request, source: Source, diagnostics: Diagnostics) -> Mapping[str, str]:
    """The texts that diagnostics quote; of a config that may not be read, none."""
    known = source.texts
    return known | texts_of(request.root, diagnostics) if request.config in known else known


def _config(request: Request, diagnostics: Diagnostics) -> bytes | None:
    """The config's content, up to the reader's limit; None after an error. Raises OSError if there is no such file."""
    path = request.root / request.config
    if not files.inside(request.root, request.config):
        message = f"`{request.config}` is a link that leads out of the repository."
        span = Span(request.config, 1, 1, 1, 1)
        diagnostics.error("path-outside", message, span, "Copy the link's target into the repository.")
        return None
    content = files.read(path, MAX_BYTES + 1)
    if content is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    return content


def texts_of(root: Path, diagnostics: Diagnostics) -> dict[str, str]:
    """The texts of the files that diagnostics point to, such as a profile that could not be loaded."""
    names = dict.fromkeys(diagnostic.span.file for diagnostic in diagnostics if diagnostic.span)
    found = {name: files.read(root / name, MAX_BYTES) or files.read(Path(name), MAX_BYTES) for name in names}
    return {name: content.decode("utf-8", "replace") for name, content in found.items() if content}
