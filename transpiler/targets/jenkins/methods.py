"""The tokens of a Jenkinsfile's methods: where brackets close, and which methods hold a node or ask a person."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TypeAlias

from transpiler.targets.jenkins.tokens import Sort, Token, Unreadable

Tokens: TypeAlias = Sequence[Token]

_OPENING = {"(": ")", "[": "]", "{": "}"}


def asking(body: Tokens) -> int:
    """How many tokens at the beginning of a method ask a person: `approval(…)`, or that assigned to a variable."""
    begin = 3 if sign_at(body, 0) == "def" and sign_at(body, 2) == "=" else 0
    if sign_at(body, begin) != "approval":
        return 0
    return closing(body, begin + 1) + 1


def on_node(body: Tokens) -> tuple[list[str], Tokens]:
    """Reads `onNode('pipeline', …) { … }` or `onPart('pipeline.stage', …) { … }`, the whole of a method: the texts
    among its arguments, and what is inside."""
    end = closing(body, 1)
    close = closing(body, end + 1)
    if close != len(body) - 1:
        raise Unreadable("a method does more than to hold a node")
    return [token.text for token in body[2:end] if token.sort is Sort.TEXT], body[end + 2 : close]


def is_part(body: Tokens) -> bool:
    """Whether a method is a part of a pipeline that a person approves on its way."""
    return sign_at(body, asking(body)) == "onPart" and sign_at(body, len(body) - 1) == "}"


def calls(body: Tokens, methods: Set[str]) -> bool:
    """Whether a method calls one of these."""
    return any(token.sort is Sort.WORD and token.text in methods for token in body)


def sign_at(body: Tokens, index: int) -> str:
    """The sign or word at `index`; "" if there is a string or nothing."""
    if index >= len(body) or body[index].sort not in (Sort.WORD, Sort.SIGN):
        return ""
    return body[index].text


def closing(body: Tokens, opening: int) -> int:
    """The index of the bracket that closes the one at `opening`."""
    waiting: list[str] = []
    for index in range(opening, len(body)):
        sort, sign = body[index]
        if sort is Sort.SIGN:
            if sign in _OPENING:
                waiting.append(_OPENING[sign])
            elif waiting and sign == waiting[-1]:
                waiting.pop()
        if not waiting:
            if index == opening:
                break
            return index
    raise Unreadable("a bracket that is not closed")
