"""From the bytes of a file to nodes with positions: configs, profiles and blubberfiles are read only here.

Whatever the bytes are, reading ends soon and reports what is wrong: every limit is a count, never a time. The types of
scalars are those of YAML 1.2's core schema. This module must not know what any key means.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from transpiler.diagnostics import Change, Diagnostics, Fix, Span
from transpiler.frontend.rewriting import fixes
from transpiler.frontend.yaml.composer import (
    MAX_DEPTH,
    MAX_NODES,
    UNTAGGED,
    Refused,
    compose,
    too_deep,
    too_large,
)
from transpiler.frontend.yaml.decode import decode
from transpiler.frontend.yaml.places import Places
from transpiler.nodes import Document, Kind, Mapping, Node, Scalar, Sequence, same

# A long string that aliases repeat costs as much memory as many short ones.
_TEXT_PER_NODE = 100
_CORE_TAG = "tag:yaml.org,2002:"
_SCALARS = (
    (Kind.NULL, re.compile(r"(?:null|Null|NULL|~)?")),
    (Kind.BOOL, re.compile(r"true|True|TRUE|false|False|FALSE")),
    (Kind.INT, re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")),
    (
        Kind.FLOAT,
        re.compile(
            r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
    ),
)
# The first characters of all plain scalars that are not strings.
_FIRST = frozenset("~nNtTfF+-.0123456789")
_IN_NO_ARGUMENT = re.compile("[\0\ud800-\udfff]")
_SCALAR_TAGS = {"null": Kind.NULL, "bool": Kind.BOOL, "int": Kind.INT, "float": Kind.FLOAT, "str": Kind.STR}
PROPERTIES = re.compile(r"(?:(?:&[\w-]*|!\S*)\s*(?:#[^\n\r\x85\u2028\u2029]*\s*)*)*")
"""A node's anchor and tag, which PyYAML counts as its start, with the comments that may follow them."""


class _Built(NamedTuple):
    """A finished node with its size and depth, which count again wherever an alias repeats it."""

    node: Node
    size: int
    depth: int


def read(data: bytes, file: str, diagnostics: Diagnostics) -> Document | None:
    """The document in `data`; None if an error was reported. `file` is its name in diagnostics."""
    found = Diagnostics()
    document = _read(data, file, found)
    diagnostics.extend(found)
    return None if found.failed else document


def core_kind(text: str) -> Kind:
    """The kind of a plain scalar by YAML 1.2's core schema."""
    if text and text[0] not in _FIRST:
        return Kind.STR
    return next((kind for kind, pattern in _SCALARS if pattern.fullmatch(text)), Kind.STR)


def _read(data: bytes, file: str, diagnostics: Diagnostics) -> Document | None:
    text = decode(data, file, diagnostics)
    if text is None:
        return None
    places = Places(file, text)
    try:
        root = compose(text, places)
        if root is None or (isinstance(root, yaml.ScalarNode) and root.tag == UNTAGGED and not root.value):
            diagnostics.error(
                "empty-document",
                "The file is empty or contains only comments.",
                places.span(0, 0),
                "Begin with `pipelines:`.",
            )
            return None
        _note_leading_space(root, text, places, diagnostics)
        builder = _Builder(text, places, diagnostics)
        return Document(file, text, builder.build(root).node, tuple(builder.repeated))
    except Refused as refused:
        diagnostics.add(refused.diagnostic)
        return None


def _note_leading_space(root: yaml.Node, text: str, places: Places, diagnostics: Diagnostics) -> None:
    width = root.start_mark.column
    if width and isinstance(root, yaml.CollectionNode) and not root.flow_style:
        start = root.start_mark.index
        spaces = "a space" if width == 1 else f"{width} spaces"
        message = f"The whole document is indented by {spaces}."
        hint = "Start it in the first column."
        fix = _unindented(text, width, places)
        diagnostics.note("leading-space", message, places.span(start - width, start), hint, fix)


