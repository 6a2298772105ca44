"""Finds the `${…}` references in a string (`docs/language.md`, "Values"). Does not know what a reference may name."""

from __future__ import annotations

import re

from transpiler.diagnostics import Span
from transpiler.nodes import Document, Scalar
from transpiler.records import dataclass

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_LONGEST = 400  # a stage's name, a dot and a key
_OPEN = re.compile(r"\$?\$\{")


@dataclass(frozen=True, slots=True)
class Reference:
    """`${stage.key|default}`, found at `text[start:end]`.

    `stage` is "" for a value of the reading stage (`${.key}`) and None for a name without a dot (`${key}`).
    """

    stage: str | None
    key: str
    default: str | None
    raw: str
    start: int


@dataclass(frozen=True, slots=True)
class Broken:
    """Text that begins like a reference but is none, up to the first wrong character."""

    raw: str
    start: int
    reason: str


def parse(text: str) -> tuple[str | Reference | Broken, ...]:
    """Splits a string into literal parts, references and broken references, in order; `$${` has become `${`."""
    if "${" not in text:
        return (text,) if text else ()
    parts: list[str | Reference | Broken] = []
    literal: list[str] = []
    at = 0
    while opening := _OPEN.search(text, at):
        literal.append(text[at : opening.start()])
        at = opening.end()
        name = _NAME.match(text, at)
        if len(opening[0]) == 3 or name is None:
            literal.append("${")
            continue
        parts += ["".join(literal)] if any(literal) else []
        literal = []
        part = _reference(text, opening.start(), name)
        parts.append(part)
        at = part.start + len(part.raw)
    literal.append(text[at:])
    return (*parts, "".join(literal)) if any(literal) else tuple(parts)


def _reference(text: str, start: int, name: re.Match[str]) -> Reference | Broken:
    if name.end() - name.start() > _LONGEST:
        return Broken(text[start : name.end()], start, f"a name has at most {_LONGEST} characters")
    after = text[name.end() : name.end() + 1]
    close = text.find("}", name.end())
    if after not in ("}", "|"):
        reason = f"`{after}` is not allowed in a name" if after else "the `}` is missing"
        return Broken(text[start : name.end() + 1], start, reason)
    if close < 0:
        return Broken(text[start:], start, "the `}` is missing")
    default = text[name.end() + 1 : close] if after == "|" else None
    raw = text[start : close + 1]
    stage, dot, key = name[0].partition(".")
    if not dot:
        return Reference(None, stage, default, raw, start)
    if not key:
        return Broken(raw, start, "the key after the dot is missing")
    return Reference(stage, key, default, raw, start)


def renamed(ref: Reference, old: str, new: str) -> str:
    """The reference with another name for its stage or its key; "" if no reference can have that name."""
    return ref.raw.replace(old, new, 1) if _NAME.fullmatch(new) else ""


def place(document: Document, node: Scalar, raw: str, start: int) -> Span:
    """The position in the file of `raw`, which begins at `node.text[start]`; that of the whole scalar if escapes make
    it unclear."""
    source = document.excerpt(node.span)
    at = -1
    for _ in range(node.text[:start].count(raw) + 1):
        at = source.find(raw, at + 1)
        if at < 0:
            return node.span
    before = source[:at].splitlines() or [""]
    line = node.span.line + len(before) - 1
    column = len(before[-1]) + (node.span.column if len(before) == 1 else 1)
    return Span(node.span.file, line, column, line, column + len(raw))
