"""`python -m doubles.jenkins --state DIR [--port N]`: prints its process and port, ends when its stdin does.

`python -m doubles.jenkins --nursery` starts one for each line that it reads: `nursery.py`.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from pathlib import Path

from doubles.jenkins import nursery
from doubles.jenkins.server import Double, Server


def main() -> None:
    parser = argparse.ArgumentParser(description="a Jenkins to test against, on loopback")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--state", type=Path, help="a directory with settings.json")
    which.add_argument("--nursery", action="store_true", help="start those that are asked for on standard input")
    parser.add_argument("--port", type=int, default=0, help="0 for a free one")
    parser.add_argument("--asleep", type=float, default=None, help="wait so many seconds first: it died and comes back")
    given = parser.parse_args()
    if given.nursery:
        nursery.serve(_run)
    else:
        _run(given.state, given.port, given.asleep)


def _run(state: Path, port: int, asleep: float | None = None) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    time.sleep(asleep or 0)
    server = Server(Double(state), port)
    if asleep is None:
        print(os.getpid(), server.double.port, flush=True)
    server.serve_forever(poll_interval=0.1)


def _end_with_parent() -> None:
    """Whoever started this holds the other end: no double outlives its test."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
