"""A stand-in for the part of GitHub's REST API that jobs call: it starts workflows, and tells how their runs ended.

A call with a wrong token, of an input that is no text, or with more inputs than GitHub takes is refused, as there.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_DISPATCH = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/actions/workflows/(?P<workflow>[^/]+)/dispatches")
_RUN = re.compile(r"/repos/(?P<repository>[^/]+/[^/]+)/actions/runs/(?P<number>\d+)")
_INPUTS = 25


@dataclass(frozen=True)
class Dispatch:
    """A workflow that was started."""

    repository: str
    workflow: str
    ref: str
    inputs: Mapping[str, str]


@dataclass(frozen=True)
class Api:
    """`url` is GITHUB_API_URL; `started` in order, the run of the first is number 1; `before` what is still answered
    before a run has ended."""

    url: str
    started: list[Dispatch] = field(default_factory=list)
    before: list[int] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    def __init__(self, tokens: Mapping[str, str], conclusion: str, before: Iterable[int], names_runs: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.tokens, self.conclusion, self.started = tokens, conclusion, list[Dispatch]()
        self.before, self.names_runs = list(before), names_runs


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"] or 0))
        found = _DISPATCH.fullmatch(self.path)
        if not found or not self._is_allowed(found["repository"]):
            self._answer(404, {"message": "Not Found"})
        elif problem := _problem(data := json.loads(sent)):
            self._answer(422, {"message": problem})
        else:
            inputs = data.get("inputs", {})
            self.server.started.append(Dispatch(found["repository"], found["workflow"], data["ref"], inputs))
            number = len(self.server.started)
            named = self.server.names_runs and data.get("return_run_details")
            self._answer(200, {"workflow_run_id": number}) if named else self._answer(204, None)

    def do_GET(self) -> None:
        found = _RUN.fullmatch(self.path)
        if not found or not self._is_allowed(found["repository"]) or int(found["number"]) > len(self.server.started):
            self._answer(404, {"message": "Not Found"})
        elif self.server.before:
            self._answer(self.server.before.pop(0), {"id": 1, "status": "in_progress", "conclusion": None})
        else:
            self._answer(200, {"id": int(found["number"]), "status": "completed", "conclusion": self.server.conclusion})

    def _is_allowed(self, repository: str) -> bool:
        scheme, _, token = (self.headers["Authorization"] or "").partition(" ")
        return scheme.lower() in ("bearer", "token") and self.server.tokens.get(repository) == token

    def _answer(self, status: int, body: Any) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def _problem(data: Any) -> str:
    """Why GitHub would not start a workflow."""
    inputs = data.get("inputs", {})
    if not isinstance(data.get("ref"), str):
        return "Invalid request: ref is missing"
    if len(inputs) > _INPUTS or not all(isinstance(value, str) for value in inputs.values()):
        return "Invalid request: inputs"
    return ""


@contextmanager
def api(
    tokens: Mapping[str, str], conclusion: str = "success", before: Iterable[int] = (), *, names_runs: bool = True
) -> Iterator[Api]:
    """Answers on loopback until the block ends; `tokens`: repository → the token that may start its workflows. All runs
    that it starts have this conclusion, after requests that were answered with the statuses `before`. An older
    server never `names_runs`."""
    server = _Server(tokens, conclusion, before, names_runs)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield Api(f"http://127.0.0.1:{server.server_port}", server.started, server.before)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
