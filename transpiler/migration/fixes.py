"""The forms that are tolerated with a note (the notes in `docs/diagnostics.md`), and the edits that rewrite them.

The notes of the front end say what to fix and where, so that this module repeats no rule of the language. `no-stages`
has no fix: only the author knows what the pipeline should do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Mappings
from typing import NamedTuple, TypeAlias

from transpiler.diagnostics import Diagnostic, Span
from transpiler.frontend.values.plain import TRUE, is_empty
from transpiler.migration import edits, yaml_lines
from transpiler.migration.edits import Edit
from transpiler.migration.layout import nodes
from transpiler.migration.source import Source
from transpiler.nodes import Kind, Mapping, Scalar

Fix: TypeAlias = tuple[Edit, ...]


class _Text(NamedTuple):
    """A source text, with its scalars by their positions, and its mappings."""

    source: Source
    scalars: Mappings[Span, Scalar]
    mappings: tuple[Mapping, ...]

    def scalar(self, span: Span) -> Iterator[tuple[Scalar, int, int]]:
        """The scalar that a note points at, with its start and end; nothing if the note points at something else."""
        node = self.scalars.get(span)
        extent = self.source.extent(node) if node else None
        if node and extent:
            yield node, extent.inner, extent.end


def fixes_of(source: Source, diagnostics: Iterable[Diagnostic]) -> list[Fix]:
    """The fixes of all notes that have one. They do not overlap: a fix that overlaps another is left for the next
    round."""
    everything = tuple(nodes(source.document.root))
    scalars = {node.span: node for node in reversed(everything) if isinstance(node, Scalar)}
    text = _Text(source, scalars, tuple(node for node in everything if isinstance(node, Mapping)))
    found = []
    for diagnostic in diagnostics:
        span, make = diagnostic.span, _FIXES.get(diagnostic.code)
        if make and span and span.file == source.document.file and (fix := tuple(make(text, span))):
            found.append(fix)
    return _apart(found)


def can_be_fixed(diagnostic: Diagnostic) -> bool:
    """Whether the diagnostic has a fix, which is applied if it does not change the config's meaning."""
    return diagnostic.code in _FIXES


def _apart(found: list[Fix]) -> list[Fix]:
    dropped: set[int] = set()
    reach = 0
    for edit, i in sorted((edit, i) for i, fix in enumerate(found) for edit in fix):
        if edit.start < reach:
            dropped.add(i)
        reach = max(reach, edit.end)
    return [fix for i, fix in enumerate(found) if i not in dropped]


def _quotes(text: _Text, span: Span) -> Iterator[Edit]:
    for node, start, end in text.scalar(span):
        yield Edit(start, end, yaml_lines.quoted(node.text))


def _boolean(text: _Text, span: Span) -> Iterator[Edit]:
    for node, start, end in text.scalar(span):
        yield Edit(start, end, "true" if node.text.lower() in TRUE else "false")


def _chart(text: _Text, span: Span) -> Iterator[Edit]:
    for node, start, end in text.scalar(span):
        yield Edit(start, end, f"{{name: {yaml_lines.in_flow(node, text.source.text[start:end])}}}")


def _promotion(text: _Text, span: Span) -> Iterator[Edit]:
    for _, start, end in text.scalar(span):
        yield Edit(start, end, "[{chart: '${setup.projectShortName}'}]")


def _first_column(text: _Text, span: Span) -> Iterator[Edit]:
    source = text.source
    width = span.end_column - span.column
    for start in source.lines.starts:
        spaces = len(source.text[start : start + width]) - len(source.text[start : start + width].lstrip(" "))
        if spaces:
            yield Edit(start, start + spaces, "")


def _publication(text: _Text, span: Span) -> Iterator[Edit]:
    """Rewrites the `publish` that the note is about: all keys under `image`, and no empty `tag`."""
    for mapping in text.mappings:
        for key, value in mapping.entries:
            if key.text == "publish" and isinstance(value, Mapping) and span in _spans(value):
                edit = edits.entry(text.source, key, value, _normal(value))
                if edit:
                    yield edit
                return


def _spans(publish: Mapping) -> Iterator[Span]:
    image = publish.get("image")
    for key, value in (*publish.entries, *(image.entries if isinstance(image, Mapping) else ())):
        yield from (key.span, value.span)


def _normal(publish: Mapping) -> Mapping:
    image, key = publish.get("image"), publish.key("image")
    if image is None or key is None:
        return publish
    own = image.entries if isinstance(image, Mapping) else ()
    beside = tuple(entry for entry in publish.entries if entry[0] is not key)
    kept = tuple(entry for entry in (*own, *beside) if entry[0].text != "tag" or not is_empty(entry[1]))
    span = image.span if isinstance(image, Mapping) else publish.span
    new = Mapping(kept, span) if kept else Scalar("true", Kind.BOOL, image.span, plain=True)
    return Mapping(((key, new),), publish.span)


_FIXES: Mappings[str, Callable[[_Text, Span], Iterator[Edit]]] = {
    "number-as-string": _quotes,
    "yaml-1.1-boolean": _boolean,
    "chart-as-string": _chart,
    "promote-true": _promotion,
    "leading-space": _first_column,
    "empty-tag": _publication,
    "publish-beside-image": _publication,
}
