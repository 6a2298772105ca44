"""The changes that an editor offers: the fix of each diagnostic, and all at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from transpiler import files
from transpiler.diagnostics import Change, Diagnostic
from transpiler.driver import understand
from transpiler.editor.analysis import Analysis, Buffers
from transpiler.migration import rounds
from transpiler.migration.rounds import Judged, Texts

_SAYS = re.compile(r"Did you mean `([^`]+)`\?")
_LONGEST = 80


class Action(NamedTuple):
    """A change of a file, with what it is called and the diagnostic that it is about."""

    title: str
    diagnostic: Diagnostic
    changes: tuple[Change, ...]


def actions(analysis: Analysis, file: str, start: int, end: int) -> Iterator[Action]:
    """The fixes of the diagnostics that touch a range of a file, given by offsets."""
    positions = analysis.positions(file)
    for one in analysis.diagnostics:
        if not one.fix or not one.span or one.span.file != file:
            continue
        first, last = positions.offsets(one.span)
        if first <= end and start <= last and all(change.span.file == file for change in one.fix.changes):
            yield Action(title(one), one, one.fix.changes)


def title(one: Diagnostic) -> str:
    """What a fix does, in a few words."""
    if near := _SAYS.match(one.hint):
        return f"Write `{near[1]}`"
    said = one.hint.removesuffix(".")
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"


def all_fixed(analysis: Analysis, file: str, buffers: Buffers, key: str) -> str | None:
    """A file's text after all fixes that `lint --fix` would make in it; None if it has none. `key` is the file's in the
    buffers."""
    text = analysis.sources.get(file)
    if text is None:
        return None

    def judge(candidate: Texts) -> Judged:
        with files.unsaved({**buffers, key: candidate[file].encode("utf-8", "surrogatepass")}):
            outcome = understand(analysis.request)
        return Judged(outcome.workflow, outcome.diagnostics)

    made = rounds.fixed({file: text}, judge, lambda one: bool(one.span and one.span.file == file))
    return made.texts[file] if made.fixed else None
