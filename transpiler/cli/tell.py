"""How commands print: results on stdout, messages on stderr, colours only on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from io import TextIOWrapper
from typing import TextIO

from transpiler import report
from transpiler.app.place import Place
from transpiler.app.results import Failure, Report
from transpiler.diagnostics import Diagnostic, Fix, Span
from transpiler.files import is_file
from transpiler.records import replace


def coloured(stream: TextIO) -> bool:
    """Whether the stream is a terminal, and colours are not switched off (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def placed(place: Place, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics, with file names as paths from the current directory; those without a place in a file get the
    repository's name."""
    if not place.shown:
        return tuple(diagnostics)
    return tuple(_placed(place, diagnostic) for diagnostic in diagnostics)


def _placed(place: Place, diagnostic: Diagnostic) -> Diagnostic:
    if _shared(place, diagnostic):
        return diagnostic
    if not diagnostic.span:
        file = place.call(diagnostic.file) if diagnostic.file else ""
        return replace(diagnostic, message=f"{place.shown}: {diagnostic.message}", file=file)
    fix = diagnostic.fix and Fix(tuple(c._replace(span=_called(place, c.span)) for c in diagnostic.fix.changes))
    return replace(diagnostic, span=_called(place, diagnostic.span), fix=fix)


def _called(place: Place, span: Span) -> Span:
    return span._replace(file=place.call(span.file))


def _shared(place: Place, diagnostic: Diagnostic) -> bool:
    """Whether a diagnostic is about a profile outside the repository, which other repositories may have too."""
    if not diagnostic.span:
        return diagnostic.code == "profile-not-found"
    name = diagnostic.span.file
    return os.path.isabs(name) or name.startswith("../") or not is_file(place.root / name)


class Once:
    """Tells a mistake in a profile that several repositories share once, with the first of them."""

    def __init__(self) -> None:
        self._told: set[tuple[str, object]] = set()

    def untold(self, made: Report) -> Report:
        """The report without what was told with an earlier one."""
        if made.failure and not made.failure.bug:
            key = ("", made.failure.message)
            told = key in self._told
            self._told.add(key)
            return replace(made, failure=None) if told else made
        if not made.place:
            return made
        keys = {d: (d.code, d.span or d.message) for d in made.diagnostics if _shared(made.place, d)}
        left = tuple(d for d in made.diagnostics if keys.get(d) not in self._told)
        self._told.update(keys.values())
        return made if len(left) == len(made.diagnostics) else replace(made, diagnostics=left)


def text(place: Place, diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, colour: bool) -> str:
    """Diagnostics as text for people, followed by their number."""
    shown = placed(place, diagnostics)
    named = {**sources} | {f"{place.shown}/{name}": source for name, source in sources.items()}
    body = report.text(shown, named, colour=colour)
    return f"{body}\n{report.summary(shown)}\n" if body else ""


def failure(why: Failure, path: str | None = None) -> str:
    """The message that a repository could not be processed; `path` is the repository, if there are several."""
    if not why.bug:
        return f"transpipe: {why.message}\n"
    if why.traceback:
        return why.traceback
    return (
        f"transpipe: {f'{report.visible(path)}: ' if path else ''}a bug: {why.message}\n"
        "Nothing was written. Please report it to those who maintain transpipe, with the config, the command and\n"
        "what `transpipe --version` says; TRANSPIPE_DEBUG=1 adds a traceback, which helps.\n"
    )


def set_up_streams() -> None:
    """Makes stdout UTF-8 and stderr a stream that can take every character, whatever the locale or code page.

    Results are files, patches and JSON that other programs read; names of files in them are the bytes on the disk. It
    holds for what typer writes too. A stream that the caller has closed swallows what is written.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
    if isinstance(sys.stderr, TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")


def put(words: str, stream: TextIO | None = None) -> None:
    """Writes to stdout or another stream; escapes a character that the stream cannot encode."""
    stream = stream or sys.stdout
    try:
        stream.write(words)
    except UnicodeEncodeError:  # a single surrogate
        encoding = stream.encoding or "utf-8"
        stream.write(words.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
