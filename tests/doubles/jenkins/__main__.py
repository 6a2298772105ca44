"""`python -m doubles.jenkins --state DIR [--port N]`: prints its port as one line, ends when its stdin does."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from pathlib import Path

from doubles.jenkins.server import Double, Server


def main() -> None:
    parser = argparse.ArgumentParser(description="a Jenkins to test against, on loopback")
    parser.add_argument("--state", type=Path, required=True, help="a directory with settings.json")
    parser.add_argument("--port", type=int, default=0, help="0 for a free one")
    parser.add_argument("--asleep", type=float, default=None, help="wait so many seconds first: it died and comes back")
    given = parser.parse_args()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    time.sleep(given.asleep or 0)
    server = Server(Double(given.state), given.port)
    if given.asleep is None:
        print(server.double.port, flush=True)
    server.serve_forever(poll_interval=0.1)


def _end_with_parent() -> None:
    """Whoever started this holds the other end: no double outlives its test."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
