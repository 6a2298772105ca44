"""Reads `changes`: the patterns of the files that count, and the checkout that is compared with an earlier commit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transpiler.files import exists, is_folder
from transpiler.frontend.context import Context
from transpiler.frontend.values.plain import plain
from transpiler.ir import Changes, Event, Fetch
from transpiler.nodes import Mapping, Node, Scalar, Sequence
from transpiler.records import replace

_BRACES = re.compile(r"\{[^{}]*,[^{}]*\}")
_COMPARED = frozenset({Event.CHANGE, Event.MERGE})


def read_changes(context: Context, pipeline: Mapping, events: tuple[Event, ...], fetch: Fetch) -> Changes | None:
    """The key of a pipeline that runs on these events and is checked out like this; None if the pipeline has none, or
    names no pattern."""
    node = pipeline.get("changes")
    keys = node.get if isinstance(node, Mapping) else {"include": node}.get
    include, exclude = (tuple(_patterns(context, keys(key))) for key in ("include", "exclude"))
    if node is None or not (include or exclude):
        return None
    if events and not _COMPARED.intersection(events):
        shown = " and ".join(f"`{event}`" for event in events)
        message = f"`changes` has no effect: this pipeline runs on {shown}, and then it always runs."
        hint = "Remove `changes`, or add `change` or `merge` to the pipeline's `events`."
        context.diagnostics.warning("changes-without-effect", message, node.span, hint)
        return None
    said = pipeline.get("fetch")
    bounded = isinstance(said, Mapping) and any(said.get(key) is not None for key in ("shallow", "depth"))
    return Changes(include, exclude, fetch if bounded else replace(fetch, shallow=False), node.span)


def _patterns(context: Context, node: Node | None) -> Iterator[str]:
    """The patterns of a list that are valid, each once; the others are reported."""
    items = node.items if isinstance(node, Sequence) else ()
    found: dict[str, None] = {}
    for item in items:
        pattern = plain(context, item)
        wrong = next(_mistakes(pattern), None)
        if wrong:
            message, hint = wrong
            context.error("changes-pattern", message, item.span, hint)
        elif isinstance(item, Scalar):
            _check_directory(context, pattern, item)
            found[pattern] = None
    yield from found


def _mistakes(pattern: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a pattern, and what to write instead."""
    names = pattern.removesuffix("/").split("/")
    if not pattern:
        yield "A pattern of `changes` is empty.", "Write a path, such as `src/` or `**/*.py`."
    elif not pattern.isprintable():
        yield "A pattern of `changes` contains a control character.", "Write `?` for it, or `*`."
    elif pattern.startswith("!"):
        rest = pattern.removeprefix("!")
        yield "`changes` knows no `!`.", f"Write `changes: {{include: [..], exclude: ['{rest}']}}`."
    elif not pattern.strip("/"):
        yield f"The pattern `{pattern}` names nothing.", "Write `**` for every file, or leave `include` out."
    elif pattern.startswith("/"):
        yield (
            f"The pattern `{pattern}` begins with `/`.",
            f"Paths are from the repository's root: `{pattern.lstrip('/')}`.",
        )
    elif {"", ".", ".."}.intersection(names):
        clean = "/".join(name for name in names if name not in ("", "."))
        yield (
            f"The pattern `{pattern}` matches no file: git knows no such path.",
            (f"Write `{clean}`." if ".." not in names else "Write the path from the repository's root, without `..`."),
        )
    elif found := _BRACES.search(pattern):
        choices = (f"`{pattern.replace(found[0], choice, 1)}`" for choice in found[0][1:-1].split(","))
        yield f"`changes` knows no `{found[0]}`: braces stand for themselves.", f"Write {', '.join(choices)}."


def _check_directory(context: Context, pattern: str, node: Scalar) -> None:
    """Reports a pattern that names a directory: it would match nothing in it. A submodule is named like a file."""
    if context.root is None or pattern.endswith("/") or {"*", "?"}.intersection(pattern):
        return
    place = context.root / pattern
    if is_folder(place) and not place.is_symlink() and not exists(place / ".git"):
        message = f"`{pattern}` is a directory, and this pattern matches a file of that name alone."
        context.diagnostics.warning("changes-directory", message, node.span, f"Write `{pattern}/` for all below it.")
