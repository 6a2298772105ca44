"""The server as it fails: each failure in its own words, and no secret in any."""

from __future__ import annotations

import logging
import re
import socket
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from doubles.jenkins.process import Double
from doubles.jenkins.settings import ALL_PERMISSIONS, CONFIGURE, CREATE, READ, Fault
from support.jenkins_sync import QUICK, Syncing, job, pending

from transpiler.jenkins_sync.server import account as accounts
from transpiler.jenkins_sync.server.account import PASSWORD, TOKEN, URL, USER, Account, Unclear, account
from transpiler.jenkins_sync.server.client import Client, Limits
from transpiler.jenkins_sync.server.failures import JenkinsFailure, ServerLost

SHORT = Limits(connect=1, read=1, deadline=0.3, first_wait=0.01)
SECRET = "s3cr3t-of-ours"
Doubles = Callable[..., Double]


def look(client: Client) -> str:
    """What a client says when it cannot look at the server; checked not to hold a secret, traceback and all."""
    with pytest.raises(JenkinsFailure) as failed:
        client.json("", "jobs[name]", "looking")
    told = "".join(traceback.format_exception(failed.value))
    assert client.account.secret == "" or client.account.secret not in told
    return str(failed.value)


def client(to: Double, secret: str | None = None, limits: Limits = QUICK, *, by_password: bool = False) -> Client:
    return Client(Account(to.url, to.user, to.token if secret is None else secret, by_password), limits)


def test_wrong_credentials(make_double: Doubles) -> None:
    to = make_double()
    assert look(client(to, SECRET)) == "looking: Jenkins does not accept the credentials of admin (401)"


def test_no_credentials(make_double: Doubles) -> None:
    to = make_double()
    assert "lacks the permission Overall/Read (403)" in look(Client(Account(to.url), QUICK))


def test_requests_nobodys_credentials_are_not_those_of_netrc(
    make_double: Doubles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = make_double(anonymous=[READ])
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login admin password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert Client(Account(to.url), QUICK).json("", "jobs[name]", "looking")["jobs"] == []


@pytest.mark.parametrize(
    ("lacking", "words"),
    [(CREATE, "admin lacks the permission Job/Create (403)"), (CONFIGURE, "admin lacks the permission Job/Configure")],
    ids=["to create", "to configure"],
)
def test_a_missing_permission_is_named(make_double: Doubles, lacking: str, words: str) -> None:
    to = make_double()
    if lacking == CONFIGURE:
        Syncing(to).apply([job("a")])
    to.change(permissions=[p for p in ALL_PERMISSIONS if p != lacking])
    done = Syncing(to).apply([job("a", 2)])
    assert words in " ".join(result.why for result in done.results)
    assert not done.outcome.complete


def test_a_refusal_says_what_jenkins_says(make_double: Doubles) -> None:
    to = make_double()
    with pytest.raises(JenkinsFailure, match=r"creating it: Jenkins refused the request \(400\): .*unsafe"):
        client(to).post("", "createItem", "creating it", query={"name": "a?b"}, body=b"<x/>", content_type="text/xml")


def test_a_server_that_only_breaks(make_double: Doubles) -> None:
    to = make_double(faults=[Fault("500", rate=1.0)])
    assert "Jenkins failed (500): an internal error, or the plugin for this kind of job is missing" in look(client(to))
    assert len(to.log()) == 6


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("429", "the server asks for fewer requests (429)"),
        ("502", "the proxy in front of Jenkins cannot reach it (502)"),
        ("503", "Jenkins is not available (503)"),
        ("504", "the proxy in front of Jenkins got no answer from it in time (504)"),
        ("reset", "the connection broke"),
        ("truncated", "the connection broke"),
        ("hang", "no answer in time"),
    ],
)
def test_trouble_that_does_not_pass(make_double: Doubles, fault: str, words: str) -> None:
    to = make_double(faults=[Fault(fault, rate=1.0)], retry_after=0, hang=3)
    message = look(client(to, limits=SHORT))
    assert message.startswith(f"looking: {words}; gave up after ")
    assert len(to.log()) >= 1


