"""The engines as fixtures of the session. `tests/conftest.py` brings them to all tests.

Where an engine is missing the test is skipped, loudly, so that nobody needs a JVM to fix a typing mistake; in CI it
fails, so that nothing passes untested.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from . import browser as browser_module
from . import docker_engine as docker_module
from . import github_judge as github_module
from . import gitlab_judge as gitlab_module
from . import gitlab_local, judges
from . import podman_engine as podman_module
from . import rootless_podman as rootless_module
from .missing import EngineMissing


def without(problem: object) -> NoReturn:
    """Fail in CI, skip elsewhere."""
    if os.environ.get("CI") == "true":
        pytest.fail(str(problem), pytrace=False)
    pytest.skip(f"NOT TESTED: {problem}")


class ZuulJudge:
    """Call it with repositories; `playbooks` checks files on disk."""

    python = staticmethod(judges.zuul_python)
    playbooks = staticmethod(judges.check_playbooks)

    def __call__(self, *repositories: Mapping[str, Any]) -> list[judges.Json]:
        return judges.judge_zuul(repositories)


class JenkinsJudge:
    """Call it with {name: Jenkinsfile's text}; `decode` reads Groovy literals."""

    groovy = staticmethod(judges.groovy)
    decode = staticmethod(judges.decode_groovy)

    def __call__(self, files: Mapping[str, str]) -> dict[str, judges.Json]:
        return judges.judge_jenkinsfiles(files)


@dataclass(frozen=True)
class GitlabJudge:
    """Call it with {name: text}; `run` runs a checkout with gitlab-ci-local."""

    def __call__(self, files: Mapping[str, str]) -> dict[str, gitlab_module.Verdict]:
        return gitlab_module.judge(files)

    def run(self, repository: Path, env: Mapping[str, str], **more: Any) -> gitlab_local.LocalRun:
        try:
            return gitlab_local.run_gitlab_ci_local(judges.ENGINES, repository, env, **more)
        except EngineMissing as missing:
            without(missing)


class GithubJudge:
    """Call it with {name: text} of workflows: what is wrong with each."""

    def __call__(self, files: Mapping[str, str]) -> dict[str, list[github_module.Finding]]:
        try:
            return github_module.judge(files)
        except EngineMissing as missing:
            without(missing)


@pytest.fixture(scope="session")
def github_judge() -> GithubJudge:
    return GithubJudge()


@pytest.fixture(scope="session")
def zuul_judge() -> ZuulJudge:
    try:
        judges.zuul_python()
    except EngineMissing as missing:
        without(missing)
    return ZuulJudge()


@pytest.fixture(scope="session")
def jenkins_judge() -> JenkinsJudge:
    try:
        judges.groovy()
    except EngineMissing as missing:
        without(missing)
    return JenkinsJudge()


@pytest.fixture(scope="session")
def gitlab_judge() -> GitlabJudge:
    return GitlabJudge()


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[docker_module.Docker]:
    why = docker_module.why_missing()
    if why:
        without(EngineMissing("docker", why))
    with docker_module.docker_engine() as docker:
        yield docker


@pytest.fixture(scope="session")
def podman() -> Iterator[podman_module.Podman]:
    """podman with the image `busybox`."""
    why = podman_module.why_missing()
    if why:
        without(EngineMissing("podman", why))
    with podman_module.podman_engine() as made:
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[browser_module.Browser]:
    try:
        with browser_module.browser() as made:
            yield made
    except EngineMissing as missing:
        without(missing)


@pytest.fixture(scope="session")
def rootless() -> Iterator[podman_module.Podman]:
    """podman as a plain user, with the image `busybox`."""
    why = rootless_module.why_missing()
    if why:
        without(EngineMissing("podman as a plain user", why))
    with rootless_module.rootless_podman() as made:
        yield made
