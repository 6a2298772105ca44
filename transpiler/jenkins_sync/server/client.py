"""Sends requests to one server with python-jenkins: with time-outs and retries, and with messages for failures.

It uses the URL handling, the session and the single requests of python-jenkins. The rest is done here, because
python-jenkins has no time-outs, its retries do nothing, it requests a crumb for every account and never renews it, and
its errors omit Jenkins' message. Knows no jobs.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import quote

import jenkins
import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth

from transpiler.jenkins_sync.server import trouble
from transpiler.jenkins_sync.server.account import Account
from transpiler.jenkins_sync.server.failures import Answer, Broken, ServerLost, failure
from transpiler.jenkins_sync.server.trouble import Passing
from transpiler.records import dataclass

_T = TypeVar("_T")
_LONGEST_WAIT = 15.0
_FEW = 5
"""The number of tries for failures that may be permanent: 500, an answer that cannot be read, a lost session."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits in seconds: for connecting, for waiting for the next byte of an answer, for all tries of one request, and
    the wait before the second try."""

    connect: float = 10.0
    read: float = 60.0
    deadline: float = 300.0
    first_wait: float = 0.2


class _Session(jenkins.WrappedSession):
    """A session that does not follow redirects: after a POST that would fetch a whole page, and to another server it
    would send credentials."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        return None


class _Requests(jenkins.Jenkins):
    """python-jenkins, except that it returns all answers, because its exceptions omit the headers that say why."""

    def _response_handler(self, response: requests.Response) -> requests.Response:
        return response


