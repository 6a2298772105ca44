"""YAML nodes → values: references resolved, `$each` and `$merge` carried out as far as they are known.

This module does not know what a value is for; the calling step says what kind it expects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Mapping as Mappings

from transpiler.diagnostics import Span
from transpiler.expressions import List, Loop, Map, Ref, Source, Text, Value, holds_text, join, literal
from transpiler.frontend.context import Context
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.values.plain import integer, is_empty, plain
from transpiler.frontend.values.references import Broken, Reference, parse, place
from transpiler.frontend.values.scope import Complaint, Dotless, Scope
from transpiler.nodes import Kind, Mapping, Node, Scalar, Sequence
from transpiler.records import dataclass, replace


def text(context: Context, node: Node, scope: Scope) -> Text:
    """The string at a node; for anything else it reports an error and returns the empty string."""
    found = value(context, node, scope)
    if isinstance(found, Text):
        return found
    _wrong_type(context, "a string", found, node)
    return replace(_UNKNOWN, span=node.span)


def text_or_default(context: Context, node: Node | None, default: str, scope: Scope, span: Span) -> Text:
    """The string at a node; if it is missing or empty, the default, which may contain references."""
    found = text(context, node, scope.within(Dotless.REFUSED)) if node is not None else literal("")
    return found if found.parts else text(context, Scalar(default, Kind.STR, span), scope)


def items(context: Context, node: Node | None, scope: Scope) -> List[Value]:
    """The list at a node; a missing or empty value is the empty list."""
    if node is None or (isinstance(node, Scalar) and is_empty(node)):
        return List(())
    found = value(context, node, scope)
    if isinstance(found, List):
        return found
    _wrong_type(context, "a list", found, node)
    return List((), node.span)


def text_items(context: Context, node: Node | None, scope: Scope) -> List[Text]:
    """The list of strings at a node; for an item of any other kind it reports an error and leaves the item out."""
    found = items(context, node, scope)
    kept: list[Text | Loop[Text]] = []
    for item in found.items:
        if holds_text(item):
            kept.append(item)
        else:
            assert node is not None
            inner = item.item if isinstance(item, Loop) else item
            context.error(
                "wrong-type",
                f"An item of this list: expected a string, got {_KINDS[type(inner)]}.",
                inner.span or node.span,
                "Write a string; join lists with `$merge`.",
            )
    return List(tuple(kept), found.span)


def mapping(context: Context, node: Node | None, scope: Scope) -> Map:
    """The mapping at a node, in which numbers and booleans keep their type; a missing or empty value is empty."""
    if node is None or (isinstance(node, Scalar) and is_empty(node)):
        return Map(())
    found = value(context, node, replace(scope, typed=True))
    if isinstance(found, Map):
        return found
    _wrong_type(context, "a mapping", found, node)
    return Map((), node.span)


def _wrong_type(context: Context, wanted: str, found: Value, node: Node) -> None:
    context.error("wrong-type", f"Expected {wanted}, got {_KINDS[type(found)]}.", node.span, f"Write {wanted}.")


def value(context: Context, node: Node, scope: Scope) -> Value:
    """Any value, interpolated and computed."""
    if not _afforded(context, node, _NODE):
        return literal("", node.span)
    match node:
        case Scalar():
            return _interpolate(context, node, scope)
        case Sequence():
            return List(tuple(value(context, item, scope) for item in node.items), node.span)
        case Mapping() if node.key("$each"):
            return _each(context, node, scope)
        case Mapping() if node.key("$merge"):
            return _merge(context, node, scope)
        case Mapping():
            return Map(
                tuple((_interpolate(context, k, scope), value(context, v, scope)) for k, v in node.entries), node.span
            )


def _afforded(context: Context, node: Node, amount: int) -> bool:
    """Whether that much work is left. If not, nothing more is computed, which is reported once."""
    if context.work.exhausted or context.work.spend(amount):
        return not context.work.exhausted
    context.error(
        "too-much-work",
        "The values of this config expand to too many characters.",
        node.span,
        "Nest `$each` less deeply.",
    )
    context.work.exhausted = True
    return False


_NODE = 10
"""The minimal cost of a value, in characters."""

_KINDS = {Text: "a string", List: "a list", Map: "a mapping"}


_UNKNOWN = Text((Ref(Source.SETUP, ""),))
"""Replaces a reference with a reported mistake, so that no consequences of the mistake are reported."""


def _interpolate(context: Context, node: Scalar, scope: Scope) -> Text:
    if node.kind is Kind.NULL:
        return Text((), node.span, "null" if scope.typed else None)
    if not _afforded(context, node, len(node.text) + 1):
        return literal("", node.span)
    if "${" not in node.text:
        return Text((node.text,) if node.text else (), node.span, _as_json(node) if scope.typed else None)
    parts: list[Text] = []
    for part in parse(node.text):
        match part:
            case str():
                parts.append(literal(part))
            case Broken():
                span = place(context.document, node, part.raw, part.start)
                parts.append(_UNKNOWN)
                context.error(
                    "broken-reference",
                    f"`{part.raw}` is not a valid reference: {part.reason}.",
                    span,
                    "Write `${stage.key}` or `${.key|default}`, or `$${` for a literal `${`.",
                )
            case Reference():
                found = scope.resolve(part)
                if isinstance(found, Complaint):
                    span = place(context.document, node, part.raw, part.start)
                    fix = fixes.part(context.document, span, part.raw, found.instead) if found.instead else None
                    context.error(found.code, found.message, span, found.hint, fix)
                    parts.append(_UNKNOWN)
                else:
                    context.work.spend(sum(len(p) for p in found.parts if isinstance(p, str)))
                    parts.append(found)
    whole = parts[0] if len(parts) == 1 else join(*parts)
    return Text(whole.parts, node.span, _as_json(node) if scope.typed else None)


def _as_json(node: Scalar) -> str | None:
    """How JSON writes a plain number or boolean, for the places where types count; None for a string."""
    match node.kind:
        case Kind.BOOL:
            return node.text.lower()
        case Kind.INT:
            return str(integer(node))
        case Kind.FLOAT if "inf" not in node.text.lower() and "nan" not in node.text.lower():
            return json.dumps(float(node.text))
    return None


def _tags(node: Node, scope: Scope) -> Text | None:
    """`$in: '${stage.imageTags}'`: the one list that a reference can name; its file has one tag on each line."""
    parts = parse(node.text) if isinstance(node, Scalar) else ()
    match parts:
        case (Reference(stage=str(), default=None) as ref,):
            return scope.tags(ref)
    return None


def _merge(context: Context, node: Mapping, scope: Scope) -> Value:
    first_node, second_node = node.get("$merge"), node.get("$with")
    assert first_node is not None
    first = value(context, first_node, scope)
    second = value(context, second_node, scope) if second_node else type(first)(())
    match first, second:
        case Text(), Text():
            return replace(join(first, second), span=node.span)
        case List(), List():
            return List(first.items + second.items, node.span)
        case Map(), Map():
            named = {k.literal for k, _ in second.entries if k.literal is not None}
            kept = tuple(e for e in first.entries if e[0].literal is None or e[0].literal not in named)
            return Map(kept + second.entries, node.span)
    context.error(
        "merge-kinds",
        "`$merge` and `$with` must be two lists, two mappings or two strings.",
        node.span,
        f"Write {_KINDS[type(first)]} under `$with` too, or change `$merge`.",
    )
    return first


def _each(context: Context, node: Mapping, scope: Scope) -> List[Value]:
    names_node, source_node, yield_node = node.get("$each"), node.get("$in"), node.get("$yield")
    assert names_node is not None
    names = tuple(plain(context, n) for n in (names_node.items if isinstance(names_node, Sequence) else (names_node,)))
    delimiter = plain(context, node.get("$delimiter"), default="\n")
    tags = _tags(source_node, scope) if source_node else None
    source: Value = tags or (value(context, source_node, scope) if source_node else literal(""))
    delimiter = "\n" if tags else delimiter
    body = yield_node or Scalar(f"${{{names[0]}}}", Kind.STR, names_node.span)
    each = _Each(context, names, delimiter, body, scope, node.span)
    match source:
        case Map():
            context.error(
                "wrong-type",
                "`$in`: expected a string or a list, got a mapping.",
                node.span,
                "Write the string to split, or a list.",
            )
            return List((), node.span)
        case Text():
            return List(tuple(each.over_text(source)), node.span)
        case List():
            return List(tuple(item for part in source.items for item in each.over_item(part)), node.span)


@dataclass(frozen=True, slots=True)
class _Each:
    """One `$each`, evaluated token by token."""

    context: Context
    names: tuple[str, ...]
    delimiter: str
    body: Node
    scope: Scope
    span: Span

    def over_text(self, source: Text) -> Iterator[Value | Loop[Value]]:
        """The items for a string, which is split."""
        if source.literal is None:
            if not self.delimiter.isascii():
                self.context.error(
                    "each-delimiter",
                    "`$delimiter`: expected only ASCII characters, because `$in` is known only "
                    "while the pipeline runs.",
                    self.span,
                    "Use only ASCII characters in `$delimiter`.",
                )
            yield self._loop(source)
            return
        pieces = re.split(f"[{re.escape(self.delimiter)}]", source.literal) if self.delimiter else [source.literal]
        for token in filter(None, pieces):
            yield from self._known(literal(token, source.span))

    def over_item(self, item: Value | Loop[Value]) -> Iterator[Value | Loop[Value]]:
        """The items for one item of a list, which is not split."""
        if not holds_text(item):
            message = "An item of `$in`: expected a string, got a list or a mapping."
            self.context.error("wrong-type", message, self.span, "Write a list of strings.")
            return
        match item:
            case Text(literal=str()):
                yield from self._known(item)
            case Text() if len(self.names) == 1 and len(item.parts) == 1:
                yield self._yield({self.names[0]: item})
            case _:
                yield self._loop(List((item,)))

    def _known(self, token: Text) -> Iterator[Value]:
        if len(self.names) == 1:
            yield self._yield({self.names[0]: token})
            return
        words = [word for word in (token.literal or "").split(" ") if word]
        if len(words) < len(self.names):
            self.context.error(
                "each-too-few",
                f"`{token.literal}` has {len(words)} words for the {len(self.names)} names of `$each`.",
                self.span,
                "Add the missing words to the token, or remove names from `$each`.",
            )
            return
        yield self._yield({name: literal(word) for name, word in zip(self.names, words, strict=False)})

    def _loop(self, source: Text | List[Text]) -> Loop[Value]:
        tokens = {name: Text((Ref(Source.LOOP, name),)) for name in self.names}
        return Loop(self.names, source, self.delimiter, self._yield(tokens), self.span)

    def _yield(self, tokens: Mappings[str, Text]) -> Value:
        return value(self.context, self.body, replace(self.scope, loop=tokens))
