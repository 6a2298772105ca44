"""A difference as text for a terminal. Texts of users never reach it raw."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from transpiler.difference.model import Change, Difference, How, Meaning, Verdict
from transpiler.difference.report.words import TITLES, about, sentence
from transpiler.report import visible

_SIGNS = {How.ADDED: "+", How.REMOVED: "-", How.CHANGED: "~"}
_PAINT = {"+": "32", "-": "31", "@": "36"}
SAME = "written in another way; no pipeline, stage or target does anything else"


def text(difference: Difference, revision: str, *, colour: bool = False) -> str:
    """The difference, with the verdict in the first line and the program changes below their stages."""
    return "\n".join(_lines(difference, revision, colour=colour)) + "\n"


def headline(difference: Difference, revision: str) -> str:
    """The verdict in one line."""
    match difference.meaning:
        case Meaning.IDENTICAL:
            return f"identical to {visible(revision)}"
        case Meaning.SAME:
            return f"same meaning as {visible(revision)}: {SAME}"
        case Meaning.DIFFERENT:
            return f"different from {visible(revision)}: {about(difference.changes)}"


def _lines(difference: Difference, revision: str, *, colour: bool) -> Iterator[str]:
    yield headline(difference, revision)
    for topic, changes in groupby(difference.changes, lambda change: change.topic):
        yield f"\n{TITLES[topic][1]}"
        for change in changes:
            yield from _change(change, colour=colour)
    if difference.meaning is Meaning.DIFFERENT:
        yield ""
        for pipeline in difference.pipelines:
            verdicts = f" ({', '.join(map(_verdict, pipeline.stages))})" if pipeline.stages else ""
            yield f"pipeline {_verdict(Verdict(pipeline.name, pipeline.meaning, pipeline.how))}{verdicts}"
        for target in difference.targets:
            yield f"target {_verdict(target)}"


def _change(change: Change, *, colour: bool) -> Iterator[str]:
    sign = _SIGNS[change.how]
    yield f"  {_painted(sign, sign, colour=colour)} {sentence(change, _quoted, visible)}"
    for line in change.patch.split("\n")[:-1]:
        yield f"      {_painted(visible(line), line[:1], colour=colour)}"


def _verdict(verdict: Verdict) -> str:
    return f"{_word(verdict.name)}: {verdict.how or verdict.meaning}"


def _word(name: str) -> str:
    return visible(name).replace("\n", "\\n")


def _quoted(words: str) -> str:
    return f"`{_word(words)}`"


def _painted(words: str, sign: str, *, colour: bool) -> str:
    paint = _PAINT.get(sign, "") if colour else ""
    return f"\x1b[{paint}m{words}\x1b[0m" if paint else words
