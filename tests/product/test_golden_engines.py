"""Every golden passes the judge of its engine, and Zuul freezes from it the jobs that the config means."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from engines.fixtures import GithubJudge, GitlabJudge, JenkinsJudge, ZuulJudge
from support.repositories import compiled
from support.zuul_sites import repository_for

from product.test_golden import CASES, GOLDEN, profile_of
from transpiler.driver import Outcome

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def outcomes() -> Mapping[str, Outcome]:
    return {case: compiled(GOLDEN / case, profile_of(GOLDEN / case)) for case in CASES}


def test_jenkinsfiles(outcomes: Mapping[str, Outcome], jenkins_judge: JenkinsJudge) -> None:
    files = {
        f"{case}/{path}": text
        for case, outcome in outcomes.items()
        for path, text in outcome.files.items()
        if "Jenkinsfile" in path
    }
    assert {name: verdict["errors"] for name, verdict in jenkins_judge(files).items() if verdict["errors"]} == {}


def test_gitlab_files(outcomes: Mapping[str, Outcome], gitlab_judge: GitlabJudge) -> None:
    place = ".gitlab-ci.yml"
    files = {case: outcome.files[place] for case, outcome in outcomes.items() if place in outcome.files}
    assert len(files) > 30
    assert {name: verdict.errors for name, verdict in gitlab_judge(files).items() if verdict.errors} == {}


def test_github_workflows(outcomes: Mapping[str, Outcome], github_judge: GithubJudge) -> None:
    files = {
        f"{case}/{path}": text
        for case, outcome in outcomes.items()
        for path, text in outcome.files.items()
        if "/workflows/" in path
    }
    assert len(files) > 30
    assert [str(finding) for findings in github_judge(files).values() for finding in findings] == []


def test_zuul_files(outcomes: Mapping[str, Outcome], zuul_judge: ZuulJudge) -> None:
    outcomes = {case: one for case, one in outcomes.items() if ".zuul.d/transpipe.yaml" in one.files}
    assert len(outcomes) > 30
    requests = []
    for outcome in outcomes.values():
        assert outcome.workflow is not None
        assert outcome.profile is not None
        requests.append(repository_for(outcome.profile, outcome.workflow.project or "", outcome.files))
    answers = dict(zip(outcomes, zuul_judge(*requests), strict=True))
    assert {case: answer["errors"] for case, answer in answers.items() if answer["errors"]} == {}
