"""`required` in a profile: what the profiles that extend it must not drop or loosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, TypeAlias

from transpiler.diagnostics import Diagnostics, Span
from transpiler.frontend.profiles.data import merge, outputs
from transpiler.nodes import Document
from transpiler.nodes import Mapping as MappingNode
from transpiler.nodes import Sequence as SequenceNode
from transpiler.profile import RequiredStage, place
from transpiler.profile_values import Data

_Path: TypeAlias = tuple[str, ...]
_LEVELS = {"off": 0, "warn": 1, "error": 2}


def check(
    layers: Sequence[Data], documents: Sequence[Document], titles: Sequence[str], diagnostics: Diagnostics
) -> tuple[RequiredStage, ...]:
    """Reports what a profile drops or loosens that one below it requires; returns the stages that configs must have.

    `layers` are the plain data of the chain of profiles, the lowest first; `documents` and `titles` are those of the
    same profiles, the lowest last.
    """
    stages: list[RequiredStage] = []
    whole = _merged(layers)
    for index, layer in enumerate(layers):
        wanted = layer.get("required") or {}
        above = len(layers) - 1 - index
        own = _merged(layers[: index + 1]) if wanted else {}
        at = _Requirement(documents[:above], documents[above], titles[above], diagnostics)
        stages += (RequiredStage(name, titles[above]) for name in wanted.get("stages") or ())
        for number, rule in enumerate(wanted.get("rules") or ()):
            at.rule(number, str(rule), own, whole)
        for number, key in enumerate(wanted.get("keys") or ()):
            at.key(number, str(key), own, whole)
    return tuple(dict.fromkeys(stages))


def _merged(layers: Sequence[Data]) -> Data:
    """The layers, merged, with the targets in their whole form."""
    data = reduce(merge, layers)
    return {**data, "targets": outputs(data)}


class _Requirement:
    """What one profile requires of those above it."""

    __slots__ = ("_above", "_by", "_diagnostics", "_document")

    def __init__(self, above: Sequence[Document], document: Document, by: str, diagnostics: Diagnostics) -> None:
        self._above, self._document, self._by, self._diagnostics = above, document, by, diagnostics

    def rule(self, number: int, rule: str, own: Data, whole: Data) -> None:
        """A house rule, which may only become stricter."""
        before, after = (str(data["policy"].get(rule, "")).lower() for data in (own, whole))
        if before not in _LEVELS:
            self._unknown(
                "rules", number, f"There is no house rule `{rule}`.", "`transpipe schema profile` lists them."
            )
        elif _LEVELS.get(after, 0) < _LEVELS[before]:
            message = f"`policy.{rule}` is `{after}` here, but {self._by} requires at least `{before}`."
            self._report("required-rule", message, ("policy", rule))

    def key(self, number: int, key: str, own: Data, whole: Data) -> None:
        """A key, which must keep its value; a mapping may get more entries."""
        path = _path_of(key, own)
        if path is None:
            hint = "Write the keys from the top, with dots between them, such as `registry.public`."
            self._unknown("keys", number, f"The profile has no key `{key}` that could be required.", hint)
            return
        for changed in _changed(_at(own, path), _at(whole, path), path):
            message = f"`{'.'.join(changed)}` is changed here, but {self._by} requires its value."
            self._report("required-key", message, changed)

    def _report(self, code: str, message: str, path: _Path) -> None:
        hint = "Remove it here, or ask those who keep that profile to change it there."
        self._diagnostics.error(code, message, place(self._above, path) or self._top(), hint)

    def _top(self) -> Span:
        return Span(self._document.file, 1, 1, 1, 1)

    def _unknown(self, kind: str, number: int, message: str, hint: str) -> None:
        node = self._document.root
        for name in ("required", kind):
            node = (node.get(name) if isinstance(node, MappingNode) else None) or node
        span = node.items[number].span if isinstance(node, SequenceNode) else node.span
        self._diagnostics.error("required-unknown", message, span, hint)


def _path_of(key: str, data: Any) -> _Path | None:
    """The path of a key that is written with dots, though names may contain dots too; None if there is no such key."""
    if not isinstance(data, Mapping):
        return None
    for name in data:
        if key == name:
            return (name,)
        if key.startswith(f"{name}.") and (rest := _path_of(key[len(name) + 1 :], data[name])):
            return (name, *rest)
    return None


def _at(data: Any, path: _Path) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def _changed(before: Any, after: Any, path: _Path) -> Iterator[_Path]:
    """The paths at which something is gone, or is another."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key, value in before.items():
            yield from _changed(value, after.get(key), (*path, key))
    elif before != after:
        yield path
