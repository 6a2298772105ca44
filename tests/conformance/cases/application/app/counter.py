"""A web application: each page counts its visits in redis."""

import http.server
import os
import socket

STEP = os.environ.get("STEP", "1")


def ask(*words: str) -> str:
    """One command of redis; its one-line answer."""
    packed = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
    with socket.create_connection(("db", 6379), timeout=10) as database:
        database.sendall(f"*{len(words)}\r\n{packed}".encode())
        answer = database.makefile().readline().rstrip()
    if answer.startswith("-"):
        raise ValueError(answer)
    return answer[1:]


class Counter(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/healthy":
            self.answer(ask("PING"))
        else:
            self.answer(ask("INCRBY", self.path, STEP))

    def answer(self, text: str) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("", 8000), Counter).serve_forever()
