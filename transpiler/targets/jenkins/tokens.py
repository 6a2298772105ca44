"""Splits the Groovy that we emit into tokens, for the reader of our own Jenkinsfiles.

Shares no code with the emitter: what it makes of a string is decided here alone, by Groovy's rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Sort(StrEnum):
    """What a token is."""

    WORD = "word"
    TEXT = "text"
    SHELL = "shell"
    COMMENT = "comment"
    SIGN = "sign"


class Token(NamedTuple):
    """A token: `text` is a string's value as Groovy decodes it, of a triple-quoted one its source."""

    sort: Sort
    text: str


class Unreadable(Exception):
    """The text is not of the kind that we emit."""


# Strings in the form "plain, then what is special and plain again": there is one way to match each, and so nothing to
# try again. No possessive quantifiers: until Python 3.11.5 they lose groups, and Debian 12 has 3.11.2.
_TOKEN = re.compile(
    r"""
    \s*(?:
    (?P<comment>//[^\n]*)
    | '''(?P<shell>[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*)'''
    | '(?P<text>[^'\\\n]*(?:\\.[^'\\\n]*)*)'
    | (?P<gstring>"[^"\\\n$]*(?:(?:\\.|\$(?!\{)|\$\{(?:[^{}"]|"[^"\n]*")*\})[^"\\\n$]*)*")
    | (?P<word>[A-Za-z_$][A-Za-z0-9_$]*|[0-9]+)
    | (?P<sign>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)
_SORTS = {
    "comment": Sort.COMMENT,
    "shell": Sort.SHELL,
    "text": Sort.TEXT,
    "gstring": Sort.SIGN,
    "word": Sort.WORD,
    "sign": Sort.SIGN,
}
_END = "\n}\n"
_QUOTES = frozenset({Token(Sort.SIGN, "'"), Token(Sort.SIGN, '"')})
_ESCAPE = re.compile(r"\\(?:u+([0-9a-fA-F]{4})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "'": "'", '"': '"', "$": "$"}


def stretches(text: str) -> Iterator[str]:
    """The text, cut after each `}` at the start of a line: most methods are the same in every file, and so whoever
    reads them can keep what he made of one. See `closed` for which can be read alone."""
    begin = 0
    while begin < len(text):
        end = text.find(_END, begin) + len(_END)
        end = len(text) if end < len(_END) else end
        yield text[begin:end]
        begin = end


def closed(stretch: str) -> list[Token] | None:
    """The tokens of a stretch, None where they depend on what comes after it: no token can go on past its end but a
    string, whose quote alone is then no more than a sign."""
    try:
        found = tokens(stretch)
    except Unreadable:
        return None
    return found if _QUOTES.isdisjoint(found) else None


def tokens(text: str) -> list[Token]:
    """The tokens, without white space. Raises Unreadable."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        word = match[kind]
        if kind == "text":
            word = decoded(word) if "\\" in word else word
        elif kind == "comment":
            word = word[2:].strip()
        found.append(Token(_SORTS[kind], word))
    return found


def decoded(source: str) -> str:
    """What Groovy makes of the inside of a string in quotes. Raises Unreadable on an escape that it refuses."""

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] not in _LETTERS:
            raise Unreadable(f"an escape that Groovy does not know: {match[0]}")
        return _LETTERS[match[2]]

    return _ESCAPE.sub(one, source)


def program(source: str) -> str:
    """The shell program in a triple-quoted string: without its `#!` line and the indentation that is ours.

    A line that does not start with the first line's indentation goes on with a quoted literal, as it is.
    """
    head, _, rest = source.partition("\n")
    if head != "#!/bin/sh":
        raise Unreadable(f"a program that starts with {head!r}")
    indent = " " * (len(rest) - len(rest.lstrip(" ")))
    body, _, end = f"\n{rest}".rpartition("\n")
    if not indent or end.strip(" "):
        raise Unreadable("a program without indentation, or whose end is not on a line of its own")
    return decoded(body.replace(f"\n{indent}", "\n")[1:])
