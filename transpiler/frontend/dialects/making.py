"""Makes nodes of version 0 from those of an older dialect, each with the position of the node that it was made from.

Knows the spelling of version 0 and no dialect.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq
from itertools import pairwise
from typing import TypeAlias

from transpiler.diagnostics import Diagnostics, Span
from transpiler.frontend.values.plain import FALSE
from transpiler.nodes import Kind, Mapping, Node, Scalar, Sequence

MAX_ARCS = 10_000
"""The limit on arcs. Every stage of a group has an arc to every stage of the next, so a small file could have
millions."""

Entry: TypeAlias = tuple[Scalar, Node]
Chain: TypeAlias = tuple[Scalar, ...]
"""The names of stages that run one after another; most chains have only one."""


def text(content: str, span: Span) -> Scalar:
    """A string, as if it were written in quotes."""
    return Scalar(content, Kind.STR, span)


def true(span: Span) -> Scalar:
    """The boolean."""
    return Scalar("true", Kind.BOOL, span, plain=True)


def mapping(span: Span, /, **values: Node | None) -> Mapping:
    """A mapping with those of these keys that have a value; a key has the position where its value begins."""
    entries = tuple((text(key, value.span), value) for key, value in values.items() if value is not None)
    return Mapping(entries, span)


def sequence(span: Span, items: Seq[Node]) -> Sequence:
    """A list."""
    return Sequence(tuple(items), span)


def kept(node: Mapping, *keys: str) -> tuple[Entry, ...]:
    """The entries of these keys, the same objects, in the order of the keys."""
    return tuple(entry for key in keys for entry in node.entries if entry[0].text == key)


def escaped(name: str) -> str:
    """A name as a value, escaped so that it has no references."""
    return name.replace("${", "$${")


def variant(node: Scalar) -> Scalar:
    """The value of `build`. A plain `no` or `false` would mean that nothing is built, but here it can only be a
    name."""
    return text(node.text, node.span) if node.plain and node.text.lower() in FALSE else node


def image(span: Span, name: Scalar | None, **keys: Node | None) -> Mapping:
    """The value of `publish`: all defaults, or a name, or further keys of its `image`."""
    given = mapping(span, **keys, name=name)
    return mapping(span, image=given if given.entries else true(span))


def own_name(name: Scalar, what: str, diagnostics: Diagnostics) -> Scalar:
    """The image name if several items or pipelines publish: the item's or pipeline's own name, with a note about it."""
    found = f"${{setup.project}}-{name.text}"
    diagnostics.note(
        "own-image-name",
        f"`{name.text}` publishes its image as `{found}`, because more than one {what} publishes.",
        name.span,
        "There is nothing to do if the name is right. In version 0 you can choose any name that begins with "
        "the project's.",
    )
    return text(f"${{setup.project}}-{escaped(name.text)}", name.span)


def execution(groups: Seq[Seq[Chain]], span: Span, diagnostics: Diagnostics) -> Sequence | None:
    """The arcs of groups that run one after another, the chains of each group in parallel; None after an error."""
    filled = [group for group in groups if group]
    count = sum(len(a) * len(b) for a, b in pairwise(filled))
    if count > MAX_ARCS:
        message = (
            f"Each stage waits for every stage of the group before it: {count:,} arcs, but at most {MAX_ARCS:,} are "
            "allowed."
        )
        diagnostics.error("too-many-arcs", message, span, "Put a single stage between two large groups.")
        return None
    arcs: list[Node] = []
    if filled:
        first = [name for group in filled for name in group[0]]
        arcs.append(sequence(first[0].span, first))
    for i, group in enumerate(filled):
        following = filled[i + 1] if i + 1 < len(filled) else ()
        for j, chain in enumerate(group):
            if j and (len(chain) > 1 or len(filled) == 1):
                arcs.append(sequence(chain[0].span, chain))
            arcs += [sequence(chain[-1].span, (chain[-1], after[0])) for k, after in enumerate(following) if j or k]
    return sequence(span, arcs)
