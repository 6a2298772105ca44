"""Explains a YAML parser's error to the author of the file.

libyaml and PyYAML's own parser word the same mistake in the grammar's terms ("did not find expected key"); this module
turns either into one sentence, a position and a fix. It must not know what a config is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import yaml


class SureEdit(NamedTuple):
    """What to write from one offset to before another, if the hint leaves no choice."""

    start: int
    end: int
    text: str


class Explanation(NamedTuple):
    """A syntax error in plain words; `offset` is the place in the text, in characters."""

    message: str
    hint: str
    offset: int
    edit: SureEdit | None = None


class _Reason(NamedTuple):
    pattern: str
    message: str
    hint: str = ""
    at_start: bool = False
    edit: Callable[[str, int, int], SureEdit | None] | None = None


# A value in block style: what stands before it on its line, the value, and a comment.
_VALUE = re.compile(
    r"(?P<before>[ ]*(?:- +)*(?:[\w.$-]+: +)?)(?P<value>[^\s'\"#\[{|>][^'\r\n]*?)[ \t]*(?: #[^\r\n]*)?(?=\r?$)",
    re.MULTILINE,
)


def _quotes(text: str, start: int, _: int) -> SureEdit | None:
    """Puts the value that begins here, in block style, into quotes."""
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    found = _VALUE.match(text, line)
    if found is None or found.start("value") != start:
        return None
    return SureEdit(start, found.end("value"), f"'{found['value']}'")


def _backslash(text: str, _: int, at: int) -> SureEdit | None:
    """Writes another backslash before the one of an escape."""
    start = text.rfind("\\", 0, at + 1)
    return SureEdit(start, start, "\\") if start >= 0 and at - start <= 1 else None


_QUOTED = "QUOTED"
_LONGEST_QUOTED = 60

# Searched in "context; problem"; the first match is used. `at_start` reports where the construct begins, since the
# parser gives up only lines later. In a hint, QUOTED stands for the rest of the line in quotes.
_REASONS = (
    _Reason(
        "unexpected (end of stream|document (indicator|separator))",
        "This quoted string has no closing quote.",
        "Add the closing quote; inside single quotes, write '' for a quote.",
        at_start=True,
    ),
    _Reason("tab character", "This line is indented with a tab.", "Use only spaces for indentation."),
    _Reason(
        "expected ',' or ']'",
        "The list that `[` opens here is not closed, or a comma is missing.",
        "Close it with `]`, and put commas between its items.",
        at_start=True,
    ),
    _Reason(
        "expected ',' or '}'",
        "The mapping that `{` opens here is not closed, or a comma is missing.",
        "Close it with `}`, and put commas between its entries; quote a string that contains `${…}`.",
        at_start=True,
    ),
    _Reason(
        "sequence entries are not allowed",
        "A list cannot start here, on the line of its key.",
        "Put the first `- ` on a line of its own.",
    ),
    _Reason(
        "expected ':'|simple key",
        "This line is neither `key: value` nor a list item.",
        "Add the `:` after the key, or quote the string.",
        at_start=True,
    ),
    _Reason(
        "scanning an alias",
        "A `*` at the start of a value means an alias, but no name follows.",
        f"Quote the string: `{_QUOTED}`.",
        at_start=True,
        edit=_quotes,
    ),
    _Reason(
        "scanning an anchor",
        "An `&` at the start of a value means an anchor, but no name follows.",
        f"Quote the string: `{_QUOTED}`.",
        at_start=True,
        edit=_quotes,
    ),
    _Reason(
        "unknown escape",
        "In double quotes, this backslash and the character after it are not a valid escape.",
        "Write `\\\\` for a backslash, or use single quotes.",
        at_start=True,
        edit=_backslash,
    ),
    _Reason(
        "(hexdecimal|hexadecimal) number|Unicode character escape",
        "The `\\x`, `\\u` or `\\U` escape in this string is incomplete or not a valid character.",
        "Write all its digits, or `\\\\` for a backslash.",
        at_start=True,
    ),
    _Reason(
        "block scalar",
        "A `|` or `>` at the start of a value begins a string of several lines, so no text may follow it on its line.",
        f"Start the string on the next line, indented; or, if this character belongs to it, quote it: `{_QUOTED}`.",
    ),
    _Reason(
        "undefined tag handle|scanning a tag|parsing a tag",
        "A `!` at the start of a value means a tag, but this tag is not defined.",
        "Quote the string if no tag is meant.",
        at_start=True,
    ),
    _Reason(
        "directive|incompatible YAML",
        "A line that begins with `%` is a YAML directive, but it is not valid.",
        "Remove the line; a config needs no directives.",
    ),
    _Reason(
        "block collection",
        "This line is not an item of the list above.",
        "Begin it with `- ` in the column of the list's items, or indent it like the item that it belongs to.",
    ),
    _Reason(
        "document start",
        "There is content after the end of the document.",
        "Remove it, or remove the line that ends the document.",
    ),
)


def explain(error: yaml.MarkedYAMLError, text: str) -> Explanation:
    """Explains what is wrong with a text that the YAML parser rejected."""
    mark = error.problem_mark or error.context_mark
    index = min(mark.index if mark else 0, len(text))
    complaint = f"{error.context}; {error.problem}"
    special = (
        _bad_first_character(complaint, text, index)
        or _colon_in_the_way(complaint, text, index)
        or _after_a_quote(complaint, text, index)
        or _unexpected_token(complaint, text, index)
    )
    if special:
        return special
    for reason in _REASONS:
        if re.search(reason.pattern, complaint):
            mark = error.context_mark if (reason.at_start or _QUOTED in reason.hint) and error.context_mark else mark
            begins = mark.index if mark else index
            hint = reason.hint.replace(_QUOTED, _quoted(text, begins))
            edit = reason.edit(text, begins, index) if reason.edit else None
            return Explanation(reason.message, hint, begins if reason.at_start else index, edit)
    return Explanation("This is not valid YAML.", "If it should be a string, quote it.", index)


def _bad_first_character(complaint: str, text: str, index: int) -> Explanation | None:
    if "cannot start any token" not in complaint:
        return None
    character = text[index : index + 1]
    if character == "\t" and text[:index].rpartition("\n")[2].strip(" \t-?:"):
        # libyaml accepts a tab as white space here; PyYAML's own scanner does not.
        return Explanation("This line contains a tab.", "Write a space for it, or put the text in quotes.", index)
    if character == "\t":
        return Explanation("This line is indented with a tab.", "Use only spaces for indentation.", index)
    shown = "a backtick" if character == "`" else f"`{character}`"
    hint, edit = f"Quote the string: `{_quoted(text, index)}`.", _quotes(text, index, index)
    return Explanation(f"A value cannot start with {shown}.", hint, index, edit)


def _quoted(text: str, start: int) -> str:
    """The value that begins at `start` in single quotes: to the end of its line, or, inside brackets, to where its item
    ends. A long one is cut to its first characters."""
    line_start = text.rfind("\n", 0, start) + 1
    end = min((at for at in (text.find("\n", start), text.find("\r", start)) if at >= 0), default=len(text))
    value = text[start:end].partition(" #")[0].rstrip()
    before = text[line_start:start]
    if before.count("[") + before.count("{") > before.count("]") + before.count("}"):
        value = re.split("[],}]", value, maxsplit=1)[0].rstrip()
    shown = value.replace("'", "''")
    return f"'{shown}'" if len(shown) <= _LONGEST_QUOTED else f"'{shown[:_LONGEST_QUOTED]}…'"


def _colon_in_the_way(complaint: str, text: str, index: int) -> Explanation | None:
    if "mapping values are not allowed" not in complaint:
        return None
    before = text[:index].splitlines()[-1] if text[:index] else ""
    if second := re.match(r"(?:\s|- )*([^\s:][^:]*):\s+(?=\S)", before):
        start = index - len(before) + second.end()
        hint = f"Quote the value: `{second[1]}: {_quoted(text, start)}`."
        edit = _quotes(text, start, index) if re.fullmatch(r"[A-Za-z_][\w.-]*", second[1]) else None
        return Explanation("This line contains a second `: `.", hint, index, edit)
    start = index - len(before.lstrip())
    return _below_a_value(text, start) or Explanation(
        "This `key:` is indented more than the keys around it, or the line above has no `:`.",
        "Give the keys of one mapping the same indentation.",
        start,
    )


def _below_a_value(text: str, start: int) -> Explanation | None:
    """The explanation for a key at `start` that is indented below a key with a value of its own: `image: true`, and
    `tags:` below it."""
    lines = text[:start].split("\n")
    column = len(lines[-1])
    above = next((line for line in reversed(lines[:-1]) if line.strip() and not line.lstrip().startswith("#")), "")
    written = re.match(r"(\s*(?:- +)*)([^\s:'\"#-][^:]*):\s+(\S.*?)\s*$", above.partition(" #")[0])
    key = re.match(r"(?:- +)?([^\s:][^:\n]*):(?=\s|$)", text[start:])
    if lines[-1].strip() or not written or not key or len(written[1]) >= column:
        return None
    value = written[3] if len(written[3]) <= _LONGEST_QUOTED else f"{written[3][:_LONGEST_QUOTED]}…"
    return Explanation(
        f"`{key[1]}:` is indented below `{written[2]}:`, which has the value `{value}` already.",
        f"Start `{key[1]}:` in the column of `{written[2]}:`; or, if it belongs under `{written[2]}`, remove the value "
        f"`{value}`.",
        start,
    )


def _after_a_quote(complaint: str, text: str, index: int) -> Explanation | None:
    line = text[:index].rpartition("\n")[2][-1000:]
    if "expected" not in complaint or not re.search(r"""(?:^|[:-]\s+)(?:'[^']*'|"[^"]*")\s*$""", line):
        return None
    if not text[index:].strip() or text[index] in "]},\r\n":
        return None
    return Explanation("There is something after a closing quote.", "Quote the whole value, or none of it.", index)


def _unexpected_token(complaint: str, text: str, index: int) -> Explanation | None:
    """The explanation if the parser expected a key or a value: it depends on what the parser found instead."""
    if not re.search("expected key|expected <block end>|node content", complaint):
        return None
    if "block collection" in complaint:  # libyaml looks for the `-` of an item there, and says so
        return None
    found = text[index : index + 1]
    if not text[index:].strip():
        return Explanation("The file ends inside a `[` or `{` that is not closed.", "Add the `]` or `}`.", index)
    if found in "]},":
        return Explanation(
            f"This `{found}` is unexpected: no list or mapping is open here.",
            "Remove it, or quote the string that contains it.",
            index,
        )
    return _below_a_value(text, index) or Explanation(
        "The indentation of this line matches no line above it.",
        "Give the keys of one mapping the same indentation.",
        index,
    )
