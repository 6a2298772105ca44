"""Turns JSON Schema violations into diagnostics: one for each mistake, none for its consequences.

If a schema allows several forms, the violation is explained for the form that fits the value's type. All words come
from the schema's titles and descriptions; this module knows no key of any schema, except that a list item is identified
by its `name`.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Seq
from typing import Any, NamedTuple

from transpiler.diagnostics import Diagnostics, Span
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.shape.vocabulary import Path, Schema, Vocabulary, discriminator
from transpiler.frontend.shape.words import advice, meant
from transpiler.frontend.suggestions import Near, nearest
from transpiler.frontend.yaml.reader import core_kind
from transpiler.nodes import Document, Kind, Mapping, Node, Scalar, Sequence

_LONGEST_SHOWN = 40
_MOST_KEYS_SHOWN = 12
_FLAGS = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}


class Violation(NamedTuple):
    """What jsonschema found: `rule` is the schema's keyword, `limit` its value, `path` the place in the document."""

    rule: str
    limit: Any
    instance: Any
    schema: Schema
    path: Path
    branch: int
    inner: tuple[Violation, ...]

    @classmethod
    def of(cls, error: Any) -> Violation:
        """Makes a Violation from jsonschema's error, whose fields may all be unset and so have no types."""
        inner = tuple(cls.of(e) for e in error.context)
        branch = error.relative_schema_path[0] if error.parent else 0
        path = tuple(error.absolute_path)
        return cls(error.validator, error.validator_value, error.instance, error.schema, path, branch, inner)


