"""Makes tags that a registry accepts. Known tags are cleaned at compile time, others by the program."""

from __future__ import annotations

from transpiler.expressions import Ref, Source, Text, refs
from transpiler.image_names import LONGEST_TAG, NOT_FIRST, clean_tag, tag_signs
from transpiler.lowering import words
from transpiler.lowering.program_scope import Scope, assign
from transpiler.lowering.shell import Lines, indent
from transpiler.lowering.words import Part

FUNCTION: Lines = (
    "as_tag() { # what a registry takes as a tag",
    *indent(("printf %s \"$1\" | tr A-Z/ a-z- | LC_ALL=C tr -c a-z0-9_.- - | sed 's/^[.-]*//' | cut -c 1-128",)),
    "}",
)
"""`clean_tag` as a shell function."""

_TIME = len("2026-01-02-030405")
_DIGEST = 64


def parts(text: Text, scope: Scope) -> tuple[Part, ...]:
    """The tag, with the parts of it that are known at compile time cleaned."""
    found = scope.parts(text)
    known = words.known(found)
    if known is not None:
        return (tag,) if (tag := clean_tag(known)) else ()
    cleaned: list[Part] = []
    for part in found:
        plain = tag_signs(part) if isinstance(part, str) else part
        if isinstance(plain, str) and not cleaned:
            plain = plain.lstrip(NOT_FIRST)
        if plain:
            cleaned.append(plain)
    return tuple(cleaned)


def cleaned(word: str, scope: Scope) -> str:
    """A command substitution that cleans the tag in `word`."""
    scope.draft.functions["as_tag"] = FUNCTION
    return f"$(as_tag {word})"


def setting(variable: str, text: Text, scope: Scope) -> str:
    """A line that sets a variable to the cleaned tag."""
    if needs_cleaning(text, scope):
        return f"{variable}={cleaned(scope.word(text), scope)}"
    return assign(variable, parts(text, scope))


def needs_cleaning(text: Text, scope: Scope) -> bool:
    """Whether the program must clean the tag, because a value that is known only at run time may contain characters
    that are not allowed in a tag, or may make it too long."""
    found = parts(text, scope)
    if words.known(found) is not None:
        return False
    sizes = [_size(ref, scope) for ref in refs(text) if words.known(scope.parts(Text((ref,)))) is None]
    known = sum(len(part) for part in found if isinstance(part, str))
    # A value that may be empty has the size LONGEST_TAG. So a tag of it and other parts is always cleaned at run time,
    # which matters because an empty value would make the next part, such as "-x", the start of the tag.
    return None in sizes or known + sum(size or 0 for size in sizes) > LONGEST_TAG


def _size(ref: Ref, scope: Scope) -> int | None:
    """The greatest length of a value that contains only characters allowed in a tag; None if it may contain others."""
    if clean_tag(ref.default) != ref.default:
        return None
    size = None
    if ref.source is Source.SETUP:
        size = {"timestamp": _TIME, "commit": _DIGEST}.get(ref.key)
    elif scope.is_step_output(ref):
        size = {"imageID": _DIGEST, "imageTag": LONGEST_TAG}.get(ref.key)
    return None if size is None else max(size, len(ref.default))
