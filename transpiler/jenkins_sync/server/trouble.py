"""Decides which failures of connections, proxies and Jenkins are temporary, and what the others mean.

It neither sends requests nor waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import jenkins
import requests
import urllib3.exceptions

from transpiler.jenkins_sync.server.failures import Answer, ServerLost

_WORDS = {
    429: "the server asks for fewer requests (429)",
    500: "Jenkins failed (500)",
    502: "the proxy in front of Jenkins cannot reach it (502)",
    503: "Jenkins is not available (503)",
    504: "the proxy in front of Jenkins got no answer from it in time (504)",
}
_PASSING = frozenset({429, 502, 503, 504})


class Passing(NamedTuple):
    """A temporary failure. `what` is a message; `maybe_done`: the request may have had its effect nevertheless;
    `retry_after` is the minimal time to wait, in seconds; `answered`: there was an answer."""

    what: str
    maybe_done: bool
    retry_after: float = 0.0
    answered: bool = False


def passes(status: int) -> bool:
    """Whether an answer with this status is a temporary failure."""
    return status in _PASSING


def of_answer(answer: Answer) -> Passing | None:
    """The temporary failure that an answer with this status is; None for other answers."""
    if answer.status not in _WORDS:
        return None
    what = _WORDS[answer.status]
    if "getting ready to work" in answer.text:
        what = "Jenkins is getting ready to work (503)"
    after = answer.headers.get("retry-after", "")
    wait = min(float(after), 60.0) if after.isdecimal() else 0.0
    return Passing(what, answer.status != 429, wait, answered=True)


def of_connection(error: Exception, url: str, *, reached: bool) -> Passing:
    """The temporary failure that an exception is. Raises ServerLost if trying again cannot help: for an invalid
    certificate, and for an unknown host or another TLS failure unless the server was `reached` before."""
    causes = list(_causes(error))
    if isinstance(error, requests.exceptions.SSLError) or _has(causes, urllib3.exceptions.SSLError):
        if not reached or "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise ServerLost(_tls(url, causes)) from None
        return Passing("the TLS connection broke", maybe_done=True)
    if _has(causes, urllib3.exceptions.NameResolutionError):
        if not reached:
            raise ServerLost(f"the host name of {url} is unknown (DNS)") from None
        return Passing("the server's host name is no longer known (DNS)", maybe_done=False)
    if isinstance(error, requests.exceptions.ProxyError):
        return Passing("the proxy to Jenkins failed", maybe_done=True)
    if _has(causes, ConnectionRefusedError):
        return Passing("nothing listens there (connection refused)", maybe_done=False)
    if _has(causes, requests.exceptions.ConnectTimeout):
        return Passing("no connection in time", maybe_done=False)
    if isinstance(error, (jenkins.TimeoutException, requests.exceptions.Timeout)):
        return Passing("no answer in time", maybe_done=True)
    if isinstance(
        error,
        (
            requests.exceptions.ConnectionError,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ),
    ):
        return Passing("the connection broke", maybe_done=True)
    raise ServerLost(f"cannot send a request to {url} ({type(error).__name__})") from None


def _tls(url: str, causes: list[BaseException]) -> str:
    text = " ".join(str(cause) for cause in causes)
    why = "its certificate is not signed by a trusted authority; give the authority's certificate with --ca-bundle FILE"
    if "CERTIFICATE_VERIFY_FAILED" not in text:
        return f"no TLS connection to {url}; does the server use https?"
    if "Hostname mismatch" in text or "doesn't match" in text or "IP address mismatch" in text:
        why = "its certificate is for another host name"
    elif "expired" in text:
        why = "its certificate has expired"
    return f"no TLS connection to {url}: {why}"


def _has(causes: list[BaseException], kind: type[BaseException]) -> bool:
    return any(isinstance(cause, kind) for cause in causes)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all its causes; urllib3 has some in `reason` or in the arguments."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = [getattr(cause, "reason", None), *cause.args]
        waiting += [cause.__cause__, cause.__context__, *(c for c in inner if isinstance(c, BaseException))]
