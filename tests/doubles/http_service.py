"""One HTTP server on loopback for everything that a site offers over HTTP; each site has a path of its own.

Knows nothing of what is offered: a service is a function from what was asked to an answer, or to a stream of lines.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request; `path` is what follows the service's own part, without a leading slash; `raw_query` as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    raw_query: str
    headers: Mapping[str, str]
    body: bytes

    def login(self) -> tuple[str, str] | None:
        """User and password, if there are any."""
        kind, _, encoded = self.headers.get("authorization", "").partition(" ")
        with suppress(binascii.Error, UnicodeDecodeError):
            user, colon, password = base64.b64decode(encoded).decode().partition(":")
            if kind.lower() == "basic" and colon:
                return user, password
        return None


@dataclass(frozen=True)
class Answer:
    """What is answered; with `stream` the body is what it yields, as it comes."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None


Service = Callable[[Asked], Answer]
UNAUTHORIZED = Answer(401, b"", "text/plain", {"WWW-Authenticate": 'Basic realm="site"'})


@dataclass(frozen=True)
class Services:
    """Where they are: `http://127.0.0.1:PORT/<path of a service>`; `offered` may grow while the server runs."""

    address: str
    offered: dict[str, Service]

    def offer(self, path: str, service: Service) -> str:
        """Adds one below `path` (two parts, `run7/gerrit`), or for a whole host that is asked for through this proxy;
        its URL."""
        self.offered[path] = service
        return f"{self.address}/{path}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, offered: dict[str, Service]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.offered = offered


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path).lstrip("/")
        if parts.netloc:  # asked as a proxy
            service, rest = self.server.offered.get(parts.netloc), path
        else:
            one, two, rest = (*path.split("/", 2), "", "")[:3]
            service = self.server.offered.get(f"{one}/{two}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(
            self.command, rest, dict(parse_qsl(parts.query, keep_blank_values=True)), parts.query, headers, self._body()
        )
        with suppress(BrokenPipeError, ConnectionResetError):
            self._answer(service(asked) if service else Answer(404))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.stream is None:
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in answer.stream:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: tests look at what services recorded."""


@contextmanager
def services() -> Iterator[Services]:
    """The server, for as long as the session takes."""
    offered: dict[str, Service] = {}
    server = _Server(offered)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield Services(f"http://127.0.0.1:{server.server_port}", offered)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
