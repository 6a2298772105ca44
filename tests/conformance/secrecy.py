"""Secrets must not leak: during a run, the arguments of all processes are sampled for them. After it, everything that
the run left is searched: artifacts, reports of variables, logs, results, the registry's layers, and every image that it
made on the daemon, also those that it removed."""

from __future__ import annotations

import base64
import json
import os
import re
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

_EVERY = 0.04
"""Seconds."""
_YOUNG, _SELDOM = 25, 25
"""A process is looked at each time in its first second, in which it becomes another program if it does, and then once a
second: most are daemons, and looking at them all took a quarter of two processors."""


@contextmanager
def watched(secrets: Mapping[str, tuple[str, ...]], site: Path) -> Iterator[list[str]]:
    """The list fills with a line for each secret (the last of its values) that some process's arguments hold.

    `site` is in the environment of every process of the run; other processes are ignored.
    """
    found: list[str] = []
    wanted = {id_: (values[-1].encode(), _base64(values[-1])) for id_, values in secrets.items()}
    any_ = re.compile(b"|".join(re.escape(way) for ways in wanted.values() for way in ways))
    ended = threading.Event()

    def look() -> None:
        times: dict[str, int] = {}
        while not ended.wait(_EVERY):
            times = {process: times.get(process, 0) + 1 for process in os.listdir("/proc") if process.isdigit()}
            asked = (process for process, time in times.items() if time <= _YOUNG or time % _SELDOM == 0)
            for id_, program in _seen(asked, any_, wanted, str(site).encode()):
                line = f"secret {id_} in the arguments of {program}"
                if line not in found:
                    found.append(line)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield found
    finally:
        ended.set()
        watcher.join()


def _seen(
    processes: Iterator[str], any_: re.Pattern[bytes], wanted: Mapping[str, tuple[bytes, ...]], site: bytes
) -> Iterator[tuple[str, str]]:
    for process in processes:
        try:
            arguments = _read(f"/proc/{process}/cmdline")
            if not any_.search(arguments) or site not in _read(f"/proc/{process}/environ"):
                continue
        except OSError:
            continue  # it has ended
        for id_, ways in wanted.items():
            if any(way in arguments for way in ways):
                yield id_, arguments.partition(b"\0")[0].decode(errors="replace")


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()


Searched: TypeAlias = set[tuple[str, int, int]]
"""Files: path, time of the last change in ns, size."""


def kept(secrets: Mapping[str, tuple[str, ...]], *places: Path, searched: Searched | None = None) -> Iterator[str]:
    """A line for each file below these places that holds the last value of a secret, in whatever way it is written.
    Files that are `searched` already are left out, and added."""
    for place in places:
        for path in sorted(path for path in place.rglob("*") if path.is_file() and not path.is_symlink()):
            if searched is not None:
                about = path.stat()
                key = (str(path), about.st_mtime_ns, about.st_size)
                if key in searched:
                    continue
                searched.add(key)
            content = path.read_bytes()
            if content[:2] == b"\x1f\x8b":
                content = zlib.decompressobj(31).decompress(content)
            yield from (f"secret {id_} in {path.relative_to(place)}" for id_ in told(secrets, content))


def in_images(secrets: Mapping[str, tuple[str, ...]], saved: Path) -> Iterator[str]:
    """A line for each file of the images that were unpacked there: their settings, their history, their layers."""
    yield from (found.replace(" in ", " in an image: ", 1) for found in kept(secrets, saved))


def told(secrets: Mapping[str, tuple[str, ...]], content: bytes) -> Iterator[str]:
    """The secrets that occur in it: as they are, quoted for a shell, as JSON, or as base64."""
    for id_, values in secrets.items():
        if any(way in content for way in _written(values[-1])):
            yield id_


def _written(secret: str) -> Iterator[bytes]:
    yield secret.encode()
    yield from (secret.replace("'", quote).encode() for quote in ("'\"'\"'", "'\\''"))  # as dash and bash trace it
    yield json.dumps(secret)[1:-1].encode()
    yield _base64(secret)


def _base64(secret: str) -> bytes:
    """All but the end, which depends on what follows."""
    return base64.b64encode(secret.encode()).rstrip(b"=")[:-1]