class Explainer:
    """Explains the violations of one document."""

    def __init__(
        self, name: str, vocabulary: Vocabulary, document: Document, root: Node, diagnostics: Diagnostics
    ) -> None:
        """`root` is the document's, but with the mistakes corrected that were reported already."""
        self._name = name
        self._vocabulary = vocabulary
        self._document = document
        self._root = root
        self._diagnostics = diagnostics
        # Keys that an unknown key was probably meant to be: they are not missing as well.
        self._meant: set[tuple[Path, str]] = set()

    def explain(self, violations: Iterable[Violation]) -> None:
        """Reports the violations; unknown keys first, since one of them may be a misspelling of a missing key."""
        for violation in sorted(violations, key=lambda v: v.rule != "additionalProperties"):
            explain = {
                "anyOf": self._any_of,
                "additionalProperties": self._unknown_keys,
                "required": self._missing_keys,
                "type": self._wrong_type,
                "not": self._conflicting_keys,
            }.get(violation.rule, self._bad_value)
            explain(violation)

    def _any_of(self, broken: Violation) -> None:
        branch = _meant_branch(broken)
        if branch is None:
            self._wrong_type(broken)
        else:
            self.explain(branch)

    def _wrong_type(self, broken: Violation) -> None:
        path = broken.path
        key, node = self._locate(path)
        forms = self._vocabulary.forms(broken.schema)
        if isinstance(node, Scalar) and (plain := _without_quotes(node, broken)):
            message = f"{self._subject(path)}: expected {forms}, got {_described(node)}."
            fix = fixes.bare(self._document, node, plain)
            self._diagnostics.error("wrong-type", message, node.span, f"Write `{plain}`, without quotes.", fix)
        elif isinstance(node, Scalar) and node.kind is Kind.NULL:
            message = f"{self._subject(path)} is empty: expected {forms}."
            hint = f"Give it a value, or remove the {'key' if key else 'item'}."
            self._diagnostics.error("wrong-type", message, key.span if key else node.span, hint)
        else:
            message = f"{self._subject(path)}: expected {forms}, got {_described(node)}."
            hint, fix = self._vocabulary.example(path) or f"Write {forms}.", None
            if forms.startswith("a list") and isinstance(node, Scalar) and len(node.text) < _LONGEST_SHOWN:
                hint = self._as_list(node.text, broken.schema)
                fix = fixes.around(self._document, node, "[", "]") if hint.startswith("For a list with one") else None
            elif "a string" in forms and (text := self._meant_text(node)):
                hint = f"The `: ` makes it a mapping. Quote the whole text: `{text}`."
            self._diagnostics.error("wrong-type", message, node.span, hint, fix)

    def _as_list(self, text: str, schema: Schema) -> str:
        """How to write a string as a list; or which items the list can have, if it cannot have this one."""
        if words := self._vocabulary.item_words(schema):
            if text not in words:
                near = nearest(text.lower(), words).name or words[0]
                return f"Its items can be {_joined([f'`{w}`' for w in words], 'and')}: write `[{near}]`."
        elif " " in text:
            return f"Write `[{', '.join(text.split())}]`, or `['{text}']` for a list with one item."
        return f"For a list with one item, write `[{text}]`."

    def _meant_text(self, node: Node) -> str:
        """The line of a mapping in quotes, if it was probably meant to be a string: `echo "result: done"`, not in
        braces. "" if it was not, or is too long to show."""
        if not isinstance(node, Mapping) or len(node.entries) != 1 or node.span[:3] != node.entries[0][0].span[:3]:
            return ""
        key, value = node.entries[0]
        if not isinstance(value, Scalar) or value.span.end_line != key.span.line:
            return ""
        line = self._document.text.splitlines()[key.span.line - 1][key.span.column - 1 : value.span.end_column - 1]
        line = line if value.text or value.kind is Kind.STR else f"{line.rstrip().rstrip(':')}:"
        shown = line.replace("'", "''")
        return f"'{shown}'" if len(shown) <= 2 * _LONGEST_SHOWN else ""

    def _unknown_keys(self, broken: Violation) -> None:
        path = broken.path
        _, node = self._locate(path)
        known = list(broken.schema.get("properties", ()))
        for key, _ in node if isinstance(node, Mapping) else ():
            if key.text in known or any(key.text.startswith(p[1:]) for p in broken.schema.get("patternProperties", ())):
                continue
            free = [k for k in known if k not in broken.instance]
            near = Near(meant(key.text, free))
            elsewhere = told = "" if near.name else advice(key.text, known)
            if not near.name and not told:
                near = nearest(key.text.lower(), free, cutoff=0.7)
                elsewhere = "" if near.name else self._vocabulary.belongs(key.text, path)
                near = near if near.name else Near("".join(_abbreviated(key.text, free)))
            if near.name:
                self._meant.add((path, near.name))
                hint = f"Did you mean `{near.name}`? {elsewhere}".rstrip()
            else:
                hint = elsewhere or _known_keys(known)
            message = f"{self._subject(path)} has no key `{key.text}`."
            fix = fixes.word(self._document, key.span, key.text, near.name) if near.sure else None
            self._diagnostics.error("unknown-key", message, key.span, hint, fix)

    def _missing_keys(self, broken: Violation) -> None:
        # jsonschema reports one violation for each missing key; reporting all keys each time gives the same result,
        # since equal diagnostics count once.
        for missing in broken.limit:
            if missing in broken.instance or (broken.path, missing) in self._meant:
                continue
            message = f"{self._subject(broken.path)} has no `{missing}`, which is required."
            known = broken.schema["properties"][missing]
            words = [f"`{word}`" for word in known.get("enum", ())]
            hint = f"`{missing}`: {known['description']}" + (f" Write {_joined(words, 'or')}." if words else "")
            self._diagnostics.error("missing-key", message, self._head(broken.path), hint)

    def _conflicting_keys(self, broken: Violation) -> None:
        path = broken.path
        keys: list[str] = broken.limit["required"]
        _, node = self._locate(path)
        spans = sorted(k.span for k, _ in node if k.text in keys) if isinstance(node, Mapping) else []
        message = f"{_joined([f'`{key}`' for key in keys], 'and')} cannot be used together."
        self._diagnostics.error("conflicting-keys", message, spans[-1], "Keep one of them.")

    def _bad_value(self, broken: Violation) -> None:
        path = broken.path
        _, node = self._locate(path)
        subject, limit, hint, fix = self._subject(path), broken.limit, "", None
        if broken.rule == "enum":
            words = list(dict.fromkeys(str(word) for word in limit))
            message = f"{subject}: expected {_joined([f'`{word}`' for word in words], 'or')}, got {_described(node)}."
            near = nearest(node.text.lower(), words) if isinstance(node, Scalar) else Near("")
            hint = near.hint("Write one of these." if len(words) > 1 else f"Write `{words[0]}`.")
            if near.sure and isinstance(node, Scalar):
                fix = fixes.bare(self._document, node, near.name)
        elif broken.rule == "minimum":
            message = f"{subject}: expected at least {limit}, got {_described(node)}."
        elif broken.rule in ("minLength", "minItems"):
            message = f"{subject} is empty."
        elif broken.rule in ("minProperties", "maxProperties"):
            message = f"{subject}: expected {self._vocabulary.forms(broken.schema)}."
        else:
            message = f"{subject}: expected {self._vocabulary.forms(broken.schema)}, got {_described(node)}."
        hint = hint or self._vocabulary.example(path) or f"Write {self._vocabulary.forms(broken.schema)}."
        self._diagnostics.error("bad-value", message, node.span, hint, fix)

    def _locate(self, path: Path) -> tuple[Scalar | None, Node]:
        """The node at a path, and its key if it is a value of a mapping."""
        key: Scalar | None = None
        node = self._root
        for step in path:
            if isinstance(node, Sequence) and isinstance(step, int):
                key, node = None, node.items[step]
            elif isinstance(node, Mapping) and isinstance(step, str):
                key, node = next(entry for entry in node if entry[0].text == step)
        return key, node

    def _head(self, path: Path) -> Span:
        """The span to report for a key that a mapping lacks: the mapping's own key, or else its first line."""
        key, node = self._locate(path)
        if key:
            return key.span
        return node.entries[0][0].span if isinstance(node, Mapping) and node.entries else node.span

    def _subject(self, path: Path) -> str:
        if not path:
            return f"The {self._name}"
        if isinstance(path[-1], str):
            return f"`{path[-1]}`"
        outer = self._subject(path[:-1])
        _, node = self._locate(path)
        name = node.get("name") if isinstance(node, Mapping) else None
        item = f"`{name.text}`" if isinstance(name, Scalar) and name.text else str(path[-1] + 1)
        return f"Item {item} of {outer[0].lower()}{outer[1:]}"


