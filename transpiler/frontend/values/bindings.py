"""What a name is bound to, and what a reference to it becomes: text, a run-time reference, or a complaint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from transpiler.expressions import Ref, Source, Text, refs
from transpiler.frontend.values.references import Reference
from transpiler.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name is bound to. `text` is None if its value is known only at run time.

    `empty` marks values for which a default is used although their text is not empty: the numbers 0, false and null.
    `unsure` marks those of a stage that may fail: then they are empty.
    """

    text: str | None = None
    empty: bool = False
    is_list: bool = False
    unsure: bool = False


ON_THE_DAEMON = frozenset({"imageID", "imageLocalName", "container"})
"""The values that name something which exists only on the daemon of the stage that binds them."""

Bindings: TypeAlias = Mapping[str, Binding]
RUNTIME = Binding()


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a reference; `instead` is the reference to write, if there is no other that can be meant."""

    code: str
    message: str
    hint: str
    instead: str = ""


def read(ref: Reference, binding: Binding, stage: str, source: Source) -> Text | Complaint:
    """What a reference to a bound name resolves to; a complaint about a list. `stage` binds it."""
    if binding.is_list:
        return Complaint(
            "list-in-string",
            f"`{ref.raw}` is a list, and a string cannot contain a list.",
            "Read `imageTag` for the first tag, or `publishedImage` for the full image name; for all tags, use `$each` "
            "with `$in`."
            if ref.key == "imageTags"
            else "Remove it: transpipe adds these labels to every image that it builds.",
        )
    if binding.text is None:
        name = stage if source is Source.STAGE else ""
        return Text((Ref(source, ref.key, name, ref.default or ""),))
    if ref.default is not None and (binding.empty or not binding.text):
        return literal(ref.default)
    return literal(binding.text)


def token(token: Text, default: str | None) -> Text:
    """A loop's token, or its default. Whether a default applies to a token of several parts depends on its first
    reference alone only if no literal part makes the token non-empty; `evaluate.py` never substitutes such a token."""
    if default is None or any(isinstance(part, str) for part in token.parts):
        return token
    if not token.parts:
        return literal(default)
    (only,) = refs(token)
    return Text((replace(only, default=only.default or default),))


def literal(text: str) -> Text:
    """A text without references."""
    return Text((text,) if text else ())
