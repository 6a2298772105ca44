"""Where a position is in a document: the path of keys and indices to it. While a line is being typed its text is seldom
YAML; then what is missing is added, in a few ways, until the text can be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from transpiler.diagnostics import Diagnostics
from transpiler.frontend.yaml.places import Places
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Document, Mapping, Node, Scalar, Sequence

Path: TypeAlias = tuple[str | int, ...]

WORD = "x\u02dfx"
"""Stands for what is being typed; no config contains it."""
_TYPED = re.compile(r"[^\s\[\]{},:'\"#&*!|>%@`]*$")
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\"|(?:^|(?<=\s))#[^\n]*|[\[\]{}]|['\"]")
_CLOSES = {"[": "]", "{": "}", "'": "'", '"': '"'}


class Here(NamedTuple):
    """What is at a place: its path, the node there, whether that node is a key, and the mappings and lists around it,
    the root first."""

    path: Path
    node: Node
    is_key: bool
    around: tuple[Node, ...]


class Typing(NamedTuple):
    """What is being typed at a place: the path of the mapping or list that gets it, whether it is a key or a value, the
    characters before the cursor that belong to it, and the nodes of the text that could be read."""

    path: Path
    is_key: bool
    word: str
    root: Node


def here(document: Document, offset: int) -> Here | None:
    """What is at an offset of a document's text."""
    places = Places(document.file, document.text)

    def covers(node: Node) -> bool:
        span = node.span
        start, end = places.offset(span.line, span.column), places.offset(span.end_line, span.end_column)
        return span.file == document.file and start <= offset <= end

    found = Here((), document.root, False, ())
    while not isinstance(found.node, Scalar):
        step = next(_steps(found, covers), None)
        if step is None:
            return found
        found = step
    return found


def _steps(at: Here, covers: Callable[[Node], bool]) -> Iterator[Here]:
    around = (*at.around, at.node)
    if isinstance(at.node, Mapping):
        for key, value in at.node:
            if covers(key):
                yield Here((*at.path, key.text), key, True, around)
            if covers(value):
                yield Here((*at.path, key.text), value, False, around)
    elif isinstance(at.node, Sequence):
        yield from (Here((*at.path, i), item, False, around) for i, item in enumerate(at.node.items) if covers(item))


def typing(text: str, offset: int) -> Typing | None:
    """What is being typed at an offset; None if the text cannot be read in any way."""
    before, after = text[:offset], text[offset:]
    match = _TYPED.search(before)
    word = match[0] if match else ""
    before = before[: len(before) - len(word)]
    rest = re.compile(r"[^\r\n]*").match(after)
    below = after[rest.end() :] if rest else after
    tail = _TYPED.sub("", after[: rest.end()][::-1])[::-1] if rest else ""
    closers = _open(before)
    for candidate in dict.fromkeys(
        (
            f"{before}{WORD}{tail}{below}",
            f"{before}{WORD}: ''{tail}{below}",
            f"{before}{WORD}{closers}{below}",
            f"{before}{WORD}: ''{closers}{below}",
            f"{before}{WORD}: ''",
            f"{before}{WORD}{closers}",
        )
    ):
        document = read(candidate.encode("utf-8", "surrogatepass"), "", Diagnostics())
        found = _find(document.root, ()) if document else None
        if document and found:
            return Typing(found[0], found[1], word, document.root)
    return None


def _open(before: str) -> str:
    """What closes the brackets and the quote that are open at the end of a text, innermost first."""
    stack: list[str] = []
    for found in _TOKEN.finditer(before):
        token = found[0]
        if token in ("[", "{"):
            stack.append(token)
        elif token in ("]", "}"):
            stack = stack[:-1]
        elif token in ("'", '"') and re.search(r"(?:^|[\s\[{,:])$", before[: found.start()]):
            # It has no partner, so the text ends inside of it.
            stack.append(token)
            break
    return "".join(_CLOSES[token] for token in reversed(stack))


def _find(node: Node, path: Path) -> tuple[Path, bool] | None:
    """The path of the mapping, list or key that has the word, and whether it is a key."""
    if isinstance(node, Scalar):
        return (path, False) if WORD in node.text else None
    if isinstance(node, Sequence):
        each = (_find(item, (*path, i)) for i, item in enumerate(node.items))
        return next(filter(None, each), None)
    for key, value in node:
        if WORD in key.text:
            return path, True
        if found := _find(value, (*path, key.text)):
            return found
    return None


def at_path(root: Node, path: Path) -> Node | None:
    """The node at a path."""
    node: Node | None = root
    for step in path:
        if isinstance(node, Mapping) and isinstance(step, str):
            node = node.get(step)
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node
