"""Answers of `editor/` in the types of the protocol."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from lsprotocol import types

from transpiler.diagnostics import Change, Diagnostic, Severity
from transpiler.editor.completion import Proposal, Sort
from transpiler.editor.positions import Positions, Range
from transpiler.editor.symbols import Symbol

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_SORTS = {
    Sort.KEY: types.CompletionItemKind.Property,
    Sort.WORD: types.CompletionItemKind.EnumMember,
    Sort.STAGE: types.CompletionItemKind.Function,
    Sort.VARIANT: types.CompletionItemKind.Class,
    Sort.VALUE: types.CompletionItemKind.Variable,
    Sort.CREDENTIAL: types.CompletionItemKind.Constant,
}
_KINDS = {
    "key": types.SymbolKind.Property,
    "pipeline": types.SymbolKind.Module,
    "stage": types.SymbolKind.Function,
    "step": types.SymbolKind.Event,
}


def range_of(found: Range) -> types.Range:
    """A range."""
    return types.Range(types.Position(*found.start), types.Position(*found.end))


def diagnostic(one: Diagnostic, positions: Positions) -> types.Diagnostic:
    """A diagnostic, its hint below its message; one without a place is at the start of the file."""
    zero = types.Position(0, 0)
    return types.Diagnostic(
        range=range_of(positions.range(one.span)) if one.span else types.Range(zero, zero),
        message=f"{one.message}\n{one.hint}".rstrip(),
        severity=_SEVERITIES[one.severity],
        code=one.code,
        source="transpipe",
    )


def edits(changes: Iterable[Change], positions: Positions) -> list[types.TextEdit]:
    """The changes of one file."""
    return [types.TextEdit(range_of(positions.range(change.span)), change.text) for change in changes]


def difference(old: str, new: str, positions: Positions) -> list[types.TextEdit]:
    """The edits that make a text into another: only the lines that differ."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    starts = [0]
    for line in before:
        starts.append(starts[-1] + len(line))
    found = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [
        types.TextEdit(
            range_of(Range(positions.position(starts[a]), positions.position(starts[b]))), "".join(after[c:d])
        )
        for kind, a, b, c, d in found
        if kind != "equal"
    ]


def completion(found: Proposal, offset: int, positions: Positions) -> types.CompletionItem:
    """A proposal at an offset."""
    at = Range(positions.position(offset - found.replaced), positions.position(offset + found.ahead))
    return types.CompletionItem(
        label=found.label,
        kind=_SORTS[found.sort],
        detail=found.detail or None,
        documentation=types.MarkupContent(types.MarkupKind.Markdown, found.description) if found.description else None,
        filter_text=found.label,
        text_edit=types.TextEdit(range_of(at), found.text),
    )


def symbol(found: Symbol, positions: Positions) -> types.DocumentSymbol:
    """An entry of the outline, with what is below it."""
    return types.DocumentSymbol(
        name=found.name,
        kind=_KINDS[found.kind],
        range=range_of(positions.range(found.span)),
        selection_range=range_of(positions.range(found.name_span)),
        children=[symbol(child, positions) for child in found.children],
    )
