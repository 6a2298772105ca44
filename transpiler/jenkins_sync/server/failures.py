"""The ways in which a server can fail, with messages that say what to do.

No message contains a secret, because the secret is removed from the server's text before. It sends no requests.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PERMISSIONS = {"hudson.model.Item": "Job", "hudson.model.Hudson": "Overall", "hudson.model.View": "View"}


class JenkinsFailure(Exception):
    """One request failed; others may succeed. `repeated`: an earlier try of it may have had its effect."""

    def __init__(self, message: str, *, repeated: bool = False) -> None:
        super().__init__(message)
        self.repeated = repeated


class Refused(JenkinsFailure):
    """400: a name that is invalid or exists already, or an invalid request."""


class Forbidden(JenkinsFailure):
    """403: a permission is missing."""


class NotThere(JenkinsFailure):
    """404: there is no such item, or this user must not see it."""


class Broken(JenkinsFailure):
    """500 at every try, or an answer that cannot be read."""


class ServerLost(JenkinsFailure):
    """The server cannot be used any more: wrong credentials, no connection, or a failure that does not end."""


class Answer(NamedTuple):
    """The answer to a request. The names in `headers` are lower case; `repeated` is as in JenkinsFailure."""

    status: int
    text: str
    headers: dict[str, str]
    repeated: bool = False

    @property
    def wants_crumb(self) -> bool:
        """Whether the request was refused because it had no crumb, or because the crumb's session has ended."""
        return self.status == 403 and "no valid crumb" in self.text.lower()


def failure(answer: Answer, what: str, user: str) -> JenkinsFailure:
    """The failure for an answer; `what` is what the request was for, such as "creating services/web"."""
    reason, who = answer.headers.get("x-error", ""), user or "the anonymous user"
    match answer.status:
        case 400:
            why = reason or _title(answer.text)
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
