"""A stand-in for the part of GitLab's HTTP API that jobs call: the container registry's tags, a merge request's notes.

The tags are those of a real registry. A call with a wrong token is refused, as there.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PROJECT = "/api/v4/projects/1217"
_REPOSITORIES = f"{_PROJECT}/registry/repositories"
NOTES_TOKEN = "n0tes"
_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",  # what docker pushes
    "application/vnd.oci.image.manifest.v1+json",  # and podman
)


@dataclass(frozen=True)
class Api:
    """`url` is CI_API_V4_URL; `notes` what merge requests were told."""

    url: str
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Registry:
    """The project's repositories: `between-jobs` below `repository`, as number 1."""

    address: str
    repository: str
    login: tuple[str, str]

    def delete(self, tag: str) -> bool:
        """By its manifest's digest, and so all tags of it: a registry of version 2 knows no other way."""
        try:
            with self._ask("HEAD", tag) as answer:
                digest = answer.headers["Docker-Content-Digest"]
            self._ask("DELETE", digest).close()
        except urllib.error.HTTPError:
            return False
        return True

    def _ask(self, method: str, reference: str) -> Any:
        login = b64encode(":".join(self.login).encode()).decode()
        request = urllib.request.Request(
            f"http://{self.address}/v2/{self.repository}/between-jobs/manifests/{reference}",
            method=method,
            headers={"Authorization": f"Basic {login}", "Accept": ", ".join(_MANIFESTS)},
        )
        return urllib.request.urlopen(request, timeout=10)


class _Server(ThreadingHTTPServer):
    def __init__(self, images: _Registry, token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.images, self.token, self.notes = images, token, list[str]()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self._allowed() and urllib.parse.urlsplit(self.path).path == _REPOSITORIES:
            # GitLab writes no space into its JSON.
            listed = [{"id": 1, "name": "between-jobs", "path": "team/app/between-jobs", "project_id": 1217}]
            self._answer(200, json.dumps(listed, separators=(",", ":")))

    def do_DELETE(self) -> None:
        if self._allowed() and self.path.startswith(f"{_REPOSITORIES}/1/tags/"):
            gone = self.server.images.delete(self.path.rpartition("/")[2])
            self._answer(200 if gone else 404, "{}")

    def do_POST(self) -> None:
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.path == f"{_PROJECT}/merge_requests/7/notes" and self.headers["PRIVATE-TOKEN"] == NOTES_TOKEN:
            self.server.notes.extend(form["body"])
            self._answer(201, "{}")
        else:
            self._answer(401, "{}")

    def _allowed(self) -> bool:
        if self.headers["JOB-TOKEN"] != self.server.token:
            self._answer(401, "{}")
            return False
        return True

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def api(registry: str, repository: str, login: tuple[str, str], token: str) -> Iterator[Api]:
    """Answers on loopback until the block ends; `token` is the jobs'."""
    server = _Server(_Registry(registry, repository, login), token)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield Api(f"http://127.0.0.1:{server.server_port}/api/v4", server.notes)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
