"""A stand-in for Gerrit's REST API: takes what is said about a change, and knows who owns a commit's change."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from doubles.http_service import UNAUTHORIZED, Answer, Asked

_REVIEW = re.compile(r"a/changes/(?P<change>[^/]+)/revisions/(?P<patchset>[^/]+)/review$")
# A change's owner and who approved it; the bot must not be asked to review.
_CHANGES = [
    {
        "owner": {"username": "owner", "email": "owner@example.org"},
        "labels": {"Code-Review": {"approved": {"username": "approver"}}},
    },
    {"owner": {"username": "robot", "tags": ["SERVICE_USER"]}},
]


@dataclass
class Gerrit:
    """`said` has (change, patch set, message) of each review."""

    login: tuple[str, str]
    said: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Answer:
        """The API."""
        found = _REVIEW.match(asked.path)
        if found and asked.method == "POST":
            if asked.login() != self.login:
                return UNAUTHORIZED
            self.said.append((found["change"], found["patchset"], json.loads(asked.body)["message"]))
            return Answer(body=b")]}'\n{}")
        if asked.path in ("changes", "changes/") and asked.query.get("q", "").startswith("commit:"):
            return Answer(body=b")]}'\n" + json.dumps(_CHANGES).encode())
        return Answer(404, f"no such path here: {asked.path}".encode(), "text/plain")
