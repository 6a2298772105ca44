"""The double's HTTP: connections, the request log, latency, faults, the side channel under `/__double__/`."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import os
import socket
import ssl
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from doubles.jenkins import answers, routes
from doubles.jenkins.access import Access
from doubles.jenkins.answers import Answer, Request
from doubles.jenkins.faults import Faults
from doubles.jenkins.items import Items
from doubles.jenkins.settings import STATUS_FAULTS, Fault, Settings

SIDE = "/__double__/"


class Double:
    """One server process: its state directory, and what lives only as long as it does."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.settings = Settings.from_json((state / "settings.json").read_text())
        self.items = Items(state)
        self.access = Access()
        self.faults = Faults(state)
        self.port = 0
        log = state / "requests.jsonl"
        earlier = [json.loads(line)["n"] for line in log.read_text().splitlines()] if log.exists() else []
        self._numbers = itertools.count(max(earlier, default=0) + 1)
        self._starting = itertools.count(1)
        self._log = log.open("a", encoding="utf-8")
        self._log_lock = threading.Lock()

    def number(self) -> int:
        return next(self._numbers)

    def is_starting(self) -> bool:
        return next(self._starting) <= self.settings.starting

    def log(self, number: int, method: str, path: str, status: int, fault: str) -> None:
        """One line for each request; a status of 0 for one that got none."""
        entry = {"n": number, "method": method, "path": path, "status": status, "fault": fault}
        with self._log_lock:
            self._log.write(json.dumps(entry) + "\n")
            self._log.flush()

    def change(self, changes: dict[str, Any]) -> None:
        self.settings = self.settings.changed(**changes)
        (self.state / "settings.json").write_text(self.settings.to_json())
        if "faults" in changes:
            self.faults.forget()

    def die(self) -> NoReturn:
        """Ends at once, with every connection; comes back as the same process, unless it is to stay dead."""
        self.items.lock.acquire()
        if self.settings.down < 0:
            os._exit(1)
        asleep = str(self.settings.down)
        arguments = ["--state", str(self.state), "--port", str(self.port), "--asleep", asleep]
        os.execv(sys.executable, [sys.executable, "-m", "doubles.jenkins", *arguments])


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, double: Double, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.double = double
        double.port = self.server_address[1]
        if double.settings.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(double.settings.tls)
            # The handshake is the connection's thread's: a client that balks must not stop the others.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection; HTTP/1.1, kept alive."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120
    server: Server

    def log_message(self, format: str, *args: Any) -> None:
        """The request log is ours."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        double = self.server.double
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith(SIDE):
            self._send(_side(double, self.path.removeprefix(SIDE), body))
            return
        number, settings = double.number(), double.settings
        time.sleep(settings.latency)
        fault = double.faults.decide(number, f"{self.command} {self.path}", settings)
        answer = self._answer(double, settings, fault, body)
        status = 0 if fault and fault.kind in {"reset", "hang", "lost", "die"} else answer.status
        double.log(number, self.command, self.path, status, fault.kind if fault else "")
        self._break(double, settings, fault, answer)

    def _answer(self, double: Double, settings: Settings, fault: Fault | None, body: bytes) -> Answer:
        """What is answered, done or not; how it goes astray on its way is not yet said."""
        if double.is_starting():
            return answers.starting().also(("X-Jenkins", settings.version))
        if fault and fault.kind == "expired":
            double.access.expire()
        skipped = fault and fault.kind in {*STATUS_FAULTS, "reset", "hang", "die"} and not fault.done
        answer = Answer(0) if skipped else self._routed(double, settings, body)
        if fault and fault.kind == "500":
            return answers.oops().also(("X-Jenkins", settings.version))
        if fault and fault.kind in STATUS_FAULTS:
            return answers.proxy(int(fault.kind), settings.retry_after)
        return answer

    def _routed(self, double: Double, settings: Settings, body: bytes) -> Answer:
        parts = urlsplit(self.path)
        if not f"{parts.path}/".startswith(f"{settings.context}/"):
            return answers.page(404, "Error 404 Not Found")
        segments = tuple(unquote(part) for part in parts.path.removeprefix(settings.context).split("/") if part)
        scheme = "https" if settings.tls else "http"
        request = Request(
            self.command,
            segments,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            body,
            f"{scheme}://{self.headers.get('Host', '')}{settings.context}/",
        )
        answer = routes.answer(request, double.items, double.access, settings)
        return answer.also(("X-Jenkins", settings.version), ("X-Content-Type-Options", "nosniff"))

    def _break(self, double: Double, settings: Settings, fault: Fault | None, answer: Answer) -> None:
        kind = fault.kind if fault else ""
        if kind == "die":
            double.die()
        elif kind in {"reset", "lost", "hang"}:
            time.sleep(settings.hang if kind == "hang" else 0)
            self._reset()
        elif kind == "truncated":
            # Of an answer without a body half the status line: a lack of headers would pass for an answer.
            missing = len(answer.body) // 2 + 1
            self.wfile.write(self._bytes(answer)[:-missing] if answer.body else b"HTTP/1.1 2")
            self.close_connection = True
        else:
            self._send(answer)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        with contextlib.suppress(OSError):
            self.connection.close()

    def _send(self, answer: Answer) -> None:
        self.wfile.write(self._bytes(answer))

    def _bytes(self, answer: Answer) -> bytes:
        """The whole answer in one piece: two small writes would wait for each other."""
        reason = self.responses.get(answer.status, ("",))[0]
        headers = [*answer.headers, ("Content-Length", str(len(answer.body))), ("Date", self.date_time_string())]
        lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1", "replace") + answer.body


def _side(double: Double, call: str, body: bytes) -> Answer:
    """What tests do behind the server's back: `settings`, `put`, `remove`. Not logged, never faulty."""
    given = json.loads(body)
    if call == "settings":
        double.change(given)
    elif call == "put":
        double.items.put(tuple(given["path"].split("/")), given["xml"])
    elif call == "remove":
        item = double.items.get(tuple(given["path"].split("/")))
        if item:
            double.items.delete(item)
    else:
        return answers.not_found()
    return answers.as_json(dataclasses.asdict(double.settings))
