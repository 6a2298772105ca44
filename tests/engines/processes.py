"""Programs that run for as long as a test needs them, and end by their ids."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(command: Sequence[str], log: Path, ready: Callable[[], bool], patience: float = 30) -> Iterator[int]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=with_path())
    try:
        end = time.monotonic() + patience
        while not ready():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def program_path() -> str:
    # Service programs are in sbin, which a non-login shell may lack.
    return os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


def with_path() -> dict[str, str]:
    return {"PATH": program_path(), "HOME": os.environ.get("HOME", "/root"), "LC_ALL": "C.UTF-8"}


def inside(daemon: int, command: list[str]) -> list[str]:
    """The command in the network namespace of a process."""
    return ["nsenter", f"--net=/proc/{daemon}/ns/net", *command]
