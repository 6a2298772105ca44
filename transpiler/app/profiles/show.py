"""`transpipe profile show`: the profile as it is after merging, and where each value came from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from transpiler import nodes
from transpiler.app.place import Place, profile, repository
from transpiler.diagnostics import Diagnostic, Diagnostics
from transpiler.front import texts_of
from transpiler.frontend.profiles.load import load, merged
from transpiler.nodes import Document
from transpiler.profile import Profile, place

_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+@%=-]*")


class Line(NamedTuple):
    """A line of the profile as YAML, and the place of its value: a file and a line ("" for a key that has values below
    it)."""

    text: str
    origin: str


class Shown(NamedTuple):
    """The result of the command: the lines, and what is said before them of each profile that was merged, the profile
    itself first. There are none if there are diagnostics."""

    place: Place
    lines: tuple[Line, ...] = ()
    head: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = {}


def show(path: str | None, given: str | None) -> Shown:
    """The profile that a repository uses. Raises WrongUsage and OSError."""
    where, found = repository(path), Diagnostics()
    site = load(profile(where, given), where.root, found)
    if site is None:
        return Shown(where, diagnostics=tuple(found), sources=texts_of(where.root, found))
    return Shown(where, tuple(_lines(merged(site), site, ())), tuple(_head(site)))


def _head(site: Profile) -> Iterator[str]:
    for number, (title, document) in enumerate(zip(site.titles, site.documents, strict=True)):
        yield f"which extends {title}" if number else title
        for kind, names in _requirements(document):
            yield f"  and requires the {kind} {', '.join(map(_scalar, names))}"


def _requirements(document: Document) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a profile requires of those that extend it: names by kind."""
    required = document.root.get("required") if isinstance(document.root, nodes.Mapping) else None
    for key, value in required if isinstance(required, nodes.Mapping) else ():
        items = value.items if isinstance(value, nodes.Sequence) else ()
        if names := tuple(item.text for item in items if isinstance(item, nodes.Scalar)):
            yield key.text, names


def _lines(data: Mapping[str, Any], site: Profile, above: tuple[str, ...]) -> Iterator[Line]:
    for key, value in data.items():
        at = (*above, key)
        start = f"{'  ' * len(above)}{_scalar(key)}:"
        if isinstance(value, Mapping) and value:
            yield Line(start, "")
            yield from _lines(value, site, at)
        else:
            # That nobody sets the branches means something: engines that know the default branch then use it.
            unset = "# " if at == ("branches",) and not site.branches_said else ""
            yield Line(f"{unset}{start} {_value(value)}", _origin(site, at))


def _origin(site: Profile, path: tuple[str, ...]) -> str:
    span = place(site.documents, path)
    return f"{span.file}:{span.line}" if span else ""


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_item, value))}]"
    return _scalar(value)


def _item(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_scalar(key)}: {_item(item)}' for key, item in value.items())}}}"
    return _value(value)


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    text = str(value)
    if not text:
        return "''"
    return text if _PLAIN.fullmatch(text) and text.lower() != "null" else json.dumps(text, ensure_ascii=False)
