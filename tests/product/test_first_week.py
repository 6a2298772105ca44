"""What the README says is enough: from a repository with a Dockerfile to a green pipeline, with no look at the source.

Three new repositories, the commands of the README in its order, and the real engine: gitlab-ci-local with docker.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from engines.docker_engine import Docker
from engines.fixtures import GitlabJudge
from support.git_repository import git

pytestmark = pytest.mark.engine

SERVICE = """\
FROM busybox AS base
COPY . /srv
WORKDIR /srv
FROM base AS test
ENTRYPOINT ["sh", "test.sh"]
FROM base AS lint
ENTRYPOINT ["sh", "-n", "test.sh"]
FROM base AS production
ENTRYPOINT ["sh"]
"""
LIBRARY = """\
FROM busybox AS test
COPY . /src
WORKDIR /src
ENTRYPOINT ["sh", "test.sh"]
"""
TESTS = "echo 'all tests passed'\n"
REPOSITORIES: Mapping[str, Mapping[str, str]] = {
    "library": {"Dockerfile": LIBRARY, "test.sh": TESTS},
    "service": {"Dockerfile": SERVICE, "test.sh": TESTS},
    "monorepo": {
        f"services/{name}/{file}": text
        for name in ("api", "worker")
        for file, text in (("Dockerfile", SERVICE), ("test.sh", TESTS))
    },
}
CHANGE = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_DIFF_ID": "2",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_MERGE_REQUEST_REF_PATH": "refs/merge-requests/7/head",
    "CI_MERGE_REQUEST_PROJECT_ID": "1",
}
MERGE = {"CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push"}


def transpipe(root: Path, *words: str) -> str:
    """What the command prints on both streams, as a user would see it."""
    command = [sys.executable, "-m", "transpiler", *words]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TRANSPIPE_")}
    done = subprocess.run(
        command, cwd=root, env=environment, text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(params=REPOSITORIES)
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The repository after the README's first three commands."""
    root = tmp_path / str(request.param)
    for name, text in REPOSITORIES[request.param].items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "remote", "add", "origin", f"git@gitlab.example.org:group/{request.param}.git")
    assert "targets gitlab (`origin` is on gitlab.example.org)" in transpipe(root, "init")
    # As docs/profile.md says for shell runners, which this machine's is.
    with (root / ".pipeline/profile.yaml").open("a") as profile:
        profile.write("gitlab: {image: '', services: []}\n")
    assert transpipe(root, "lint") == ""
    assert transpipe(root, "generate") == "wrote .gitlab-ci.yml\n"
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Add pipelines")
    return root


@pytest.mark.parametrize("event", ["change", "merge"])
def test_the_readme_leads_to_a_green_pipeline(
    repository: Path, gitlab_judge: GitlabJudge, docker_engine: Docker, event: str
) -> None:
    image = f"group/{repository.name}"
    variables = {
        "CI_PIPELINE_ID": "9042000001",
        "CI_DEFAULT_BRANCH": "main",
        "CI_REGISTRY": docker_engine.registry,
        "CI_REGISTRY_IMAGE": f"{docker_engine.registry}/{image}",
        **(CHANGE if event == "change" else MERGE),
    }
    secrets = {"CI_REGISTRY_USER": "someone", "CI_REGISTRY_PASSWORD": "anything", "CI_JOB_TOKEN": "token"}
    arguments = ("--concurrency=1", *(("--unset-variable=CI_COMMIT_BRANCH",) if event == "change" else ()))
    env = {**docker_engine.env, **secrets}
    done = gitlab_judge.run(repository, env, variables=variables, arguments=arguments, patience=240)
    told = "".join(f"==== {name}\n{log}\n" for name, log in done.logs.items())
    # A warning of gitlab-ci-local's own looks like the result of a job.
    assert (done.status, {done.jobs[name] for name in done.logs}) == (0, {"pass"}), done.output + told
    assert "all tests passed" in told
    assert transpipe(repository, "generate", "--check") == ""
