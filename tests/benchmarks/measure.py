"""Runs a command and tells what it cost: time, memory, and requests to a double, if there is one."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from doubles.jenkins.process import Double


@dataclasses.dataclass(frozen=True)
class Cost:
    """`wall` and `cpu` (the command's own and its children's) in seconds, `memory` the greatest resident set in MiB."""

    wall: float
    cpu: float
    requests: int
    memory: float


class Failed(RuntimeError):
    """The command ended with another code than 0."""


def run(command: list[str], to: Double | None = None, *, cwd: Path | None = None) -> Cost:
    """Raises Failed, with what the command said."""
    before = max((entry.n for entry in to.log()), default=0) if to else 0
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise Failed(f"{command} ended with {process.returncode}:\n{said.decode(errors='replace')[-3000:]}")
    requests = len(to.log(since=before)) if to else 0
    return Cost(wall, usage.ru_utime + usage.ru_stime, requests, usage.ru_maxrss / 1024)


def written(registry: str) -> int:
    """The bytes that the registry has written until now: to disk what was pushed, to sockets what was pulled. It is
    several processes, one for each network."""
    port, found = registry.rpartition(":")[2], []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (path / "cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"docker-registry") and f"127.0.0.1:{port}" in Path(os.fsdecode(words[2])).read_text():
                counters = dict(line.split(": ") for line in (path / "io").read_text().splitlines())
                found.append(int(counters["wchar"]))
    if not found:
        raise RuntimeError(f"no process serves {registry}")
    return sum(found)
