"""Finds in a stage's log whether it failed because a registry could not be reached, and says what to do."""

from __future__ import annotations

import re
from pathlib import Path

from transpiler.profile import Pull

# The message of Go's HTTP client, which docker, its builders and podman print. `/v2/` is the path of a registry's API.
_NOT_REACHED = re.compile(
    rb'(?:Get|Head|Post) "?https?://([^/"\s]+)/v2/[^"\s]*"?: '
    rb"(?:dial |proxyconnect |context deadline exceeded|net/http: (?:TLS handshake timeout|request canceled))"
)
_HELP = {
    Pull.ALWAYS: "`--pull missing` does with the images that this machine has",
    Pull.MISSING: "an image that this machine lacks cannot be pulled",
    Pull.NEVER: "docker's builds pull what this machine lacks, whatever `--pull` says",
}


def not_reached(log: Path, pull: Pull) -> tuple[str, ...]:
    """A line about the last registry that a failed stage could not reach; none if its log has no such message."""
    hosts = _NOT_REACHED.findall(log.read_bytes())
    if not hosts:
        return ()
    return (f"no network? {hosts[-1].decode('utf-8', 'replace')} could not be reached; {_HELP[pull]}",)
