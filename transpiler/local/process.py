"""Runs a shell program in a new process, and stops it together with all processes that it has started.

It finds these by their session, not by their process group, because `timeout`, with which programs run containers,
starts a new process group.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

GRACE = 3.0
"""Seconds between SIGTERM and SIGKILL, because the first process of a container may ignore SIGTERM."""


async def run(
    lines: Sequence[str], script: Path, cwd: Path, environment: Mapping[str, str], log: Path, stop: asyncio.Event
) -> int | None:
    """Runs a program and appends its output to `log`. Returns its exit status, or None if `stop` was set before it
    ended.

    `script` is a file for its text, because a program may be too long to be an argument.
    """
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_bytes(("\n".join(lines) + "\n").encode())
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            "sh",
            str(script),
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    ended, stopped = asyncio.ensure_future(process.wait()), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            return ended.result()
        await _end(process.pid, ended)
        return None
    finally:
        stopped.cancel()
        if not ended.done():
            _signal(process.pid, signal.SIGKILL)


async def _end(session: int, ended: asyncio.Future[int]) -> None:
    _signal(session, signal.SIGTERM)
    patience = GRACE
    while patience > 0 and (not ended.done() or any(_members(session))):
        await asyncio.sleep(0.05)
        patience -= 0.05
    _signal(session, signal.SIGKILL)
    await ended


def _signal(session: int, number: signal.Signals) -> None:
    for pid in tuple(_members(session)):
        kill(pid, number)


def kill(pid: int, number: signal.Signals) -> None:
    """Sends a signal to a process that may have ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _members(session: int) -> Iterator[int]:
    for pid in pids():
        try:
            if os.getsid(pid) == session:
                yield pid
        except (ProcessLookupError, PermissionError):
            continue


def pids() -> Iterator[int]:
    """All processes."""
    if os.path.isdir("/proc/self"):
        return (int(name) for name in os.listdir("/proc") if name.isdigit())
    done = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, check=False)
    return (int(word) for word in done.stdout.split())
