"""Who may do what: tokens, passwords, crumbs, sessions, permissions."""

from collections.abc import Callable
from typing import Any

import jenkins
import pytest
import requests

from doubles.jenkins.conftest import PIPELINE, XML, Client
from doubles.jenkins.settings import ALL_PERMISSIONS, CONFIGURE, CREATE, DELETE, EXTENDED_READ, READ, Fault

Start = Callable[..., Client]


def crumb_of(client: Client) -> dict[str, str]:
    issued = client.get("crumbIssuer/api/json").json()
    return {issued["crumbRequestField"].replace("-", "_"): issued["crumb"]}


def test_a_token_needs_no_crumb(start: Start) -> None:
    assert start().create("a").status_code == 200


def test_a_password_needs_one(start: Start) -> None:
    client = start(as_password=True)
    refused = client.create("a")
    assert refused.status_code == 403
    assert "No valid crumb was included in the request" in refused.text
    assert "X-Required-Permission" not in refused.headers
    given = crumb_of(client)
    assert client.post("createItem?name=a", PIPELINE, Content_Type="text/xml", **given).status_code == 200


def test_a_crumb_without_its_session_is_none(start: Start) -> None:
    client = start(as_password=True)
    given = crumb_of(client)
    client.session.cookies.clear()
    assert client.post("createItem?name=a", PIPELINE, Content_Type="text/xml", **given).status_code == 403


def test_a_crumb_is_asked_for_once_for_a_session(start: Start) -> None:
    client = start(as_password=True)
    assert crumb_of(client) == crumb_of(client)


def test_where_crumbs_are_off_there_is_no_issuer_and_none_is_needed(start: Start) -> None:
    client = start(as_password=True, crumbs=False)
    assert client.get("crumbIssuer/api/json").status_code == 404
    assert client.create("a").status_code == 200


@pytest.mark.parametrize("how", ["by age", "by fault", "by restart"])
def test_a_session_expires(start: Start, how: str) -> None:
    client = start(as_password=True, session_requests=2 if how == "by age" else 0)
    given = crumb_of(client)
    headers = {"Content_Type": "text/xml", **given}
    assert client.post("createItem?name=a", PIPELINE, **headers).status_code == 200
    assert client.get("api/json").status_code == 200
    if how == "by fault":
        client.to.set_faults(Fault("expired", requests=(4,)))
    elif how == "by restart":
        client.to.restart()
    assert client.post("createItem?name=b", PIPELINE, **headers).status_code == 403
    headers.update(crumb_of(client))
    assert client.post("createItem?name=b", PIPELINE, **headers).status_code == 200


def test_a_context_path_is_the_cookies_path_too(start: Start) -> None:
    client = start(as_password=True, context="/ci")
    given = crumb_of(client)
    assert [cookie.path for cookie in client.session.cookies] == ["/ci"]
    assert client.post("createItem?name=a", PIPELINE, Content_Type="text/xml", **given).status_code == 200


def test_bad_credentials_are_401(start: Start) -> None:
    client = start()
    client.session.auth = ("admin", "guess")
    answer = client.get("api/json")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_no_credentials_are_403_and_not_401(start: Start) -> None:
    client = start()
    client.session.auth = None
    answer = client.get("api/json")
    assert answer.status_code == 403
    assert answer.headers["X-Required-Permission"] == READ
    assert client.get("whoAmI/api/json").json()["anonymous"] is True


def test_no_credentials_read_where_anybody_may(start: Start) -> None:
    client = start(anonymous=[READ])
    client.session.auth = None
    assert client.get("api/json").json()["jobs"] == []


@pytest.mark.parametrize(
    ("permission", "path", "body"),
    [
        (CREATE, "createItem?name=b", PIPELINE),
        (CONFIGURE, "job/a/config.xml", PIPELINE),
        (CONFIGURE, "job/a/disable", ""),
        (DELETE, "job/a/doDelete", ""),
        (EXTENDED_READ, "job/a/config.xml", None),
    ],
    ids=["creating", "configuring", "disabling", "deleting", "reading the config"],
)
def test_a_missing_permission_is_named(start: Start, permission: str, path: str, body: str | None) -> None:
    client = start()
    client.create("a")
    client.to.change(permissions=[p for p in ALL_PERMISSIONS if p != permission])
    answer = client.get(path) if body is None else client.post(path, body, Content_Type=XML["Content-Type"])
    assert answer.status_code == 403
    assert answer.headers["X-Required-Permission"] == permission
    assert client.get("api/json?tree=jobs[name]").json()["jobs"] == [
        {"_class": "org.jenkinsci.plugins.workflow.job.WorkflowJob", "name": "a"}
    ]


def test_secrets_are_hidden_from_who_may_not_configure(start: Start) -> None:
    client = start()
    client.create("a", PIPELINE.format("{AQAAABAAAAAQc2VjcmV0}"))
    assert "AQAAABAAAA" in client.config("a")
    client.to.change(permissions=[p for p in ALL_PERMISSIONS if p != CONFIGURE])
    assert "<description>********</description>" in client.config("a")


def test_what_one_may_not_see_is_not_there(start: Start) -> None:
    client = start(hidden=["f"])
    client.to.put("f", "<com.cloudbees.hudson.plugins.folder.Folder/>")
    client.to.put("f/a", PIPELINE.format(""))
    assert client.get("job/f/api/json").status_code == 404
    assert client.get("job/f/job/a/config.xml").status_code == 404
    assert client.get("api/json").json()["jobs"] == []


def test_every_page_tells_the_version(start: Start) -> None:
    client = start(version="2.414.1")
    client.session.auth = None
    assert client.get("job/nothing/").headers["X-Jenkins"] == "2.414.1"


def test_the_servers_certificate_is_its_own_authoritys(start: Start) -> None:
    client = start(tls=True)
    with pytest.raises(requests.exceptions.SSLError):
        client.get("api/json")
    client.session.verify = str(client.to.state / "ca.pem")
    assert client.get("api/json").json()["url"].startswith("https://127.0.0.1:")


def test_python_jenkins_asks_for_a_crumb_once_and_never_again(start: Start) -> None:
    client = start(context="/ci", session_requests=3)
    server: Any = jenkins.Jenkins(client.to.url, client.to.user, client.to.password)
    server.create_job("a", jenkins.EMPTY_CONFIG_XML)
    with pytest.raises(jenkins.JenkinsException, match="Possibly authentication failed"):
        server.reconfig_job("a", jenkins.EMPTY_CONFIG_XML)
    assert [entry.path for entry in client.to.log()].count("/ci/crumbIssuer/api/json") == 1
    server._session.close()