def _meant_branch(broken: Violation) -> list[Violation] | None:
    """The violations of the form, of those that `anyOf` allows, that the author meant; None if the value has the type
    of no form."""
    branches: dict[int, list[Violation]] = {}
    for violation in broken.inner:
        branches.setdefault(violation.branch, []).append(violation)
    plain: list[list[Violation]] = []
    for violations in branches.values():
        mark = next((m for v in violations if v.path == broken.path and (m := discriminator(v.schema))), "")
        if mark and isinstance(broken.instance, dict) and mark in broken.instance:
            return violations
        if not mark and not any(_wrong_form(v, broken.path) for v in violations):
            plain.append(violations)
    return plain[0] if plain else None


def _without_quotes(node: Scalar, broken: Violation) -> str:
    """What a quoted boolean or number is without its quotes, where that is asked for; else ""."""
    wanted = {v.limit for v in (broken, *broken.inner) if v.rule == "type" and isinstance(v.limit, str)}
    if node.plain or node.kind is not Kind.STR:
        return ""
    if "boolean" in wanted and node.text.lower() in _FLAGS:
        return _FLAGS[node.text.lower()]
    return node.text if "integer" in wanted and core_kind(node.text) is Kind.INT else ""


def _wrong_form(violation: Violation, path: Path) -> bool:
    """Whether the value at `path` has another form altogether, rather than this form with a mistake in it."""
    if violation.path != path:
        return False
    if violation.rule == "anyOf":
        return _meant_branch(violation) is None
    return violation.rule in ("type", "enum", "pattern")


def _abbreviated(written: str, known: list[str]) -> list[str]:
    """The one key that the written one shortens or spells out: `args` for `arguments`, `environment` for `env`."""
    found = [key for key in known if written.startswith(key) or (len(written) > 2 and key.startswith(written[:3]))]
    return found if len(found) == 1 else []


def _known_keys(known: Seq[str]) -> str:
    if not known:
        return "Remove it."
    if len(known) > _MOST_KEYS_SHOWN:
        return "Remove it, or run `transpipe schema` to see the allowed keys."
    return f"The allowed keys are {_joined([f'`{key}`' for key in known], 'and')}."


def _described(node: Node) -> str:
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Mapping):
        return "a mapping"
    if node.kind is Kind.NULL:
        return "an empty value"
    shown = node.text.replace("\n", " ")
    if len(shown) > _LONGEST_SHOWN:
        shown = f"{shown[: _LONGEST_SHOWN - 1]}…"
    kind = {Kind.BOOL: "", Kind.STR: "the string "}.get(node.kind, "the number ")
    return f"{kind}`{shown}`" if shown else "an empty string"


def _joined(words: Seq[str], last: str) -> str:
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
