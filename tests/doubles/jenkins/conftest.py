"""Doubles for their own tests, and plain HTTP to ask them."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from doubles.jenkins.process import Double, double

XML = {"Content-Type": "application/xml"}
PIPELINE = "<flow-definition><description>{}</description></flow-definition>"


class Client:
    """Requests to a double, by token unless told otherwise; redirects are not followed."""

    def __init__(self, to: Double, *, password: bool = False) -> None:
        self.to = to
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (to.user, to.password if password else to.token)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.session.get(f"{self.to.url}/{path}", timeout=20, allow_redirects=False, **more)

    def post(self, path: str, body: str | bytes = b"", **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.to.url}/{path}"
        data = body.encode() if isinstance(body, str) else body
        return self.session.post(url, data=data, headers=named, timeout=20, allow_redirects=False)

    def create(self, name: str, body: str | bytes = PIPELINE.format("x"), folder: str = "") -> requests.Response:
        above = "".join(f"job/{part}/" for part in folder.split("/") if part)
        url = f"{self.to.url}/{above}createItem"
        data = body.encode() if isinstance(body, str) else body
        return self.session.post(url, params={"name": name}, data=data, headers=XML, timeout=20)

    def config(self, path: str) -> str:
        """The config.xml of a full name, as text."""
        answer = self.get(f"{'/'.join(f'job/{part}' for part in path.split('/'))}/config.xml")
        answer.raise_for_status()
        return answer.content.decode()


@pytest.fixture
def start() -> Iterator[Callable[..., Client]]:
    """Starts a double and gives a client to it."""
    with contextlib.ExitStack() as running:

        def begin(*, as_password: bool = False, **settings: Any) -> Client:
            client = Client(running.enter_context(double(**settings)), password=as_password)
            running.callback(client.session.close)
            return client

        yield begin
