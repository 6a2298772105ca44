"""Splits an emitted Jenkinsfile into tokens, for `read`.

It decodes strings by Groovy's rules and shares no code with the emitter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Sort(StrEnum):
    """The kinds of tokens."""

    WORD = "word"
    TEXT = "text"
    SHELL = "shell"
    COMMENT = "comment"
    SIGN = "sign"


class Token(NamedTuple):
    """A token. The `text` of a string is its decoded value, but that of a triple-quoted string is its source."""

    sort: Sort
    text: str


class Unreadable(Exception):
    """The text does not have a form that transpipe emits."""


# A string is matched as plain characters, then any number of (special character, plain characters). Each string matches
# in only one way, so there is no backtracking. Possessive quantifiers would do the same, but lose groups before Python
# 3.11.5, and Debian 12 has 3.11.2.
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
    """The text, split after each `}` at the start of a line. Most methods are the same in all files, so a caller can
    cache the result for each section. See `closed` for which sections can be read alone."""
    begin = 0
    while begin < len(text):
        end = text.find(_END, begin) + len(_END)
        end = len(text) if end < len(_END) else end
        yield text[begin:end]
        begin = end


def closed(stretch: str) -> list[Token] | None:
    """The tokens of a section, or None if they depend on the text after it. Only a string can continue past the end;
    its opening quote is then read as a sign."""
    try:
        found = tokens(stretch)
    except Unreadable:
        return None
    return found if _QUOTES.isdisjoint(found) else None


def tokens(text: str) -> list[Token]:
    """The tokens of the text, without white space. Raises Unreadable."""
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
    """Decodes the inside of a quoted string as Groovy does. Raises Unreadable for an escape that Groovy refuses."""

    def one(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] not in _LETTERS:
            raise Unreadable(f"an escape that Groovy does not know: {match[0]}")
        return _LETTERS[match[2]]

    return _ESCAPE.sub(one, source)


def program(source: str) -> str:
    """The shell program in a triple-quoted string, without its `#!` line and the indentation that the emitter added.

    A line without the first line's indentation is inside a quoted literal, and stays as it is.
    """
    head, _, rest = source.partition("\n")
    if head != "#!/bin/sh":
        raise Unreadable(f"a program that starts with {head!r}")
    indent = " " * (len(rest) - len(rest.lstrip(" ")))
    body, _, end = f"\n{rest}".rpartition("\n")
    if not indent or end.strip(" "):
        raise Unreadable("a program without indentation, or whose end is not on a line of its own")
    return decoded(body.replace(f"\n{indent}", "\n")[1:])
