"""What the server answers to each request of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lsprotocol import types

from transpiler.app.lsp import convert
from transpiler.diagnostics import Diagnostics
from transpiler.editor.actions import actions, all_fixed
from transpiler.editor.analysis import Analysis
from transpiler.editor.completion import complete
from transpiler.editor.hover import hover
from transpiler.editor.positions import Position, Positions
from transpiler.editor.references import definition
from transpiler.editor.symbols import symbols
from transpiler.frontend.yaml.reader import read
from transpiler.nodes import Document

_QUICK_FIX = types.CodeActionKind.QuickFix
_FIX_ALL = "source.fixAll.transpipe"


class Asked(NamedTuple):
    """What a request is about: the analysis, the file's name in spans, its text without a byte order mark, and the
    positions in it; the URI of a file by its name; what is open, by paths with links followed, and the file's own."""

    analysis: Analysis
    file: str
    text: str
    positions: Positions
    uri_of: Callable[[str], str]
    contents: Mapping[str, bytes]
    path: str

    @property
    def is_profile(self) -> bool:
        """Whether the file is a profile."""
        return self.file != self.analysis.file

    def offset(self, position: types.Position) -> int:
        """The offset of a position of the editor's."""
        return self.positions.offset(Position(position.line, position.character))

    def document(self) -> Document | None:
        """What is written there; None if it is no YAML."""
        if not self.is_profile:
            return self.analysis.document
        return read(self.text.encode("utf-8", "surrogatepass"), self.file, Diagnostics())


def hovered(asked: Asked, params: types.HoverParams) -> types.Hover | None:
    """What is below the pointer."""
    document, offset = asked.document(), asked.offset(params.position)
    found = hover(asked.analysis, document, offset, profile=asked.is_profile) if document else None
    if found is None:
        return None
    text = types.MarkupContent(types.MarkupKind.Markdown, found.markdown)
    return types.Hover(text, convert.range_of(asked.positions.range(found.span)))


def completed(asked: Asked, params: types.CompletionParams) -> types.CompletionList:
    """What can be typed at the cursor."""
    offset = asked.offset(params.position)
    found = complete(asked.analysis, asked.text, offset, profile=asked.is_profile)
    items = [convert.completion(one, offset, asked.positions) for one in found]
    return types.CompletionList(is_incomplete=False, items=items)


def defined(asked: Asked, params: types.DefinitionParams) -> types.Location | None:
    """Where what is at the cursor is defined."""
    document, offset = asked.document(), asked.offset(params.position)
    found = definition(asked.analysis, document, offset, profile=asked.is_profile) if document else None
    if found is None:
        return None
    positions = Positions(found.text, asked.analysis.encoding)
    start, end = (types.Position(*positions.position(at)) for at in (found.start, found.end))
    return types.Location(asked.uri_of(found.file), types.Range(start, end))


def outlined(asked: Asked, _: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    """The outline of the file."""
    document = asked.document()
    return [convert.symbol(one, asked.positions) for one in symbols(document)] if document else []


def acted(asked: Asked, params: types.CodeActionParams) -> list[types.CodeAction]:
    """The changes that are offered for a range."""
    only = params.context.only
    return [
        *(_fixes(asked, params) if _wanted(only, _QUICK_FIX.value) else ()),
        *(_all(asked, params) if _wanted(only, _FIX_ALL) else ()),
    ]


def _wanted(only: Any, kind: str) -> bool:
    """Whether the editor asks for actions of a kind, or for all kinds."""
    return only is None or any(f"{kind}.".startswith(f"{getattr(one, 'value', one)}.") for one in only)


def _fixes(asked: Asked, params: types.CodeActionParams) -> list[types.CodeAction]:
    start, end = asked.offset(params.range.start), asked.offset(params.range.end)
    return [
        types.CodeAction(
            title=one.title,
            kind=_QUICK_FIX,
            diagnostics=[convert.diagnostic(one.diagnostic, asked.positions)],
            is_preferred=True,
            edit=types.WorkspaceEdit({params.text_document.uri: convert.edits(one.changes, asked.positions)}),
        )
        for one in actions(asked.analysis, asked.file, start, end)
    ]


def _all(asked: Asked, params: types.CodeActionParams) -> list[types.CodeAction]:
    """All fixes of the file at once; made only if the editor asks for it, or if there are several."""
    several = sum(1 for one in asked.analysis.diagnostics if one.fix) > 1
    if not several and not params.context.only:
        return []
    text = all_fixed(asked.analysis, asked.file, asked.contents, asked.path)
    if text is None:
        return []
    edits = convert.difference(asked.text, text, asked.positions)
    edit = types.WorkspaceEdit({params.text_document.uri: edits})
    return [types.CodeAction(title="Make all changes that leave no choice", kind=_FIX_ALL, edit=edit)]


ANSWERS: tuple[tuple[str, Any, Callable[[Asked, Any], object]], ...] = (
    (types.TEXT_DOCUMENT_HOVER, None, hovered),
    (types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["{", ".", " ", "["]), completed),
    (types.TEXT_DOCUMENT_DEFINITION, None, defined),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, None, outlined),
    (types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=[_QUICK_FIX, _FIX_ALL]), acted),
)
"""Each request, its options, and what answers it."""
