"""Values that are taken as they are written: booleans, integers, strings without references; empty steps."""

from __future__ import annotations

from transpiler.diagnostics import Diagnostics
from transpiler.frontend.context import Context
from transpiler.frontend.rewriting.fixes import written
from transpiler.frontend.values.references import parse
from transpiler.nodes import Kind, Mapping, Node, Scalar, Sequence


def is_empty(node: Node) -> bool:
    """Whether a step with this value is left out (`docs/language.md`, "Stages")."""
    match node:
        case Scalar():
            return node.text == "" or node.kind == "null" or (node.plain and node.text.lower() in FALSE)
        case Sequence(items=content) | Mapping(entries=content):
            return not content


TRUE = frozenset({"true", "yes", "on"})
FALSE = frozenset({"false", "no", "off"})
_OLD_WORDS = (TRUE | FALSE) - {"true", "false"}


def flag(context: Context, node: Node | None, *, default: bool) -> bool:
    """A boolean that is taken as it is written; words of YAML 1.1 such as `yes` are reported with a note."""
    if not isinstance(node, Scalar) or node.kind == "null":
        return default
    note_word(node, context.diagnostics)
    return node.text.lower() in TRUE


def note_word(node: Scalar, diagnostics: Diagnostics) -> None:
    """Reports a note for a word that is a boolean in YAML 1.1 only, where a boolean is expected."""
    word = node.text.lower()
    if node.plain and word in _OLD_WORDS:
        meant = "true" if word in TRUE else "false"
        diagnostics.note(
            "yaml-1.1-boolean",
            f"transpipe reads `{node.text}` as {meant}, but YAML 1.2 reads it as a string.",
            node.span,
            f"Write `{meant}`.",
            written(node.span, meant),
        )


def integer(node: Node | None) -> int | None:
    """An integer as YAML 1.2's core schema writes it, or None."""
    if not isinstance(node, Scalar) or node.kind is not Kind.INT:
        return None
    digits = node.text.lower()
    return int(digits, {"0x": 16, "0o": 8}.get(digits[:2], 10))


def plain(context: Context, node: Node | None, *, default: str = "") -> str:
    """A string that is taken as it is written; a reference in it is reported with a warning."""
    if not isinstance(node, Scalar) or node.kind == "null":
        return default
    if "${" in node.text and any(not isinstance(part, str) for part in parse(node.text)):
        context.diagnostics.warning(
            "not-interpolated",
            f"References are not replaced here: `{node.text}` is used as written.",
            node.span,
            "Write the value itself.",
        )
    return node.text


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}


def duration(context: Context, node: Node) -> int:
    """The seconds of a duration as the schema allows it: `90`, `90s`, `20m`, `2h`, and where
    days are allowed `7d`."""
    whole = integer(node)
    if whole is not None:
        return whole
    text = plain(context, node)
    unit = _UNITS.get(text[-1:])
    return int(text[:-1]) * unit if unit else int(text)


def known_keys(context: Context, node: Mapping, names: tuple[str, ...], where: str) -> None:
    """Reports the keys of a mapping that mean nothing: the schema does not see keys that `$merge` adds."""
    for key, _ in node.entries:
        if key.text not in names:
            context.error(
                "unknown-key",
                f"`{where}` has no key `{key.text}`.",
                key.span,
                f"The allowed keys are {', '.join(f'`{name}`' for name in names)}.",
            )
