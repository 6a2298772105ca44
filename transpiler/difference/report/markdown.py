"""A difference as Markdown for a comment in a review.

Names of users are code, so that none is a link, a mention or HTML. A comment has a limit, which no answer exceeds: the
sentences come first, then the program changes, and the last line says how much was left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from transpiler.difference.model import Change, Difference, How, Meaning
from transpiler.difference.report.text import SAME
from transpiler.difference.report.words import TITLES, about, sentence
from transpiler.records import dataclass
from transpiler.report import visible

LIMIT = 60_000
"""In bytes: GitHub takes 65,536 characters, GitLab and Forgejo more. Gerrit takes 16 KiB."""

_ROOM = 300
_LONGEST_PATCH = 120
_LONGEST_NAME = 300
_SIGNS = {How.ADDED: "added", How.REMOVED: "removed", How.CHANGED: "changed"}
_VERDICTS = {Meaning.IDENTICAL: "identical", Meaning.SAME: "same meaning", Meaning.DIFFERENT: "different meaning"}


@dataclass(frozen=True, slots=True)
class Section:
    """One repository: its path from where the command runs ("" for the only one), the revision as people call it, the
    difference, and the messages of errors; no difference if errors prevented it."""

    path: str
    revision: str
    difference: Difference | None
    errors: tuple[str, ...] = ()


def markdown(sections: Sequence[Section], limit: int = LIMIT) -> str:
    """The differences as one comment of at most this many bytes (but not fewer than are needed to say so)."""
    blocks = [block for section in sections for block in _sentences(section)]
    blocks += [block for section in sections for block in _programs(section)]
    kept: list[str] = []
    left = limit - _ROOM
    for block in blocks:
        left -= len(block.encode()) + 1
        if left < 0:
            break
        kept.append(block)
    if missing := len(blocks) - len(kept):
        parts = "1 part of this answer was" if missing == 1 else f"{missing} parts of this answer were"
        kept.append(f"\n_{parts} left out, because a comment has a limit. `transpipe diff` shows all of it._")
    return "\n".join(kept).lstrip("\n") + "\n"


def _sentences(section: Section) -> Iterator[str]:
    difference = section.difference
    where = f"{_code(section.path)}: " if section.path else ""
    verdict = _VERDICTS[difference.meaning] if difference else "errors"
    yield f"\n### transpipe: {where}{verdict}\n"
    if difference:
        yield _summary(difference, section.revision)
    yield from (f"- {_code(error)}" for error in section.errors)
    topic = None
    for change in difference.changes if difference else ():
        heading = f"\n**{TITLES[change.topic][1].capitalize()}**\n\n" if change.topic != topic else ""
        topic = change.topic
        yield f"{heading}- {_SIGNS[change.how]}: {sentence(change, _code, _code)}"


def _summary(difference: Difference, revision: str) -> str:
    match difference.meaning:
        case Meaning.IDENTICAL:
            return f"Nothing that transpipe reads has changed since {_code(revision)}."
        case Meaning.SAME:
            return f"Compared with {_code(revision)}, the config is {SAME}."
        case Meaning.DIFFERENT:
            return f"Compared with {_code(revision)}: {about(difference.changes)}."


def _programs(section: Section) -> Iterator[str]:
    for change in section.difference.changes if section.difference else ():
        if change.patch:
            where = f"{_code(section.path)}, " if section.path else ""
            title = f"{where}stage {_code(change.stage)} of pipeline {_code(change.pipeline)}"
            yield f"\n**Program of {title}**\n\n{_fenced(change)}"


def _fenced(change: Change) -> str:
    lines = visible(change.patch).removesuffix("\n").split("\n")
    if more := len(lines[_LONGEST_PATCH:]):
        lines = [*lines[:_LONGEST_PATCH], f"… and {more} more lines"]
    body = "\n".join(lines)
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", body)), 3)
    return f"{fence}diff\n{body}\n{fence}"


def _code(words: str) -> str:
    """The text as code, whatever it holds: the fence is longer than any run of backticks in it."""
    line = visible(" ".join(words.split("\n")))
    line = line if len(line) <= _LONGEST_NAME else f"{line[:_LONGEST_NAME]}…"
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    space = " " if line.startswith("`") or line.endswith("`") or not line.strip() else ""
    return f"{fence}{space}{line}{space}{fence}"
