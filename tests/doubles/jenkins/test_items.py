"""Items over HTTP: making, reading, changing, deleting, listing."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import jenkins
import pytest

from doubles.jenkins.conftest import PIPELINE, Client

Start = Callable[..., Client]
FOLDER = "<com.cloudbees.hudson.plugins.folder.Folder/>"
WORKFLOW_JOB = "org.jenkinsci.plugins.workflow.job.WorkflowJob"
XML = {"Content_Type": "text/xml; charset=utf-8"}


@pytest.fixture
def client(start: Start) -> Client:
    return start()


def test_an_item_is_made_with_200_and_nothing_else(client: Client) -> None:
    answer = client.create("a")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "No name is specified"),
        ("  ", "No name is specified"),
        (".", "is not an allowed name"),
        ("..", "is not an allowed name"),
        ("a\tb", "No control code is allowed"),
        ("a.", "A name cannot end with"),
        *((f"a{character}b", "is an unsafe character") for character in "?*/\\%!@#$^&|<>[]:;"),
    ],
)
def test_a_bad_name_is_refused_and_said_why(client: Client, name: str, error: str) -> None:
    answer = client.create(name)
    assert answer.status_code == 400
    assert error in answer.headers["X-Error"]
    assert client.to.jobs() == {}


@pytest.mark.parametrize("name", ["a b", "a.b", "ä-日本", "a+b", "a=b,c~(d)'\""])
def test_an_odd_name_is_taken(client: Client, name: str) -> None:
    assert client.create(name).status_code == 200
    assert client.get(f"job/{quote(name, safe='')}/api/json").json()["name"] == name
    assert list(client.to.jobs()) == [name]


def test_names_that_differ_in_case_are_one_item(client: Client) -> None:
    client.create("Job")
    answer = client.create("jOB")
    assert answer.status_code == 400
    assert "already exists" in answer.headers["X-Error"]
    assert client.get("job/JOB/api/json").json()["name"] == "Job"
    assert client.post("job/JOB/config.xml", PIPELINE.format("new"), **XML).status_code == 200
    assert "<description>new</description>" in client.to.jobs()["Job"].xml


@pytest.mark.parametrize(
    "body",
    [
        "<flow-definition>",
        "<no.such.Thing/>",
        "",
        "<flow-definition>&#1;</flow-definition>",
        b"<project>\xff</project>",
    ],
    ids=["malformed", "unknown root", "empty", "a character that XML 1.0 lacks", "not the encoding it says"],
)
def test_a_body_that_jenkins_cannot_load_is_500_with_no_cause(client: Client, body: str | bytes) -> None:
    answer = client.create("a", body)
    assert answer.status_code == 500
    assert "X-Error" not in answer.headers
    assert client.to.jobs() == {}


def test_a_missing_parent_is_404(client: Client) -> None:
    assert client.create("a", folder="nowhere").status_code == 404
    client.create("job")
    assert client.create("a", folder="job").status_code == 404


def test_a_body_needs_a_type(client: Client) -> None:
    assert client.post("createItem?name=a", PIPELINE).headers["X-Error"] == "No Content-Type header set"


def test_folders_hold_items_and_take_them_along(client: Client) -> None:
    client.create("F", FOLDER)
    client.create("g", FOLDER, folder="F")
    client.create("a", folder="f/g")
    assert list(client.to.jobs()) == ["F", "F/g", "F/g/a"]
    assert client.get("job/F/job/g/job/a/api/json").json()["fullName"] == "F/g/a"
    answer = client.post("job/F/doDelete")
    assert answer.status_code == 302
    assert client.to.jobs() == {}


@pytest.mark.parametrize("verb", ["doDelete", "enable", "disable", "createItem"])
def test_what_must_be_posted_cannot_be_got(client: Client, verb: str) -> None:
    client.create("a")
    answer = client.get("createItem?name=b" if verb == "createItem" else f"job/a/{verb}")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_a_job_is_disabled_and_enabled(client: Client) -> None:
    client.create("a")
    assert client.post("job/a/disable").status_code == 302
    assert "<disabled>true</disabled>" in client.config("a")
    assert client.get("job/a/api/json?tree=color,buildable").json() == {
        "_class": WORKFLOW_JOB,
        "buildable": False,
        "color": "disabled",
    }
    assert client.post("job/a/enable").headers["Location"] == f"{client.to.url}/job/a/"
    assert "<disabled>false</disabled>" in client.config("a")


@pytest.mark.parametrize("action", ["confirmRename", "doRename"])
def test_an_item_is_renamed_with_all_that_is_in_it(client: Client, action: str) -> None:
    client.create("f", FOLDER)
    client.create("a", folder="f")
    before = client.config("f/a")
    answer = client.post(f"job/f/{action}?newName=g%20h")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{client.to.url}/job/g%20h/")
    assert list(client.to.jobs()) == ["g h", "g h/a"]
    assert client.config("g h/a") == before
    assert client.get("job/f/api/json").status_code == 404
    client.to.restart()
    assert client.get("job/G%20H/job/a/api/json").json()["fullName"] == "g h/a"


@pytest.mark.parametrize(
    ("name", "error"),
    [("B", "already in use"), ("a", "the same as"), ("", "No name"), ("a:b", "unsafe")],
    ids=["taken by another", "its own", "none", "bad"],
)
def test_a_new_name_may_be_refused(client: Client, name: str, error: str) -> None:
    client.create("a")
    client.create("b")
    answer = client.post(f"job/a/confirmRename?newName={name}")
    assert answer.status_code == 400
    assert error in answer.headers["X-Error"]
    assert client.post("job/a/confirmRename?newName=A").status_code == 302
    assert list(client.to.jobs()) == ["A", "b"]


def test_a_posted_config_is_read_with_the_headers_charset(client: Client) -> None:
    client.create("a")
    body = '<?xml version="1.0" encoding="UTF-8"?><flow-definition><description>é</description></flow-definition>'
    client.post("job/a/config.xml", body, Content_Type="application/xml")
    assert "<description>Ã©</description>" in client.config("a")
    client.post("job/a/config.xml", body, **XML)
    assert "<description>é</description>" in client.config("a")


@pytest.mark.parametrize("body", [FOLDER, "<project/>", "<flow-definition"], ids=["a folder", "a project", "malformed"])
def test_an_item_cannot_become_another_kind(client: Client, body: str) -> None:
    client.create("a")
    before = client.config("a")
    assert client.post("job/a/config.xml", body, **XML).status_code == 500
    assert client.config("a") == before


def test_a_tree_shows_what_it_asks_for(client: Client) -> None:
    client.create("f", FOLDER)
    client.create("a", PIPELINE.format("in f"), folder="f")
    client.create("B", "<project/>")
    shown = client.get("api/json", params={"tree": "jobs[name,description,jobs[name]],nothing"}).json()
    assert shown == {
        "_class": "hudson.model.Hudson",
        "jobs": [
            {"_class": "hudson.model.FreeStyleProject", "description": None, "name": "B"},
            {
                "_class": "com.cloudbees.hudson.plugins.folder.Folder",
                "description": None,
                "name": "f",
                "jobs": [{"_class": WORKFLOW_JOB, "name": "a"}],
            },
        ],
    }


@pytest.mark.parametrize(
    ("tree", "names"),
    [("jobs[name]{1,3}", ["b", "c"]), ("jobs[name]{,2}", ["a", "b"]), ("jobs[name]{2}", ["c"]), ("jobs", [None] * 4)],
    ids=["from to", "up to", "one", "without a bracket only classes"],
)
def test_a_tree_takes_a_part_of_a_list(client: Client, tree: str, names: list[str | None]) -> None:
    for name in "abcd":
        client.create(name)
    assert [job.get("name") for job in client.get("api/json", params={"tree": tree}).json()["jobs"]] == names


@pytest.mark.parametrize("tree", ["jobs[name", "jobs]", "[", "a,,b", "jobs[name]]"])
def test_a_bad_tree_is_400(client: Client, tree: str) -> None:
    assert client.get("api/json", params={"tree": tree}).status_code == 400


def test_the_linter_answers_200_whatever_it_thinks(client: Client) -> None:
    def lint(text: str) -> dict[str, dict[str, str]]:
        answer = client.session.post(
            f"{client.to.url}/pipeline-model-converter/validateJenkinsfile", data={"jenkinsfile": text}, timeout=20
        )
        assert answer.status_code == 200
        result: dict[str, dict[str, str]] = answer.json()
        return result

    assert lint("pipeline { agent any }")["data"] == {"result": "success"}
    assert lint("node { }")["data"]["result"] == "failure"


def test_python_jenkins_is_content_with_it(start: Start) -> None:
    to = start(context="/ci").to
    server: Any = jenkins.Jenkins(to.url, to.user, to.token)
    with pytest.raises(jenkins.BadHTTPException):  # it sends no credentials when this comes first
        server.get_version()
    assert server.get_whoami()["id"] == "admin"
    assert server.get_version() == "2.579"
    assert server.get_plugin_info("git")["version"] == "5.7.0"
    server.create_folder("f")
    server.create_job("f/a", jenkins.EMPTY_CONFIG_XML)
    server.disable_job("f/a")
    server.reconfig_job("f/a", jenkins.RECONFIG_XML)
    assert [job["fullname"] for job in server.get_all_jobs()] == ["f", "f/a"]
    with pytest.raises(jenkins.JenkinsException, match="already exists"):
        server.create_job("f/a", jenkins.EMPTY_CONFIG_XML)
    before = len(to.log())
    server.delete_job("f/a")
    assert [(entry.method, entry.status) for entry in to.log()[before:]] == [("POST", 302), ("GET", 200), ("GET", 404)]
    server._session.close()


def test_jobs_are_counted(client: Client) -> None:
    client.create("a")
    client.post("job/a/config.xml", PIPELINE.format("2"), **XML)
    client.to.put("a", PIPELINE.format("by hand"))
    job = client.to.jobs()["a"]
    assert (job.created, job.written) == (1, 3)
    assert client.to.events() == (("create", "a"), ("update", "a"), ("put", "a"))
    client.to.remove("a")
    assert client.to.jobs() == {}
