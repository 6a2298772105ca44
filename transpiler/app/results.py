"""The values that commands return; `cli/` turns them into messages and an exit status."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from dataclasses import field
from enum import IntEnum, StrEnum

from transpiler.app.place import Place, WrongUsage
from transpiler.diagnostics import Diagnostic
from transpiler.git import GitError, Problem
from transpiler.records import dataclass
from transpiler.report import visible


class Exit(IntEnum):
    """How a command ended: its exit status."""

    FINE = 0
    FINDINGS = 1
    USAGE = 2
    WORLD = 3
    BUG = 4


class Result(StrEnum):
    """The category of a repository in the summary of several."""

    WRITTEN = "written"
    FRESH = "fresh"
    STALE = "stale"
    COMPILED = "without errors"
    FAILED = "with errors"
    PASSED_OVER = "passed over"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a repository could not be processed. `bug`: the error is a bug of transpipe; `traceback` is for people who
    debug it."""

    message: str
    bug: bool = False
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a command for one repository.

    `sources` are the texts of the files that diagnostics point to, by their names below the root. `output` is what the
    command is to print: a generated file, or a patch. `done` are pairs of what was done to an output ("wrote",
    "deleted"), or of its state if nothing is written, and its path. `failure` is set if the repository could not be
    processed. `profile` is the one that was used, and `fresh` are outputs that were fresh already.
    """

    status: Exit
    result: Result = Result.FAILED
    place: Place | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    output: str = ""
    done: tuple[tuple[str, str], ...] = ()
    failure: Failure | None = None
    profile: str = ""
    fresh: tuple[str, ...] = ()


def failed(error: Exception) -> Report:
    """The report on a repository that this error ended."""
    match error:
        case WrongUsage():
            return Report(Exit.USAGE, failure=Failure(str(error)))
        case GitError(problem=Problem.NO_REPOSITORY):
            return Report(Exit.USAGE, failure=Failure(str(error)))
        case OSError():
            name = f"{error.filename}: " if error.filename else ""
            return Report(Exit.WORLD, failure=Failure(f"{name}{error.strerror or error}"))
    trace = "".join(traceback.format_exception(error)) if os.environ.get("TRANSPIPE_DEBUG") else ""
    return Report(Exit.BUG, failure=Failure(visible(f"{type(error).__name__}: {error}"), True, trace))


def died(path: str | None, code: int) -> Report:
    """The report on the repository that a worker process was working on when it ended with this exit code."""
    how = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
    # A process that is killed by a signal mostly ran out of memory.
    status = Exit.WORLD if code < 0 else Exit.BUG
    return Report(status, failure=Failure(f"{visible(path or '.')}: the process that compiled it {how}"))
