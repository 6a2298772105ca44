"""An editor as a language server sees it: pygls's own client, which starts `transpipe lsp` and speaks by pipes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

PATIENCE = 30.0


class Editor:
    """What is published to an editor, and what one does."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.versions: list[tuple[str, int | None]] = []
        self.log: list[str] = []
        self.capabilities = types.ServerCapabilities()
        self._news = asyncio.Event()

        def publish(params: types.PublishDiagnosticsParams) -> None:
            self.published[params.uri] = params
            self.versions.append((params.uri, params.version))
            self._news.set()

        def log(params: types.LogMessageParams) -> None:
            self.log.append(params.message)

        client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(publish)
        client.feature(types.WINDOW_LOG_MESSAGE)(log)

    def open(self, path: Path, text: str, version: int = 1) -> str:
        """Opens a file with a text, which need not be the one on the disk."""
        uri = path.as_uri()
        item = types.TextDocumentItem(uri, "yaml", version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def write(self, uri: str, version: int, text: str, at: types.Range | None = None) -> None:
        """Replaces a range, or the whole text."""
        change: types.TextDocumentContentChangePartial | types.TextDocumentContentChangeWholeDocument
        change = (
            types.TextDocumentContentChangePartial(range=at, text=text)
            if at
            else types.TextDocumentContentChangeWholeDocument(text=text)
        )
        document = types.VersionedTextDocumentIdentifier(version, uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def close(self, uri: str) -> None:
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    async def diagnostics(self, uri: str, version: int | None = 1) -> list[types.Diagnostic]:
        """What is published for a version of a file."""
        async with asyncio.timeout(PATIENCE):
            while uri not in self.published or self.published[uri].version != version:
                self._news.clear()
                await self._news.wait()
        return list(self.published[uri].diagnostics)


@asynccontextmanager
async def editor(
    *words: str, encodings: list[types.PositionEncodingKind | str] | None = None, code: str = ""
) -> AsyncIterator[Editor]:
    """An editor with a server of its own, started with these words, or by a piece of Python."""
    client = LanguageClient("tests", "0")
    made = Editor(client)
    await client.start_io(sys.executable, *(("-c", code) if code else ("-m", "transpiler", "lsp")), *words)
    general = types.GeneralClientCapabilities(position_encodings=encodings) if encodings else None
    params = types.InitializeParams(capabilities=types.ClientCapabilities(general=general))
    made.capabilities = (await client.initialize_async(params)).capabilities
    client.initialized(types.InitializedParams())
    try:
        yield made
    finally:
        async with asyncio.timeout(PATIENCE):
            await client.shutdown_async(None)
            client.exit(None)
            await client.stop()  # type: ignore[no-untyped-call]


def applied(text: str, edits: list[types.TextEdit]) -> str:
    """A text of ASCII after edits."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        start, end = (starts[p.line] + p.character for p in (edit.range.start, edit.range.end))
        text = text[:start] + edit.new_text + text[end:]
    return text
