"""The language server: keeps what is open, publishes diagnostics, and passes requests on to `answers`."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from transpiler.app.lsp import answers, convert
from transpiler.app.lsp.answers import Asked
from transpiler.app.lsp.projects import Buffer, Buffers, Projects
from transpiler.editor.analysis import Analysis
from transpiler.editor.positions import Positions
from transpiler.fast_path.places import OWN_PROFILE

_WATCHED = ("**/.pipeline/**", "**/Dockerfile*", "**/*.Dockerfile")


class Server(LanguageServer):
    """A language server for configs and profiles. It writes nothing to the disk."""

    def __init__(self, profile: str | None) -> None:
        super().__init__("transpipe", metadata.version("transpipe"))
        self.projects = Projects(self._open_files, self._publish, self._failed)
        self.projects.profile = profile
        self._published: dict[str, dict[Path, list[types.Diagnostic]]] = {}

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ARG002
        """Tells the editor's log, and goes on: a request that fails must not be in anyone's way."""
        self._failed(error)

    def _failed(self, error: Exception) -> None:
        message = f"{type(error).__name__}: {error}"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))

    def _open_files(self) -> Buffers:
        found: dict[str, Buffer] = {}
        for uri, document in self.workspace.text_documents.items():
            path = uris.to_fs_path(uri)
            if path and uri.startswith("file:"):
                content = document.source.encode("utf-8", "surrogatepass")
                found[os.path.realpath(path)] = Buffer(uri, document.version, content)
        return found

    def _publish(self, root: Path, analysis: Analysis) -> None:
        """Publishes what an analysis has found, each diagnostic in the file that it is about."""
        by_file: dict[str, list[types.Diagnostic]] = {analysis.file: []}
        for one in analysis.diagnostics:
            file = one.span.file if one.span else analysis.file
            by_file.setdefault(file, []).append(convert.diagnostic(one, analysis.positions(file)))
        held = self._open_files()
        told = {self.uri(root, file, held): found for file, found in by_file.items()}
        before = {uri for uri, owners in self._published.items() if root in owners}
        for uri in (*told, *(before - told.keys())):
            owners = self._published.setdefault(uri, {})
            owners[root] = told.get(uri, [])
            if uri not in told:
                del owners[root]
            self._send(uri, [one for found in owners.values() for one in found], held)

    def _send(self, uri: str, found: list[types.Diagnostic], held: Buffers) -> None:
        path = uris.to_fs_path(uri)
        buffer = held.get(os.path.realpath(path)) if path else None
        version = buffer.version if buffer else None
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    def uri(self, root: Path, file: str, held: Buffers) -> str:
        """A file's URI: the editor's own where it is open."""
        path = str(root / file)
        buffer = held.get(os.path.realpath(path))
        return buffer.uri if buffer else uris.from_fs_path(path) or ""

    def changed(self, uri: str) -> None:
        """Has the repository analysed that a file belongs to."""
        path = uris.to_fs_path(uri) if uri.startswith("file:") else None
        root = self.projects.root_of(path) if path else None
        if root:
            self.projects.touch(root)

    def closed(self, uri: str) -> None:
        """Takes the diagnostics of a repository back from which nothing is open any more."""
        path = uris.to_fs_path(uri) if uri.startswith("file:") else None
        root = self.projects.root_of(path) if path else None
        if root is None:
            return
        if any(self.projects.root_of(file) == root for file in self._open_files()):
            self.projects.touch(root)
            return
        self.projects.forget(root)
        for uri, owners in self._published.items():
            if owners.pop(root, None) is not None:
                self._send(uri, [one for found in owners.values() for one in found], {})

    async def answer(self, params: Any, ask: Callable[[Asked, Any], object]) -> object:
        """The answer to a request about a config or a profile; None about any other file."""
        uri: str = params.text_document.uri
        path = uris.to_fs_path(uri) if uri.startswith("file:") else None
        root = self.projects.root_of(path) if path else None
        analysis = await self.projects.fresh(root) if root else None
        if path is None or root is None or analysis is None:
            return None
        real, held = os.path.realpath(path), self._open_files()
        file = os.path.relpath(real, os.path.realpath(root))
        if file not in analysis.sources and file != OWN_PROFILE:
            return None
        text = self.workspace.get_text_document(uri).source
        asked = Asked(
            analysis,
            file,
            text.removeprefix("\ufeff"),
            Positions(text, self.projects.encoding),
            lambda name: self.uri(root, name, held),
            {name: buffer.content for name, buffer in held.items()},
            real,
        )
        return await self.projects.ask(lambda: ask(asked, params))


def serve(profile: str | None) -> None:
    """Runs the server on stdin and stdout until the editor ends it."""
    made(profile).start_io()


def made(profile: str | None) -> Server:
    """A server with all its features."""
    server = Server(profile)
    _register_files(server)
    for name, options, ask in answers.ANSWERS:
        server.feature(name, options)(_answering(server, ask))
    return server


def _answering(server: Server, ask: Callable[[Asked, Any], object]) -> Callable[[Any], Awaitable[object]]:
    async def answer(params: Any) -> object:
        return await server.answer(params, ask)

    return answer


def _register_files(server: Server) -> None:
    @server.feature(types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        encoding = server.workspace.position_encoding
        server.projects.encoding = str(getattr(encoding, "value", encoding) or "utf-16")
        watching = (
            server.client_capabilities.workspace and server.client_capabilities.workspace.did_change_watched_files
        )
        if watching and watching.dynamic_registration:
            watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            one = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            server.client_register_capability(types.RegistrationParams([one]))

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        server.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def moved(params: types.DidChangeWatchedFilesParams) -> None:
        paths = [path for event in params.changes if (path := uris.to_fs_path(event.uri))]
        for root in server.projects.roots():
            if any(Path(path).is_relative_to(root) for path in paths):
                server.projects.touch(root)
