"""How a command speaks: results on stdout, talk on stderr, colours only on a terminal, and which exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import TextIO

from transpiler import report
from transpiler.app.place import Place
from transpiler.diagnostics import Diagnostic
from transpiler.records import dataclass, replace


class Exit(IntEnum):
    """What a command's exit status means."""

    FINE = 0
    FINDINGS = 1
    USAGE = 2
    WORLD = 3
    BUG = 4


class Result(StrEnum):
    """What a repository counts as where several are summed up."""

    WRITTEN = "written"
    FRESH = "fresh"
    STALE = "stale"
    COMPILED = "without errors"
    FAILED = "with errors"


@dataclass(frozen=True, slots=True)
class Said:
    """What one repository's run came to, made in a worker and told by the main process. `done` are pairs of what was
    done to an output ("wrote", "deleted"), or with `--check` of what it is, and its path."""

    code: Exit
    out: str = ""
    talk: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    result: Result = Result.FAILED
    done: tuple[tuple[str, str], ...] = ()


def coloured(stream: TextIO) -> bool:
    """Whether the stream is a terminal, and nobody asked for plain text (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def placed(place: Place, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics with the names of files as they are called from the current directory; those that are of no
    place in a file name the repository."""
    if not place.shown:
        return tuple(diagnostics)
    return tuple(
        replace(d, message=f"{place.shown}: {d.message}") if not d.span
        else replace(d, span=d.span._replace(file=place.call(d.span.file)))
        if (place.root / d.span.file).is_file() else d
        for d in diagnostics
    )  # fmt: skip


def text(place: Place, diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, colour: bool) -> str:
    """Diagnostics for people, with how many there are."""
    shown = placed(place, diagnostics)
    named = {**sources} | {f"{place.shown}/{name}": source for name, source in sources.items()}
    body = report.text(shown, named, colour=colour)
    return f"{body}\n{report.summary(shown)}\n" if body else ""


def bug(error: BaseException, path: str | None = None) -> str:
    """What to print when the error is ours; `path` is the repository, where there are several."""
    if os.environ.get("TRANSPIPE_DEBUG"):
        return "".join(traceback.format_exception(error))
    what = report.visible(f"{type(error).__name__}: {error}")
    return (
        f"transpipe: {f'{report.visible(path)}: ' if path else ''}a bug: {what}\n"
        "Nothing was written. Please report it to those who maintain transpipe, with the config, the command and\n"
        "what `transpipe --version` says; TRANSPIPE_DEBUG=1 adds a traceback, which helps.\n"
    )


def died(path: str, code: int) -> str:
    """What to print when a worker process ended while it was at a repository."""
    how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
    return f"transpipe: {report.visible(path)}: the process that compiled it {how}\n"


def world(error: OSError) -> str:
    """What to print when a file or the network failed."""
    name = f"{error.filename}: " if error.filename else ""
    return f"transpipe: {name}{error.strerror or error}\n"


def put(words: str, stream: TextIO | None = None) -> None:
    """Writes to stdout or another stream, whatever characters the terminal can show."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "utf-8"
    stream.write(words.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
