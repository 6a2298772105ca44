"""Secrets must not leak: during a run, the arguments of all processes are sampled for them. After it, everything that
the run left is searched: artifacts, reports of variables, logs, results, the registry's layers, and every image that it
made on the daemon, also those that it removed."""

from __future__ import annotations

import base64
import json
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_EVERY = 0.04
"""Seconds."""


@contextmanager
def watched(secrets: Mapping[str, tuple[str, ...]], site: Path) -> Iterator[list[str]]:
    """The list fills with a line for each secret (the last of its values) that some process's arguments hold.

    `site` is in the environment of every process of the run; other processes are ignored.
    """
    found: list[str] = []
    wanted = {id_: (values[-1].encode(), _base64(values[-1])) for id_, values in secrets.items()}
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(_EVERY):
            for id_, program in _seen(wanted, str(site).encode()):
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


def _seen(wanted: Mapping[str, tuple[bytes, ...]], site: bytes) -> Iterator[tuple[str, str]]:
    for path in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (path / "cmdline").read_bytes()
            found = [id_ for id_, ways in wanted.items() if any(way in arguments for way in ways)]
            if found and site not in (path / "environ").read_bytes():
                continue
        except OSError:
            continue  # it has ended
        for id_ in found:
            yield id_, arguments.partition(b"\0")[0].decode(errors="replace")


def kept(secrets: Mapping[str, tuple[str, ...]], *places: Path) -> Iterator[str]:
    """A line for each file below these places that holds the last value of a secret, in whatever way it is written."""
    for place in places:
        for path in sorted(path for path in place.rglob("*") if path.is_file() and not path.is_symlink()):
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