def test_a_server_that_is_starting_is_waited_for(make_double: Doubles) -> None:
    to = make_double(starting=5)
    assert client(to).json("", "jobs[name]", "looking")["jobs"] == []
    assert [entry.status for entry in to.log()] == [503] * 5 + [200]


def test_one_that_never_starts_is_named_as_such(make_double: Doubles) -> None:
    to = make_double(starting=100000)
    assert "Jenkins is getting ready to work (503); gave up after" in look(client(to, limits=SHORT))


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert "nothing listens there (connection refused); gave up" in look(
            Client(Account(url, "admin", SECRET), SHORT)
        )


def test_a_name_that_nobody_knows() -> None:
    message = look(Client(Account("https://jenkins.invalid", "admin", SECRET), SHORT))
    assert message == "the host name of https://jenkins.invalid is unknown (DNS)"


def test_a_certificate_needs_somebody_who_signed_it(make_double: Doubles) -> None:
    to = make_double(tls=True)
    assert "its certificate is not signed by a trusted authority; give the authority" in look(client(to))
    trusting = Client(Account(to.url, to.user, to.token), QUICK, ca_bundle=str(to.state / "ca.pem"))
    assert trusting.json("", "jobs[name]", "looking")["jobs"] == []


def test_no_variable_of_the_environment_turns_that_off(make_double: Doubles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    assert "no TLS connection" in look(client(make_double(tls=True)))


def test_http_where_https_is_spoken(make_double: Doubles) -> None:
    to = make_double()
    secure = to.url.replace("http:", "https:")
    assert "does the server use https?" in look(Client(Account(secure, to.user, to.token), SHORT))


@pytest.mark.parametrize("path", ["/wrong", "/job/none"], ids=["a wrong context", "a page"])
def test_a_url_that_is_not_where_jenkins_begins(make_double: Doubles, path: str) -> None:
    to = make_double(context="/ci")
    url = to.url.replace("/ci", path) if path == "/wrong" else to.url + path
    assert "it does not exist" in look(Client(Account(url, to.user, to.token), QUICK))


# ---- who we are ----


@pytest.mark.parametrize("password", [False, True], ids=["a token", "a password"])
@pytest.mark.parametrize("context", ["", "/ci"], ids=["at the root", "below a context path"])
def test_jobs_are_made_by(make_double: Doubles, context: str, password: bool) -> None:
    to = make_double(context=context)
    jobs = [job(name) for name in "abc"]
    assert Syncing(to, password=password).apply(jobs).outcome.complete
    assert pending(Syncing(to).plan(jobs, verify=True)) == []
    crumbs = [entry for entry in to.log() if "crumbIssuer" in entry.path]
    assert len(crumbs) == (1 if password else 0)


def test_a_password_that_looks_like_a_token_gets_its_crumb_when_it_is_asked_for(make_double: Doubles) -> None:
    to = make_double()
    client(to, to.password).post(
        "", "createItem", "creating", query={"name": "a"}, body=job("a").xml(), content_type="text/xml"
    )
    assert [entry.status for entry in to.log()] == [403, 200, 200]


def test_a_server_without_crumbs_takes_a_password(make_double: Doubles) -> None:
    to = make_double(crumbs=False)
    assert Syncing(to, password=True).apply([job("a"), job("b")]).outcome.complete
    assert len([entry for entry in to.log() if "crumbIssuer" in entry.path]) == 1


def test_an_expired_session_is_renewed(make_double: Doubles) -> None:
    to = make_double(session_requests=3)
    jobs = [job(f"job-{n}") for n in range(12)]
    assert Syncing(to, password=True).apply(jobs).outcome.complete
    assert pending(Syncing(to).plan(jobs)) == []


def test_extra_headers_are_not_logged(
    make_double: Doubles, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("JENKINS_API_EXTRA_HEADERS", f"X-Pass: {SECRET}")
    with caplog.at_level(logging.DEBUG):
        assert client(make_double()).json("", "jobs[name]", "looking")
    assert SECRET not in caplog.text


def test_nothing_is_logged_of_the_secret(make_double: Doubles, caplog: pytest.LogCaptureFixture) -> None:
    to = make_double()
    with caplog.at_level(logging.DEBUG):
        Syncing(to, password=True).apply([job("a")])
    assert to.password not in caplog.text
    assert to.token not in repr(client(to).account)


def test_what_the_server_echoes_is_scrubbed() -> None:
    mine = Account("https://jenkins", "me", SECRET)
    assert mine.scrubbed(f"<{SECRET}> bWU6czNjcjN0LW9mLW91cnM=") == "<***> ***"


HOST = "https://jenkins.example.org/ci/"


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        pytest.param({}, Account(HOST[:-1]), id="nobody"),
        pytest.param({USER: "a", TOKEN: "t\n"}, Account(HOST[:-1], "a", "t"), id="a token of the environment"),
        pytest.param({USER: "a", PASSWORD: "p"}, Account(HOST[:-1], "a", "p", True), id="a password"),
        pytest.param({USER: "a", PASSWORD: "p", TOKEN: "t"}, Account(HOST[:-1], "a", "t"), id="a token goes first"),
    ],
)
def test_who(environment: dict[str, str], wanted: Account, tmp_path: Path) -> None:
    assert account(HOST, None, None, environment | {"HOME": str(tmp_path)}) == wanted