class Client:
    """Sends requests to one server; several threads may use it."""

    def __init__(
        self,
        account: Account,
        limits: Limits | None = None,
        *,
        workers: int = 1,
        ca_bundle: str = "",
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.account = account
        self.limits = limits or Limits()
        self._tell = tell
        self._jenkins = _connected(account, self.limits, workers, ca_bundle)
        self._crumb: tuple[str, str] | None = None
        self._lock = threading.Lock()
        self._reached = self._accepted = False
        self._reported = 0.0

    def json(self, path: str, tree: str, what: str) -> Mapping[str, Any]:
        """The JSON of an item ("" is the server itself), with only the fields in `tree`. Raises JenkinsFailure."""
        found: Mapping[str, Any] = self._get(f"{url_path(path)}api/json", {"tree": tree}, what, json.loads)
        return found

    def plugins(self) -> frozenset[str]:
        """The short names of the server's plugins that are at work. Raises JenkinsFailure."""
        tree = {"tree": "plugins[shortName,active]"}
        found = self._get("pluginManager/api/json", tree, "reading the list of plugins", json.loads)
        return frozenset(each["shortName"] for each in found["plugins"] if each["active"])

    def config(self, path: str, parse: Callable[[str], _T]) -> _T:
        """An item's config.xml, parsed by `parse`, which may raise ValueError or SyntaxError. Raises JenkinsFailure."""
        return self._get(f"{url_path(path)}config.xml", {}, f"reading the configuration of {path}", parse)

    def post(
        self,
        path: str,
        action: str,
        what: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes = b"",
        content_type: str = "application/x-www-form-urlencoded",
    ) -> bool:
        """Sends a POST. Returns whether it succeeded at the first try; if not, an earlier try may have had the effect
        although its answer was lost. Raises JenkinsFailure.
        """
        headers = {"Content-Type": content_type}
        request = requests.Request("POST", url_path(path) + action, headers, data=body, params=dict(query or {}))
        answer = self._sent(request, what)
        if answer.status in (200, 201, 204) or (answer.status == 302 and action != "createItem"):
            return not answer.repeated
        raise failure(answer, what, self.account.user)

    def _get(self, place: str, query: Mapping[str, str], what: str, parse: Callable[[str], _T]) -> _T:
        for _ in range(_FEW):
            answer = self._sent(requests.Request("GET", place, params=dict(query)), what)
            if answer.status != 200:
                raise failure(answer, what, self.account.user)
            try:
                return parse(answer.text)
            except (ValueError, SyntaxError):
                jenkins_says = "x-jenkins" in answer.headers
                time.sleep(random.uniform(0, self.limits.first_wait))
        if not jenkins_says:
            raise ServerLost(f"{what}: {self.account.url} does not answer like Jenkins; is this URL right?")
        raise Broken(f"{what}: transpipe cannot read the answer")

    def _sent(self, request: requests.Request, what: str) -> Answer:
        """Sends a request until the answer is not a temporary failure. Raises ServerLost if it takes too long."""
        started, tries, few = time.monotonic(), 0, 0
        repeated = False
        while True:
            seen = self._crumb
            found = self._once(request)
            if isinstance(found, Answer):
                self._reached = self._reached or "x-jenkins" in found.headers
                passing = trouble.of_answer(found)
                if not trouble.passes(found.status):
                    if few == _FEW or not self._worth_retrying(found, request, seen):
                        self._accepted = self._accepted or found.status < 400
                        return found._replace(repeated=repeated)
                    few += 1
            else:
                passing = found
            if passing:
                repeated = repeated or passing.maybe_done
                tries += 1
                self._wait(passing, tries, started, what)

    def _worth_retrying(self, answer: Answer, request: requests.Request, seen: tuple[str, str] | None) -> bool:
        """Whether another try may have another result; renews the crumb if that is the reason of the failure."""
        if answer.wants_crumb and request.method == "POST":
            self._renew(seen)
            return True
        # For 401: the account was accepted before, so the session may have ended, or a directory may be unavailable.
        return answer.status == 500 or (answer.status == 401 and self._accepted)

    def _once(self, request: requests.Request) -> Answer | Passing:
        """Sends a request once. Raises ServerLost if trying again cannot help."""
        if request.method == "POST" and self.account.by_password and self._crumb is None:
            self._renew(None)
        made = requests.Request(
            request.method,
            self._jenkins.server + request.url,
            dict(request.headers),
            data=request.data,
            params=request.params,
        )
        if self._crumb and self._crumb[0] and request.method == "POST":
            made.headers[self._crumb[0]] = self._crumb[1]
        try:
            response = self._jenkins.jenkins_request(made, add_crumb=False, resolve_auth=False)
        except (requests.RequestException, jenkins.JenkinsException) as error:
            return trouble.of_connection(error, self.account.url, reached=self._reached)
        headers = {name.lower(): self.account.scrubbed(value) for name, value in response.headers.items()}
        response.encoding = "utf-8"
        return Answer(response.status_code, self.account.scrubbed(response.text), headers)

    def _renew(self, seen: tuple[str, str] | None) -> None:
        """Gets a new session and crumb, unless another thread has replaced the crumb `seen` already."""
        with self._lock:
            if self._crumb is not seen:
                return
            self._jenkins._session.cookies.clear()
            answer = self._sent(requests.Request("GET", "crumbIssuer/api/json"), "asking for a crumb")
            if answer.status == 404:  # the protection against cross-site requests is off
                self._crumb = ("", "")
                return
            if answer.status != 200:
                raise failure(answer, "asking for a crumb", self.account.user)
            with suppress(ValueError, KeyError):  # not a valid answer: the POST will fail and try this again
                data = json.loads(answer.text)
                self._crumb = (str(data["crumbRequestField"]), str(data["crumb"]))

    def _wait(self, passing: Passing, tries: int, started: float, what: str) -> None:
        """Waits before another try, longer each time, and for a random time so that threads do not try all at once.
        Raises ServerLost if the time is up."""
        spent = time.monotonic() - started
        wait = random.uniform(0.5, 1) * min(self.limits.first_wait * 2 ** min(tries - 1, 20), _LONGEST_WAIT)
        wait = max(wait, passing.retry_after)
        if spent + wait > self.limits.deadline:
            raise ServerLost(f"{what}: {passing.what}; gave up after {spent:.0f} s and {tries} tries", repeated=True)
        if spent > 3 and time.monotonic() - self._reported > 10:
            self._reported = time.monotonic()
            self._tell(f"waiting for {self.account.url}: {passing.what}")
        time.sleep(wait)


def url_path(path: str) -> str:
    """The path of an item's URL, relative to the server's and with a slash at the end; "" for the server itself."""
    return "".join(f"job/{quote(part, safe='')}/" for part in path.split("/")) if path else ""


def _connected(account: Account, limits: Limits, workers: int, ca_bundle: str) -> Any:
    """Returns python-jenkins with the session, pool and time-outs of this module."""
    # Its constructor logs the headers in JENKINS_API_EXTRA_HEADERS, which may be secrets.
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        made: Any = _Requests(f"{account.url}/")
    finally:
        logging.disable(before)
    session = _Session()
    session.headers.update(made._session.headers)
    session.headers["User-Agent"] = "transpipe"
    session.auth = HTTPBasicAuth(account.user.encode(), account.secret.encode()) if account.user else _nobody
    session.verify = ca_bundle or True
    pool = HTTPAdapter(pool_connections=2, pool_maxsize=max(workers, 1), max_retries=0)
    session.mount("http://", pool)
    session.mount("https://", pool)
    made._session, made.timeout = session, (limits.connect, limits.read)
    return made


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Adds no credentials. Without this, requests would use those in netrc."""
    return request
