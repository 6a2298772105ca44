"""What is made of the real configs passes the judges of all engines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from engines.fixtures import GithubJudge, GitlabJudge, JenkinsJudge, ZuulJudge
from support.repositories import compiled, copy_of
from support.zuul_sites import SITES, expected_jobs, repository_for, site

from transpiler.driver import Outcome

pytestmark = [pytest.mark.corpus, pytest.mark.engine]


@pytest.fixture(scope="module")
def outcomes(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], Outcome]:
    """By profile and project what compiles. For `default` each target alone, since most lack a registry."""
    directory = tmp_path_factory.mktemp("corpus")
    found = {}
    for project in sorted(place.parent.parent for place in corpus.glob("*/.pipeline/config.yaml")):
        root = copy_of(project, directory / project.name)
        for profile in SITES:
            for target in ("jenkins", "gitlab", "zuul", "github"):
                outcome = compiled(root, profile, project.name, (target,))
                if not outcome.failed:
                    found[f"{profile} {target}", project.name] = outcome
    return found


def texts(outcomes: Mapping[tuple[str, str], Outcome], target: str, path: str) -> dict[str, str]:
    return {
        f"{site}: {project}": outcome.files[path]
        for (site, project), outcome in outcomes.items()
        if site.endswith(f" {target}")
    }


def test_jenkinsfiles(outcomes: Mapping[tuple[str, str], Outcome], jenkins_judge: JenkinsJudge) -> None:
    files = texts(outcomes, "jenkins", "Jenkinsfile")
    assert len(files) > 40
    verdicts = jenkins_judge(files)
    assert {name: v["errors"] for name, v in verdicts.items() if v["errors"]} == {}


def test_gitlab_files(outcomes: Mapping[tuple[str, str], Outcome], gitlab_judge: GitlabJudge) -> None:
    files = texts(outcomes, "gitlab", ".gitlab-ci.yml")
    assert len(files) > 50
    assert {name: v.errors for name, v in gitlab_judge(files).items() if v.errors} == {}


def test_github_workflows(outcomes: Mapping[tuple[str, str], Outcome], github_judge: GithubJudge) -> None:
    files = {
        f"{where}: {project}: {path}": text
        for (where, project), outcome in outcomes.items()
        for path, text in outcome.files.items()
        if where.endswith(" github")
    }
    assert len(files) > 50
    assert [str(finding) for findings in github_judge(files).values() for finding in findings] == []


def test_zuul_files(outcomes: Mapping[tuple[str, str], Outcome], zuul_judge: ZuulJudge) -> None:
    mine = {key: outcome for key, outcome in outcomes.items() if key[0].endswith(" zuul")}
    assert len(mine) > 40
    repositories = [repository_for(site(where.split()[0]), name, o.files) for (where, name), o in mine.items()]
    answers = zuul_judge(*repositories)
    assert {key: answer["errors"] for key, answer in zip(mine, answers, strict=True) if answer["errors"]} == {}
    for ((where, project), outcome), answer in zip(mine.items(), answers, strict=True):
        assert outcome.workflow is not None
        found = {
            pipeline: {(name, frozenset(job["dependencies"])) for name, job in graph["jobs"].items()}
            for pipeline, graph in answer["pipelines"].items()
        }
        assert {p: jobs for p, jobs in found.items() if jobs} == expected_jobs(
            outcome.workflow, site(where.split()[0]), project
        ), project
