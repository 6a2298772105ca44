"""Who asks: basic auth by token or password, sessions, crumbs.

A token needs no crumb; a password does, and a crumb is good only with the same user and session.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import secrets
import threading
from http.cookies import SimpleCookie

from doubles.jenkins import answers
from doubles.jenkins.answers import Answer, Request
from doubles.jenkins.settings import Settings

COOKIE = "JSESSIONID.d0uble"
CRUMB_FIELD = "Jenkins-Crumb"


@dataclasses.dataclass(frozen=True)
class Caller:
    """`permissions` are the ids of what the caller may do; `session` is empty without a valid session cookie."""

    name: str
    permissions: frozenset[str]
    by_token: bool = False
    session: str = ""

    def may(self, permission: str) -> bool:
        return permission in self.permissions


class Access:
    """The sessions of one server process; they die with it, as Jetty's do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, int] = {}
        self._salt = secrets.token_hex(16)

    def caller(self, request: Request, settings: Settings) -> Caller | None:
        """Who asks; None when the credentials are wrong."""
        session = self._session(request, settings)
        given = request.headers.get("authorization", "")
        if not given:
            return Caller("anonymous", frozenset(settings.anonymous), session=session)
        kind, _, text = given.partition(" ")
        try:
            user, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        if kind.lower() != "basic" or user != settings.user or secret not in {settings.token, settings.password}:
            return None
        return Caller(user, frozenset(settings.permissions), secret == settings.token, session)

    def expire(self) -> None:
        with self._lock:
            self._sessions.clear()

    def _session(self, request: Request, settings: Settings) -> str:
        """The id of the caller's session, one request older; empty when there is none or it has ended."""
        cookie = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
        with self._lock:
            if cookie is None or cookie.value not in self._sessions:
                return ""
            self._sessions[cookie.value] += 1
            if settings.session_requests and self._sessions[cookie.value] > settings.session_requests:
                del self._sessions[cookie.value]
                return ""
        return cookie.value

    def crumb(self, caller: Caller, settings: Settings) -> Answer:
        """The crumb issuer's answer; it begins a session where there is none."""
        if not settings.crumbs:
            return answers.not_found()
        session = caller.session or f"node0{secrets.token_hex(12)}"
        with self._lock:
            self._sessions.setdefault(session, 0)
        answer = answers.as_json(
            {
                "_class": "hudson.security.csrf.DefaultCrumbIssuer",
                "crumb": self._crumb(caller.name, session),
                "crumbRequestField": CRUMB_FIELD,
            }
        )
        if caller.session:
            return answer
        return answer.also(("Set-Cookie", f"{COOKIE}={session}; Path={settings.context or '/'}; HttpOnly"))

    def lacks_crumb(self, request: Request, caller: Caller, settings: Settings) -> bool:
        """Whether a POST of this caller is to be refused for want of a crumb."""
        if not settings.crumbs or caller.by_token:
            return False
        given = request.headers.get(CRUMB_FIELD.lower(), "")
        return not caller.session or not secrets.compare_digest(given, self._crumb(caller.name, caller.session))

    def _crumb(self, user: str, session: str) -> str:
        return hashlib.sha256(f"{user};{session};{self._salt}".encode()).hexdigest()
