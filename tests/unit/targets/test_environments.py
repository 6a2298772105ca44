"""Deployments that stay, as each engine shows them: the environment, its address, and who waits."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from transpiler.driver import Request, compile_config

SITE = """\
extends: default
project: team/web
targets: [jenkins, gitlab, zuul, github]
registry: {public: registry.example.org}
credentials: {kube: {kind: file, jenkins: kube, gitlab: KUBE, github: KUBE, zuul: kube}}
kubernetes: {repository: 'https://charts.example.org', namespace: ci}
environments:
  production: {namespace: web, credential: kube, url: 'https://web.example.org'}
  plain: {namespace: web}
"""
RELEASE = "release: web, environment: production"


def outputs(tmp_path: Path, *deploys: str, more: str = "", site: str = "", base: str = SITE) -> dict[str, str]:
    """The outputs of a pipeline whose stages deploy, one after another."""
    (tmp_path / ".pipeline").mkdir(exist_ok=True)
    stages = ", ".join(
        f"{{name: s{at}, deploy: {{image: x, tag: y, chart: {{name: app}}, {keys}}}{more}}}"
        for at, keys in enumerate(deploys)
    )
    (tmp_path / ".pipeline/config.yaml").write_text(f"pipelines: {{main: {{stages: [{stages}]}}}}\n")
    (tmp_path / ".pipeline/profile.yaml").write_text(base + site)
    outcome = compile_config(Request(tmp_path, ".pipeline/config.yaml", str(tmp_path / ".pipeline/profile.yaml")))
    assert outcome.files, outcome.diagnostics
    return {output.target + ":" + output.path: output.body for output in outcome.outputs}


def test_gitlab_has_the_environment_and_a_queue_for_each_place(tmp_path: Path) -> None:
    found = outputs(tmp_path, RELEASE, "release: web, environment: plain", "test: true")
    jobs = yaml.safe_load(found["gitlab:.gitlab-ci.yml"])
    assert jobs["main-s0"]["environment"] == {"name": "production", "url": "https://web.example.org"}
    assert jobs["main-s1"]["environment"] == "plain"
    assert "environment" not in jobs["main-s2"]
    assert [jobs[f"main-s{at}"]["resource_group"] for at in range(3)] == ["ci/web/web", "ci/web/web", "main-s2"]


def test_a_job_of_several_stages_has_the_environment_of_the_last(tmp_path: Path) -> None:
    chain = "gitlab: {granularity: chain}\n"
    found = outputs(tmp_path, "release: other, environment: plain", RELEASE, "test: true", site=chain)
    workflow = yaml.safe_load(found["github:.github/workflows/pipeline-main.yml"])
    for jobs in (yaml.safe_load(found["gitlab:.gitlab-ci.yml"]), workflow["jobs"]):
        shown = [job["environment"] for job in jobs.values() if isinstance(job, dict) and "environment" in job]
        assert shown == [{"name": "production", "url": "https://web.example.org"}]


@pytest.mark.parametrize("flavour", ["forgejo", "gitea"])
def test_a_forge_without_environments_gets_none(tmp_path: Path, flavour: str) -> None:
    found = outputs(tmp_path, RELEASE, site=f"github: {{flavour: {flavour}}}\n")
    (workflow,) = (yaml.safe_load(text) for name, text in found.items() if name.startswith("github:"))
    assert all("environment" not in job for job in workflow["jobs"].values())


def test_jenkins_says_in_the_description_where_it_has_deployed(tmp_path: Path) -> None:
    text = outputs(tmp_path, RELEASE, "test: true")["jenkins:Jenkinsfile"]
    assert text.count("currentBuild.description = ") == 1
    assert text.count("'production: https://web.example.org'") == 1
    assert text.index("helm upgrade") < text.index("currentBuild.description")


def test_zuul_says_in_the_report_where_it_has_deployed(tmp_path: Path) -> None:
    plays = yaml.load(
        outputs(tmp_path, RELEASE)["zuul:.pipeline/zuul/main.yaml"].replace("!unsafe", ""), Loader=yaml.SafeLoader
    )
    said = [task["zuul_return"]["data"]["zuul"]["warnings"] for task in plays[0]["tasks"] if "zuul_return" in task]
    assert said == [["deployed to production: https://web.example.org"]]


def test_a_stage_that_may_fail_claims_nothing(tmp_path: Path) -> None:
    found = outputs(tmp_path, RELEASE, more=", allowFailure: true")
    assert "currentBuild.description" not in found["jenkins:Jenkinsfile"]
    assert "deployed to" not in found["zuul:.pipeline/zuul/main.yaml"]


def test_a_job_of_zuuls_for_a_stage_waits_without_a_node(tmp_path: Path) -> None:
    granular = """\
zuul: {granularity: stage, pipelines: {merge: [post], tag: [tag]}, post-review: [post, tag]}
registry: {public: registry.example.org, credential: registry}
"""
    pair = "{username: U, password: P}"
    login = f"registry: {{kind: username-password, jenkins: r, gitlab: {pair}, github: {pair}, zuul: r}}"
    site = granular + f"credentials: {{kube: {{kind: file, jenkins: k, gitlab: K, github: K, zuul: k}}, {login}}}\n"
    text = "\n".join(line for line in SITE.splitlines() if not line.startswith(("registry", "credentials")))
    found = outputs(tmp_path, RELEASE, "test: true", site=site, base=text + "\n")
    config = yaml.safe_load(found["zuul:.zuul.d/transpipe.yaml"])
    jobs = {one["job"]["name"]: one["job"] for one in config if "job" in one}
    assert jobs["team-web-main-s0"]["semaphores"] == ["team-web-deploys-ci-web-web"]
    assert "semaphores" not in jobs["team-web-main-s1"]
    assert [one["semaphore"] for one in config if "semaphore" in one] == [
        {"name": "team-web-deploys-ci-web-web", "max": 1}
    ]
