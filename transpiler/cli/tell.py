"""How commands print: results on stdout, messages on stderr, colours only on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from io import TextIOWrapper
from typing import TextIO

from transpiler import report
from transpiler.app.place import Place
from transpiler.app.results import Failure
from transpiler.diagnostics import Diagnostic
from transpiler.records import replace


def coloured(stream: TextIO) -> bool:
    """Whether the stream is a terminal, and colours are not switched off (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def placed(place: Place, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics, with file names as paths from the current directory; those without a place in a file get the
    repository's name."""
    if not place.shown:
        return tuple(diagnostics)
    return tuple(
        replace(d, message=f"{place.shown}: {d.message}")
        if not d.span
        else replace(d, span=d.span._replace(file=place.call(d.span.file)))
        if (place.root / d.span.file).is_file()
        else d
        for d in diagnostics
    )


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