def test_netrc_is_asked_last(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(f"machine jenkins.example.org\nlogin a\npassword {SECRET}\n")
    home = {"HOME": str(tmp_path)}
    assert account(HOST, None, None, home) == Account(HOST[:-1], "a", SECRET)
    assert account(HOST, None, None, home | {USER: "b", TOKEN: "t"}) == Account(HOST[:-1], "b", "t")
    with pytest.raises(Unclear, match="give --token-file"):
        account(HOST, "b", None, home)


def test_options_go_first(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t\n")
    environment = {URL: "https://other", USER: "other", TOKEN: "other"}
    assert account(HOST, "a", tmp_path / "token", environment) == Account(HOST[:-1], "a", "t")


@pytest.mark.parametrize(
    ("url", "environment", "words"),
    [
        ("", {}, "no Jenkins server is given"),
        (f"https://me:{SECRET}@jenkins", {}, "the URL contains a user or a password"),
        ("jenkins.example.org", {}, "is not an http or https URL"),
        (f"{HOST}?x=1", {}, "is a page of Jenkins"),
        (HOST, {TOKEN: SECRET}, "needs a user"),
        (HOST, {PASSWORD: SECRET}, "needs a user"),
    ],
    ids=["no URL", "a password in it", "no scheme", "a query", "a token without a user", "a password without a user"],
)
def test_who_is_not_clear(url: str, environment: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(Unclear, match=words) as unclear:
        account(url, None, None, environment | {"HOME": str(tmp_path)})
    assert SECRET not in "".join(traceback.format_exception(unclear.value))


def test_a_netrc_that_cannot_be_read_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text(f"machine jenkins.example.org login a passwort {SECRET}\n")
    with pytest.raises(Unclear, match="line 1") as unclear:
        accounts.account(HOST, None, None, {"HOME": str(tmp_path)})
    assert SECRET not in "".join(traceback.format_exception(unclear.value))


def test_giving_up_is_bounded_by_the_deadline(make_double: Doubles) -> None:
    to = make_double(faults=[Fault("503", rate=1.0)])
    with pytest.raises(ServerLost):
        client(to, limits=Limits(connect=1, read=1, deadline=0, first_wait=0.01)).json("", "x", "looking")
    assert len(to.log()) == 1


@pytest.mark.parametrize("written", [b"t\n", b"\xef\xbb\xbft\r\n", b"t\r", b" t "])
def test_a_token_file_of_any_editor_works(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "token").write_bytes(written)
    assert account(HOST, "a", tmp_path / "token", {}).secret == "t"


@pytest.mark.parametrize("written", [b"", b"two words", "t\n".encode("utf-16")])
def test_a_file_that_holds_no_token_is_named(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "token").write_bytes(written)
    with pytest.raises(Unclear, match="expected a token"):
        account(HOST, "a", tmp_path / "token", {})


def test_a_refused_connection_is_tried_as_long_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that restarts refuses connections; before the first contact, too."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # nothing listens there
    refused = Client(Account(f"http://127.0.0.1:{port}"), Limits(deadline=100, first_wait=1))
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    assert re.search("refused.*; gave up after (8|9)[0-9] s", look(refused))
