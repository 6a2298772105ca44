"""Makes the fixes of diagnostics: as many as can be made together, in as many rounds as that takes.

Each round is judged before it counts. A fix is not made if its diagnostic stays, if a comment gets lost, or, for a
note, if the meaning changes. `migrate` makes those of notes, `lint --fix` all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from transpiler.diagnostics import Diagnostic, Diagnostics, Severity, Span
from transpiler.frontend.rewriting.edits import Edit, apart, applied, edits_of
from transpiler.frontend.rewriting.scanner import scan
from transpiler.frontend.yaml.reader import read
from transpiler.ir import Workflow
from transpiler.nodes import Document
from transpiler.program import Plan

_ROUNDS = 20
"""More than any file needs: each round fixes what the one before has uncovered."""


class Judged(NamedTuple):
    """The workflow of a config (None if it has errors) and the diagnostics. A `plan` is compared where workflows
    differ: two of them may have the same programs."""

    workflow: Workflow | None
    diagnostics: tuple[Diagnostic, ...]
    plan: Plan | None = None

    def means_the_same(self, other: Judged) -> bool:
        """Whether both configs have no errors, and do the same."""
        if self.workflow is None or other.workflow is None:
            return False
        return self.workflow == other.workflow or (self.plan is not None and self.plan == other.plan)


Texts: TypeAlias = Mapping[str, str]
"""The texts of the files that may be changed, by their names in spans."""
Judge: TypeAlias = Callable[[Texts], Judged]


class Fixed(NamedTuple):
    """The texts with the fixes made, and the diagnostics that they were of."""

    texts: Texts
    fixed: tuple[Diagnostic, ...]


class _Ready(NamedTuple):
    diagnostic: Diagnostic
    file: str
    edits: tuple[Edit, ...]


def fixed(texts: Texts, judge: Judge, wanted: Callable[[Diagnostic], bool]) -> Fixed:
    """Makes the wanted fixes, those of errors and warnings first: a note's fix is proven to keep the meaning, and a
    config with errors has none."""
    done: list[Diagnostic] = []
    for _ in range(_ROUNDS):
        before = judge(texts)
        left = [one for one in before.diagnostics if one.fix and wanted(one)]
        notes = [one for one in left if one.severity is Severity.NOTE]
        others = [one for one in left if one.severity is not Severity.NOTE]
        one_round = _Round(texts, judge, before)
        chosen = one_round.good([], _ready(texts, others)) or one_round.good([], _ready(texts, notes))
        if not chosen:
            break
        texts = _with(texts, chosen)
        done += (ready.diagnostic for ready in chosen)
    return Fixed(texts, tuple(done))


class _Round:
    """One round, over the same texts."""

    def __init__(self, texts: Texts, judge: Judge, before: Judged) -> None:
        self._texts = texts
        self._judge = judge
        self._before = before

    def good(self, base: list[_Ready], more: list[_Ready]) -> list[_Ready]:
        """As many of the fixes as can be made together."""
        if not more or self._hold([*base, *more]):
            return [*base, *more]
        if len(more) == 1:
            return base
        half = len(more) // 2
        return self.good(self.good(base, more[:half]), more[half:])

    def _hold(self, chosen: list[_Ready]) -> bool:
        texts = _with(self._texts, chosen)
        if any(not _kept(self._texts[file], texts[file], file) for file in {ready.file for ready in chosen}):
            return False
        after = self._judge(texts)
        if {_place(ready.diagnostic) for ready in chosen} & {_place(one) for one in after.diagnostics}:
            return False
        if any(ready.diagnostic.severity is not Severity.NOTE for ready in chosen):
            return True
        if self._before.workflow is not None:
            return after.means_the_same(self._before)
        return not _count(after.diagnostics) - _count(self._before.diagnostics)


def _place(one: Diagnostic) -> tuple[str, str, Span | None]:
    """What a diagnostic says, and where it begins."""
    at = one.span
    return one.code, one.message, at and at._replace(end_line=at.line, end_column=at.column)


def _count(diagnostics: Iterable[Diagnostic]) -> Counter[tuple[str, str]]:
    return Counter((one.code, one.message) for one in diagnostics)


def _ready(texts: Texts, diagnostics: list[Diagnostic]) -> list[_Ready]:
    """The fixes that can be made together, as edits; a fix that overlaps another is left for the next round."""
    found: list[_Ready] = []
    for file, text in texts.items():
        own = [one for one in diagnostics if one.fix and one.fix.changes and one.fix.changes[0].span.file == file]
        made = dict(zip(edits_of((one.fix for one in own if one.fix), file, text), own, strict=False))
        found += (_Ready(made[edits], file, edits) for edits in apart(made))
    return found


def _with(texts: Texts, chosen: list[_Ready]) -> Texts:
    return {
        file: applied(text, (edit for ready in chosen if ready.file == file for edit in ready.edits))
        for file, text in texts.items()
    }


def _kept(before: str, after: str, file: str) -> bool:
    """Whether a text can still be read if it could be, with all its comments."""
    old = document(before, file)
    new = document(after, file) if old else None
    return old is None or (new is not None and not lost_comments(old, new))


def document(text: str, file: str) -> Document | None:
    """The document of a text; None if it has errors."""
    return read(text.encode("utf-8", "surrogatepass"), file, Diagnostics())


def lost_comments(before: Document, after: Document | None) -> list[str]:
    """The comments of one document that another lacks."""
    return list((_comments(before) - (_comments(after) if after else Counter())).elements())


def _comments(document: Document) -> Counter[str]:
    return Counter(comment.text for comment in scan(document).comments if comment.text)