def _unindented(text: str, width: int, places: Places) -> Fix:
    """Takes that many spaces, or as many as there are, off the start of each line."""
    spaces = re.compile(f"(?:^|(?<=[\n\r\x85\u2028\u2029])) {{1,{width}}}")
    return Fix(tuple(Change(places.span(*found.span()), "") for found in spaces.finditer(text)))


class _Builder:
    """Converts PyYAML's nodes to ours, each once, however many aliases share it."""

    def __init__(self, text: str, places: Places, diagnostics: Diagnostics) -> None:
        self._text = text
        self._places = places
        self._diagnostics = diagnostics
        self._built: dict[int, _Built | None] = {}
        self._merged_entries = 0
        self.repeated: dict[Span, None] = {}
        self._document = Document(places.file, text, Mapping((), places.span(0, 0)))

    def build(self, source: yaml.Node) -> _Built:
        built, key = self._built, id(source)
        if key in built:
            found = built[key] or self._alias_in_itself(source)
            self.repeated[found.node.span] = None
            return found
        if isinstance(source, yaml.ScalarNode):
            found = built[key] = _Built(self._scalar(source), 1 + len(source.value) // _TEXT_PER_NODE, 1)
            return found
        built[key] = None
        if isinstance(source, yaml.SequenceNode):
            found = self._sequence(source)
        else:
            assert isinstance(source, yaml.MappingNode)
            found = self._mapping(source)
        if found.size > MAX_NODES:
            raise too_large(self._places, source)
        if found.depth > MAX_DEPTH:
            raise too_deep(self._places, source)
        built[key] = found
        return found

    def _scalar(self, source: yaml.ScalarNode) -> Scalar:
        text: str = source.value
        start, end = self._own_start(source), source.end_mark.index
        if source.style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip())
        span = self._places.span(start, end)
        # The C loader calls the plain style "", the Python one None.
        plain = not source.style and source.tag == UNTAGGED
        kind = core_kind(text) if plain else Kind.STR
        if source.tag != UNTAGGED:
            kind = self._tagged_kind(source, span)
        if _IN_NO_ARGUMENT.search(text):
            message = "This string contains a NUL character or a lone surrogate, which no program accepts."
            self._diagnostics.error("control-character", message, span, "Remove the escape.")
        return Scalar(text, kind, span, plain)

    def _tagged_kind(self, source: yaml.ScalarNode, span: Span) -> Kind:
        kind = _SCALAR_TAGS.get(source.tag.removeprefix(_CORE_TAG))
        if kind is None or not source.tag.startswith(_CORE_TAG):
            self._check_tag(source, span, "")
            return Kind.STR
        actual = core_kind(source.value)
        if kind is Kind.STR or actual is kind or (kind is Kind.FLOAT and actual is Kind.INT):
            return kind
        message = f"`{source.value}` is tagged `{source.tag.replace(_CORE_TAG, '!!')}`, but is not a valid {kind}."
        self._diagnostics.error("bad-tag", message, span, "Remove the tag.")
        return kind

    def _sequence(self, source: yaml.SequenceNode) -> _Built:
        children = [self.build(item) for item in source.value]
        span = self._span(source, children)
        self._check_tag(source, span, "seq")
        return _Built(Sequence(tuple([child.node for child in children]), span), *_cost(children))

    def _mapping(self, source: yaml.MappingNode) -> _Built:
        children: list[_Built] = []
        entries: dict[str, tuple[Scalar, Node]] = {}
        merged: list[tuple[Scalar, Node]] = []
        merge_key: Scalar | None = None
        for key_source, value_source in source.value:
            key, value = self.build(key_source), self.build(value_source)
            children += (key, value)
            if not isinstance(key.node, Scalar):
                message = "This key is a list or a mapping: expected a string."
                hint = "If a string should begin with `{` or `[`, quote the string."
                self._diagnostics.error("complex-key", message, key.node.span, hint)
            elif key.node.plain and key.node.text == "<<":
                if merge_key:
                    self._duplicate(key.node, merge_key)
                else:
                    merge_key = key.node
                    merged = self._merge(value, source)
                    # Merged entries are at the same depth as the other entries.
                    children[-1] = value._replace(depth=value.depth - 1)
            elif key.node.text in entries:
                self._duplicate(key.node, *entries[key.node.text], value.node, source)
            else:
                entries[key.node.text] = (key.node, value.node)
        for key_node, value_node in merged:
            entries.setdefault(key_node.text, (key_node, value_node))
        span = self._span(source, children)
        self._check_tag(source, span, "map")
        return _Built(Mapping(tuple(entries.values()), span), *_cost(children))

    def _merge(self, value: _Built, source: yaml.Node) -> list[tuple[Scalar, Node]]:
        """The entries that `<<` adds; if two mappings in a list have the same key, the earlier one wins."""
        mappings = value.node.items if isinstance(value.node, Sequence) else (value.node,)
        entries: list[tuple[Scalar, Node]] = []
        for mapping in mappings:
            if not isinstance(mapping, Mapping):
                message = "`<<`: expected a mapping or a list of mappings."
                hint = "Write an alias of a mapping: `<<: *name`."
                self._diagnostics.error("bad-merge", message, mapping.span, hint)
                continue
            # Counted over the whole file, since mappings that merge each other in turn add up.
            self._merged_entries += len(mapping.entries)
            if self._merged_entries > MAX_NODES:
                raise too_large(self._places, source)
            entries += mapping.entries
        return entries

    def _duplicate(
        self,
        key: Scalar,
        first: Scalar,
        there: Node | None = None,
        here: Node | None = None,
        source: yaml.Node | None = None,
    ) -> None:
        message, hint, fix = f"The key `{key.text}` is already used on line {first.span.line}.", "", None
        if there and here and source and same(there, here):
            hint = "Remove one of them: both have the same value."
            entries = ((first, there), (key, here))
            start = self._own_start(source)
            fix = fixes.without(self._document, Mapping(entries, self._places.span(start, start + 1)), key)
        self._diagnostics.error("duplicate-key", message, key.span, hint or "Remove or rename one of them.", fix)

    def _check_tag(self, source: yaml.Node, span: Span, tag: str) -> None:
        if source.tag not in (UNTAGGED, _CORE_TAG + tag):
            shown = source.tag.replace(_CORE_TAG, "!!")
            hint = "Remove the tag, or quote the string if no tag is meant."
            self._diagnostics.error("unknown-tag", f"The tag `{shown}` is not supported.", span, hint)

    def _alias_in_itself(self, source: yaml.Node) -> _Built:
        start = source.start_mark.index
        anchor = re.compile(r"(?:!\S*\s+)?(&[\w-]+)?").match(self._text, start)
        name = f"The anchor `{anchor[1]}`" if anchor and anchor[1] else "This anchor"
        span = self._places.span(start, anchor.end() if anchor else start)
        self._diagnostics.error("alias-in-itself", f"{name} contains an alias of itself.", span, "Remove the alias.")
        return _Built(Scalar("", Kind.NULL, span), 1, 1)

    def _own_start(self, source: yaml.Node) -> int:
        """The offset at which the node itself starts: without anchor and tag."""
        start: int = source.start_mark.index
        if self._text.startswith(("&", "!"), start) and (properties := PROPERTIES.match(self._text, start)):
            start = properties.end()
        return min(start, source.end_mark.index)

    def _span(self, source: yaml.CollectionNode, children: list[_Built]) -> Span:
        """The span of the node itself: without anchor and tag, and without what follows a block before the next
        token."""
        start = self._own_start(source)
        if source.flow_style:
            return self._places.span(start, source.end_mark.index)
        file, line, column, *last = self._places.span(start, start)
        for child in children:
            _, child_line, child_column, *child_end = child.node.span
            # An alias among the children has the position of its anchor, which may be before this node.
            if child_end > last and (child_line, child_column) >= (line, column):
                last = child_end
        return Span(file, line, column, *last)


def _cost(children: list[_Built]) -> tuple[int, int]:
    """Size and depth of a node with these children."""
    size = depth = 0
    for child in children:
        size += child.size
        if child.depth > depth:
            depth = child.depth
    return 1 + size, 1 + depth
