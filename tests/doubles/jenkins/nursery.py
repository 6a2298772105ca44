"""Starts doubles by forking: a process has imported all that they need, once for hundreds of them.

A double that starts by itself takes 70 ms for Python and imports, and most doubles have less to do than that.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = Path(__file__).resolve().parents[2]


class Nursery:
    """The process, seen by who wants doubles."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "doubles.jenkins", "--nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(_HERE)},
            start_new_session=True,  # Ctrl-C is for who started us
        )
        atexit.register(self._end)

    def start(self, state: Path, port: int) -> tuple[int, int]:
        """A new double's process and port."""
        assert self._process.stdin
        assert self._process.stdout
        with self._lock:
            self._process.stdin.write(json.dumps([str(state), port]) + "\n")
            self._process.stdin.flush()
            pid, port = map(int, self._process.stdout.readline().split())
        return pid, port

    def _end(self) -> None:
        self._process.communicate()


@cache
def nursery() -> Nursery:
    """The one of this process."""
    return Nursery()


def kill(pid: int) -> None:
    """Ends a double, and returns when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        process = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(process, signal.SIGKILL)
            select.select([process], [], [])
        finally:
            os.close(process)


def serve(run: Callable[[Path, int], None]) -> None:
    """What the process does: forks for each line that it reads, and ends, with all doubles, when its input does.

    Their input is a pipe whose other end nobody but this process has.
    """
    signal.signal(signal.SIGCHLD, _bury)
    alive, ours = os.pipe()
    for line in sys.stdin:
        state, port = json.loads(line)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(alive, sys.stdin.fileno())
            os.close(alive)
            os.close(ours)
            run(Path(state), port)
            os._exit(0)


def _bury(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
