"""How a server can fail, each in words that say what to do about it.

No text of these holds a secret: what the server says is scrubbed before it gets here. It sends nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PERMISSIONS = {"hudson.model.Item": "Job", "hudson.model.Hudson": "Overall", "hudson.model.View": "View"}


class JenkinsFailure(Exception):
    """One request failed, and others may succeed. `repeated`: an earlier try of it may have been done."""

    def __init__(self, message: str, *, repeated: bool = False) -> None:
        super().__init__(message)
        self.repeated = repeated


class Refused(JenkinsFailure):
    """400: a bad or taken name, or a bad request."""


class Forbidden(JenkinsFailure):
    """403: a permission is missing."""


class NotThere(JenkinsFailure):
    """404: no such item, or none that this user may see."""


class Broken(JenkinsFailure):
    """500 again and again, or an answer that makes no sense."""


class ServerLost(JenkinsFailure):
    """Nothing more can be had from this server: wrong credentials, no connection, no end to its failing."""


class Answer(NamedTuple):
    """What came back. `headers` are by lower-case names. `repeated` as of JenkinsFailure."""

    status: int
    text: str
    headers: dict[str, str]
    repeated: bool = False

    @property
    def wants_crumb(self) -> bool:
        """Whether it was refused for the want of a crumb, or because the session that it came from has ended."""
        return self.status == 403 and "no valid crumb" in self.text.lower()


def failure(answer: Answer, what: str, user: str) -> JenkinsFailure:
    """The failure that an answer is; `what` was tried ("creating services/web")."""
    said, who = answer.headers.get("x-error", ""), user or "the anonymous user"
    match answer.status:
        case 400:
            why = said or _title(answer.text)
            return Refused(f"{what}: Jenkins refused the request (400): {why}", repeated=answer.repeated)
        case 401:
            return ServerLost(f"{what}: Jenkins does not accept the credentials of {who} (401)")
        case 403:
            return Forbidden(f"{what}: {_forbidden(answer, user)}", repeated=answer.repeated)
        case 404:
            return NotThere(f"{what}: it does not exist, or {who} may not see it (404)", repeated=answer.repeated)
        case 500:
            hint = "an internal error, or the plugin for this kind of job is missing; see Jenkins' log"
            return Broken(f"{what}: Jenkins failed (500): {hint}", repeated=answer.repeated)
        case status if 300 <= status < 400:
            place = answer.headers.get("location", "elsewhere").partition("?")[0]
            return ServerLost(f"{what}: the server redirects to {place} ({status}); is that its real URL?")
        case status:
            return Broken(f"{what}: expected an answer from Jenkins, got status {status}: {_title(answer.text)}")


def _forbidden(answer: Answer, user: str) -> str:
    who = user or "the anonymous user (no credentials were given)"
    permission = answer.headers.get("x-required-permission", "")
    if not permission:
        found = re.search(r"is missing the ([\w/ ]+) permission", answer.text)
        permission = found[1] if found else ""
    group, _, name = permission.rpartition(".")
    shown = f"{_PERMISSIONS.get(group, group.rpartition('.')[2])}/{name}" if group else permission
    if shown:
        return f"{who} lacks the permission {shown} (403)"
    return f"{who} may not do this (403): {_title(answer.text)}"


def _title(page: str) -> str:
    """The title of an HTML page, in one short line."""
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL | re.IGNORECASE)
    line = " ".join((found[1] if found else re.sub(r"<[^>]*>", " ", page)).split())
    return line[:120] or "it gives no reason"
