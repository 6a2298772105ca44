"""Random terms of the value language (`docs/language.md`, "Values"): how a config writes each, and what it means.

The meaning is written from the language's page and knows nothing of the compiler: `${…}` is never parsed here.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

from support.drawing import NASTY

SOURCES = ("a", "b", "c")
"""What the stage `src` exports; the stage `web` reads it."""
DELIMITERS = ["\n", " ", ",", "\n,", ";:", "\t", "\\", "*", "'", "]", "-", "", "\n\x01", " \n\t", "$", "\x7f", "%\n"]
_PLAIN = ["${#x}", "${ ", "${}", "${*", "$(id)", "$"]
_PIECES = [
    *(piece for piece in NASTY if len(piece) < 50),
    *"abc01 \n,;:*?[]\\'\"$",
    "false",
    "  \n",
    "a b c",
    "\n\n",
    "\n*\n",
    " * ",
    "*,?",
]


class TooFew(Exception):
    """A token has too few words for the names of its `$each`."""


class Lit(NamedTuple):
    """A text; `plain`: written without `$${`, which it does not need."""

    text: str
    plain: bool = False


class Ref(NamedTuple):
    """`${name}` or `${name|default}`."""

    name: str
    default: str | None = None


class Words(NamedTuple):
    """A string: one part after another."""

    parts: tuple[Lit | Ref, ...]


class Join(NamedTuple):
    """`$merge` of two of a kind: texts, lists, or mappings."""

    first: Term
    second: Term


class Items(NamedTuple):
    """A list."""

    items: tuple[Term, ...]


class Entries(NamedTuple):
    """A mapping."""

    entries: tuple[tuple[str, Term], ...]


class Each(NamedTuple):
    """`$each`; what is None is left out."""

    names: tuple[str, ...]
    source: Term | None
    delimiter: str | None
    body: Term | None


Term: TypeAlias = Words | Join | Items | Entries | Each
Bound: TypeAlias = Mapping[str, str]


class Case(NamedTuple):
    """What the stages export and read. `late`: which of the sources the other twin knows only when it runs."""

    values: tuple[tuple[str, str], ...]
    late: frozenset[str]
    arguments: Term
    env: Term
    exports: tuple[tuple[str, Term], ...]


# ---- as a config writes it ----


def written(term: Term | Lit | Ref) -> Any:
    """Plain data for YAML."""
    match term:
        case Lit(text, plain):
            return text if plain else text.replace("${", "$${")
        case Ref(name, default):
            return f"${{{name}}}" if default is None else f"${{{name}|{default}}}"
        case Words(parts):
            return "".join(map(written, parts))
        case Join(first, second):
            return {"$merge": written(first), "$with": written(second)}
        case Items(items):
            return list(map(written, items))
        case Entries(entries):
            return {key: written(entry) for key, entry in entries}
        case Each(names, source, delimiter, body):
            said = {"$in": source and written(source), "$delimiter": delimiter, "$yield": body and written(body)}
            each = list(names) if len(names) > 1 else names[0]
            return {"$each": each, **{key: found for key, found in said.items() if found is not None}}


# ---- what it means ----


def text(term: Term, bound: Bound) -> str:
    """The text that it is."""
    if isinstance(term, Join):
        return text(term.first, bound) + text(term.second, bound)
    assert isinstance(term, Words)
    return "".join(part.text if isinstance(part, Lit) else _read(part, bound) for part in term.parts)


def _read(ref: Ref, bound: Bound) -> str:
    if ref.name in bound or "." in ref.name or ref.default is not None:
        return bound.get(ref.name) or ref.default or ""
    return f"${{{ref.name}}}"


def items(term: Term, bound: Bound) -> list[str]:
    """The list of texts that it is; raises TooFew."""
    match term:
        case Join(first, second):
            return items(first, bound) + items(second, bound)
        case Items(found):
            return [text(item, bound) for item in found]
        case Each():
            return _each(term, bound)
    raise TypeError(term)


def _each(term: Each, bound: Bound) -> list[str]:
    match term.source:
        case None:
            tokens = []
        case Items() | Each() | Join(first=Items() | Each() | Join()):
            tokens = items(term.source, bound)
        case _:
            tokens = [""]
            for character in text(term.source, bound):
                if character in ("\n" if term.delimiter is None else term.delimiter):
                    tokens.append("")
                else:
                    tokens[-1] += character
            tokens = [token for token in tokens if token]
    found = []
    for token in tokens:
        parts = [token] if len(term.names) == 1 else [word for word in token.split(" ") if word]
        if len(parts) < len(term.names):
            raise TooFew
        inner = {name: value for name, value in bound.items() if not name.startswith(".") and "." in name}
        for name, part in zip(term.names, parts, strict=False):
            inner |= {name: part, f".{name}": part}
        found.append(text(term.body, inner) if term.body else inner[term.names[0]])
    return found


def entries(term: Term, bound: Bound) -> dict[str, str]:
    """The mapping that it is, in order: what `$with` has too stands where `$with` has it."""
    if isinstance(term, Join):
        second = entries(term.second, bound)
        return {k: v for k, v in entries(term.first, bound).items() if k not in second} | second
    assert isinstance(term, Entries)
    return {key: text(entry, bound) for key, entry in term.entries}


# ---- at random ----


def case(seed: int) -> Case:
    """The same one for the same seed."""
    rng = random.Random(seed)
    values = tuple((name, _pieces(rng, 6) if rng.random() < 0.85 else "") for name in SOURCES)
    late = frozenset(SOURCES if rng.random() < 0.5 else rng.sample(SOURCES, rng.randint(1, 3)))
    exports: dict[str, Term] = {}
    for name in ("t1", "t2", "t3"):
        own = tuple(form for known in exports for form in (f".{known}", known))
        exports[name] = _text(rng, (*_READ, *own))
    return Case(values, late, _list(rng, 2), _env(rng), tuple(exports.items()))


_READ = (*(f"src.{name}" for name in SOURCES), ".stage", "stage", "src.stage", "setup.project", "src.unbound", "HOME")
_TO_YIELD = (*(f"src.{name}" for name in SOURCES), "web.stage", "setup.project", "HOME", "stage", "src.unbound")


def _pieces(rng: random.Random, longest: int) -> str:
    return "".join(rng.choice(_PIECES) for _ in range(rng.randint(0, longest)))


def _words(rng: random.Random, names: tuple[str, ...], *, dotless: bool = True) -> Words:
    parts: list[Lit | Ref] = []
    for _ in range(rng.randint(0, 4)):
        if rng.random() < 0.4:
            new: Lit | Ref = Lit(rng.choice(_PLAIN), plain=True) if rng.random() < 0.2 else Lit(_pieces(rng, 3))
        else:
            new = _ref(rng, names, dotless=dotless)
        if isinstance(new, Lit) and not new.text:
            continue
        if parts and isinstance(last := parts[-1], Lit) and last.text.endswith("$"):
            parts.append(Lit("."))  # `$${` would be what it escapes
        parts.append(new)
    return Words(tuple(parts))


def _ref(rng: random.Random, names: tuple[str, ...], *, dotless: bool) -> Ref:
    name = rng.choice([name for name in names if dotless or name not in ("HOME", "stage")])
    default = _pieces(rng, 2).replace("}", "") if rng.random() < 0.4 else None
    if name == "src.unbound" and default is None:
        default = ""
    return Ref(name, default)


def _text(rng: random.Random, names: tuple[str, ...], *, dotless: bool = True) -> Term:
    if rng.random() < 0.15:
        return Join(_words(rng, names, dotless=dotless), _words(rng, names, dotless=dotless))
    return _words(rng, names, dotless=dotless)


def _list(rng: random.Random, depth: int) -> Term:
    kind = rng.random()
    if depth and kind < 0.25:
        return Join(_list(rng, depth - 1), _list(rng, depth - 1))
    if kind < 0.4:
        return Items(tuple(_text(rng, _READ) for _ in range(rng.randint(0, 3))))
    names = tuple(rng.sample(["x", "y", "page", "IFS", "PATH", "run", "x-y"], rng.choice([1, 1, 1, 1, 1, 1, 2, 3])))
    tokens = tuple(form for name in names for form in (name, f".{name}"))
    source: Term | None = _text(rng, _READ) if rng.random() < 0.95 else None
    if depth and rng.random() < 0.35:
        source = _list(rng, depth - 1)
    elif rng.random() < 0.3:
        source = Words((Ref(f"src.{rng.choice(SOURCES)}"),))
    delimiter = rng.choice(DELIMITERS) if rng.random() < 0.75 else None
    body = _text(rng, (*tokens, *tokens, *_TO_YIELD)) if rng.random() < 0.85 else None
    return Each(names, source, delimiter, body)


def _env(rng: random.Random) -> Term:
    def some(names: str) -> Entries:
        return Entries(tuple((name, _text(rng, _READ, dotless=False)) for name in names if rng.random() < 0.6))

    return Join(some("ABC"), some("BCD")) if rng.random() < 0.5 else some("AB")
