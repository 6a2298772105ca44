"""Secrets must not be told: while a run goes on, the arguments of all processes are sampled for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

_EVERY = 0.04
"""Seconds."""


@contextmanager
def watched(secrets: Mapping[str, tuple[str, ...]], site: Path) -> Iterator[list[str]]:
    """The list fills with a line for each secret (the last of its values) that some process's arguments hold.

    `site` stands in the environment of every process of the run: others' are not its business.
    """
    found: list[str] = []
    wanted = {id_: values[-1].encode() for id_, values in secrets.items()}
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


def _seen(wanted: Mapping[str, bytes], site: bytes) -> Iterator[tuple[str, str]]:
    for path in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (path / "cmdline").read_bytes()
            found = [id_ for id_, secret in wanted.items() if secret in arguments]
            if found and site not in (path / "environ").read_bytes():
                continue
        except OSError:
            continue  # it has ended
        for id_ in found:
            yield id_, arguments.partition(b"\0")[0].decode(errors="replace")
