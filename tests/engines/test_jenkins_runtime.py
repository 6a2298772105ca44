"""The runtime for Jenkinsfiles refuses what Jenkins refuses, and clones, binds, masks and aborts as it does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .fixtures import JenkinsJudge
from .jenkins_runtime import Build, BuildRequest, Credential, run

pytestmark = pytest.mark.engine

CHECKOUT = """checkout([$class: 'GitSCM', userRemoteConfigs: scm.userRemoteConfigs, branches: scm.branches,
    extensions: [[$class: 'CleanBeforeCheckout', deleteUntrackedNestedRepositories: true],
                 [$class: 'CloneOption', shallow: true, depth: 1, noTags: true],
                 [$class: 'SubmoduleOption', recursiveSubmodules: true, parentCredentials: true]] + scm.extensions])"""


@pytest.fixture(autouse=True, scope="module")
def _groovy(jenkins_judge: JenkinsJudge) -> None:
    """Without Groovy there is nothing to test."""


def built(text: str, **request: object) -> Build:
    (done,) = run(BuildRequest(text, **request))  # type: ignore[arg-type]
    return done


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("sh 'true'", "outside of `node`", id="a shell step outside a node"),
        pytest.param("pwd()", "outside of `node`", id="the workspace's path outside a node"),
        pytest.param("node { bat 'a' }", "bat", id="a step that it does not know"),
        pytest.param("node { sh script: 'true', returnStdin: true }", "returnStdin", id="an unknown option"),
        pytest.param("node { sh 'false; true' }", "exit code 1", id="a command that fails before the last"),
        pytest.param("node { archiveArtifacts artifacts: 'a~' }", "No artifacts", id="a file that Ant passes over"),
        pytest.param("withCredentials([string(credentialsId: 'x', variable: 'X')]) { }", "x", id="no such credential"),
        pytest.param(
            "withCredentials([string(credentialsId: 'login', variable: 'X')]) { }",
            "type usernamePassword",
            id="a credential of another kind",
        ),
    ],
)
def test_what_jenkins_refuses_is_an_error(text: str, why: str) -> None:
    done = built(text, credentials={"login": Credential("usernamePassword", ["me", "pw"])})
    assert done.result == "FAILURE"
    assert why in str(done.error)


def test_a_script_with_a_first_line_of_its_own_is_not_traced() -> None:
    done = built("node { sh label: 'a', script: 'echo x'; sh label: 'b', script: '#!/bin/sh\\necho x' }")
    assert (done.output("a"), done.output("b")) == ("+ echo x\nx\n", "x\n")


def test_a_file_of_a_credential_is_there_only_for_its_block(tmp_path: Path) -> None:
    done = built(
        """node {
            withCredentials([file(credentialsId: 'f', variable: 'F')]) { sh 'cp "$F" kept; echo "$F" > place' }
            sh '! test -e "$(cat place)"; cat kept'
        }""",
        credentials={"f": Credential("file", ["paper"])},
        home=tmp_path,
    )
    assert done.error is None
    assert (tmp_path / "node1/ws/kept").read_text() == "paper"
    assert not list((tmp_path / "node1/ws@tmp/secretFiles").iterdir())


def test_a_checkout_is_a_clone_as_shallow_as_asked(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    git = ["git", "-C", str(origin), "-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run(["git", "init", "-q", "-b", "main", str(origin)], check=True)
    for number in "12":
        (origin / "file").write_text(number)
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-q", "-m", number], check=True)
    subprocess.run([*git, "tag", "v1"], check=True)
    log = "sh label: 'log', script: '#!/bin/sh\\ngit log --format=%s; git tag'"
    text = f"node {{ def s = {CHECKOUT}; echo s.GIT_COMMIT; {log} }}"
    for place in ("main", "refs/tags/v1"):
        done = built(text, scm=(f"file://{origin}", place), home=tmp_path / place.replace("/", "-"))
        assert done.error is None
        assert done.output("log").splitlines()[0] == "2"
        assert "1" not in done.output("log").splitlines()
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        assert done.all("echo")[0]["message"] == head.stdout.strip()


def test_an_abort_ends_what_runs_and_lets_the_end_run(tmp_path: Path) -> None:
    abort = tmp_path / "abort"
    done = built(
        f"""node {{
            try {{
                parallel(a: {{ sh 'sleep 60' }}, b: {{ sh 'sleep 0.3; touch {abort}; sleep 60' }})
            }} finally {{ sh label: 'end', script: 'sleep 0.3' }}
        }}""",
        abort=abort,
    )
    assert done.result == "ABORTED", done.error
    assert [event["status"] for event in done.all("sh") if event["label"] == "end"] == [0]
