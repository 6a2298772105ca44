"""Requests and answers as values, and the pages that Jenkins (or a proxy before it) sends with each status."""

from __future__ import annotations

import dataclasses
import html
import json
from collections.abc import Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Request:
    """`segments` are the parts of the path below the context, decoded; header names are lower case."""

    method: str
    segments: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    root: str


@dataclasses.dataclass(frozen=True)
class Answer:
    """Header values are latin-1 when they leave: what cannot be said in it becomes `?`, as Jetty does."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def also(self, *headers: tuple[str, str]) -> Answer:
        return dataclasses.replace(self, headers=(*self.headers, *headers))


def as_json(value: Any) -> Answer:
    return Answer(200, json.dumps(value).encode(), (("Content-Type", "application/json;charset=utf-8"),))


def as_xml(text: str) -> Answer:
    return Answer(200, text.encode("utf-8", "surrogatepass"), (("Content-Type", "application/xml;charset=utf-8"),))


def page(status: int, title: str, text: str = "") -> Answer:
    """A whole HTML page; Jenkins never sends less."""
    body = (
        f"<!DOCTYPE html><html><head><title>{html.escape(title)}</title>{'<!-- chrome -->' * 40}</head>"
        f"<body><h1>{html.escape(title)}</h1><p>{html.escape(text)}</p></body></html>"
    )
    return Answer(status, body.encode(), (("Content-Type", "text/html;charset=utf-8"),))


def bad_request(message: str) -> Answer:
    return page(400, "Error", message).also(("X-Error", message))


def unauthorized(user: str) -> Answer:
    title = f"Error 401 Invalid password/token for user: {user}"
    return page(401, title).also(("WWW-Authenticate", 'Basic realm="Jenkins"'))


def forbidden(user: str, permission: str) -> Answer:
    *_, group, name = permission.split(".")
    return page(403, "Access Denied", f"{user} is missing the {group}/{name} permission").also(
        ("X-You-Are-Authenticated-As", user),
        ("X-Required-Permission", permission),
        ("X-Permission-Implied-By", "hudson.security.Permission.GenericWrite"),
    )


def no_crumb() -> Answer:
    return page(403, "Error 403 No valid crumb was included in the request")


def not_found() -> Answer:
    return page(404, "Not Found")


def only_post() -> Answer:
    return page(405, "Form post required", "This URL requires POST").also(("Allow", "POST"))


def oops() -> Answer:
    return page(500, "Oops!", "A problem occurred while processing the request. Logging ID=4ee9d5f0")


def starting() -> Answer:
    return page(503, "Jenkins", "Please wait while Jenkins is getting ready to work ...")


def redirect(place: str) -> Answer:
    return Answer(302, b"", (("Location", place),))


def proxy(status: int, retry_after: int) -> Answer:
    """What stands before Jenkins says by itself; it knows no `X-Jenkins`."""
    titles = {429: "Too Many Requests", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out"}
    body = f"<html><head><title>{status} {titles[status]}</title></head><body><hr>nginx</body></html>".encode()
    retry = (("Retry-After", str(retry_after)),) if status == 429 else ()
    return Answer(status, body, (("Content-Type", "text/html"), *retry))
