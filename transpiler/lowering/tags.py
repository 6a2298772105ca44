"""Tags as a registry takes them: cleaned here where they are known, by the program where only the run knows them."""

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
"""The shell's `clean_tag`."""

_TIME = len("2026-01-02-030405")
_DIGEST = 64


def parts(text: Text, scope: Scope) -> tuple[Part, ...]:
    """The tag with all that is known of it cleaned."""
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
    """The command, in a shell's words, whose output is the cleaned tag."""
    scope.draft.functions["as_tag"] = FUNCTION
    return f"$(as_tag {word})"


def setting(variable: str, text: Text, scope: Scope) -> str:
    """The line that sets a variable to a cleaned tag."""
    if needs_cleaning(text, scope):
        return f"{variable}={cleaned(scope.word(text), scope)}"
    return assign(variable, parts(text, scope))


def needs_cleaning(text: Text, scope: Scope) -> bool:
    """Whether only the run can clean the tag: it may turn out to hold what no tag may, or to be too long."""
    found = parts(text, scope)
    if words.known(found) is not None:
        return False
    sizes = [_size(ref, scope) for ref in refs(text) if words.known(scope.parts(Text((ref,)))) is None]
    known = sum(len(part) for part in found if isinstance(part, str))
    # What may be empty, so that the next part would come first, is as long as a tag may be: alone, or cleaned.
    return None in sizes or known + sum(size or 0 for size in sizes) > LONGEST_TAG


def _size(ref: Ref, scope: Scope) -> int | None:
    """How long a value can be that holds nothing but what a tag may; None where it may hold more."""
    if clean_tag(ref.default) != ref.default:
        return None
    size = None
    if ref.source is Source.SETUP:
        size = {"timestamp": _TIME, "commit": _DIGEST}.get(ref.key)
    elif scope.is_ours(ref):
        size = {"imageID": _DIGEST, "imageTag": LONGEST_TAG}.get(ref.key)
    return None if size is None else max(size, len(ref.default))
