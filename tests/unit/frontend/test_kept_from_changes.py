"""What a config may not read, and where a stage with secrets does not run for a proposed change: with the reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.compiling import compile_text
from support.repositories import CONFIG

from transpiler.driver import Request, compile_config
from transpiler.program import Feature, Level
from transpiler.targets import TARGETS

GOLDEN = Path(__file__).resolve().parents[3] / "golden/credentials-for-change"
LOGINS = GOLDEN.with_name("pull-login")


@pytest.mark.parametrize("name", ["SECRET", "REGISTRY_PASSWORD", "CI_JOB_TOKEN", "JENKINS_HOME", "TOKEN"])
def test_an_undeclared_variable_is_refused_whatever_the_target(name: str) -> None:
    for env in (f"{{A: '${{{name}}}'}}", f"{{A: '${{{name}|x}}'}}", f"[{{A: '<${{{name}}}>'}}]"):
        found = compile_text(f"pipelines: {{test: {{stages: [{{name: a, build: x, run: {{env: {env}}}}}]}}}}")
        assert found.codes == ["environment-not-allowed"]
        assert f"`{name}`" in found.diagnostics[0].message


@pytest.mark.parametrize("feature", [Feature.CREDENTIALS_FOR_CHANGE, Feature.SECRETS_FOR_CHANGE])
@pytest.mark.parametrize("name", TARGETS)
def test_each_target_says_who_gets_secrets_for_a_change(name: str, feature: Feature) -> None:
    said = TARGETS[name].supports[feature]
    assert (said.level is Level.UNSUPPORTED) is (name == "zuul")
    reason = {"jenkins": "branch source trusts", "gitlab": "own branches", "zuul": "review", "github": "own branches"}[
        name
    ]
    assert reason in said.why


def test_the_reason_stands_where_people_read_it() -> None:
    assert "Zuul gives no secret to a job that runs before review" in (GOLDEN / "diagnostics.txt").read_text()
    configuration = (GOLDEN / ".zuul.d/transpipe.yaml").read_text()
    assert "does not run in Zuul's `check` and `gate`: it holds secrets or publishes" in configuration
    job, _, project = configuration.partition("- project:")
    assert "post-review: true" in job
    # A gate without a job would never merge a change of this project.
    assert "check: # change\n      jobs: [noop]" in project
    assert "gate: # change\n      jobs: [noop]" in project


def test_no_login_to_pull_keeps_a_pipeline_from_running_for_a_change() -> None:
    """Where the credential may not be had, the pull is tried without; on Zuul a secret would keep the job back."""
    jobs, _, project = (LOGINS / ".zuul.d/transpipe.yaml").read_text().partition("- project:")
    assert "test pulls images without a login: it also runs before review, where Zuul gives no secrets." in jobs
    before, _, after = jobs.partition("team-ores-publish")
    assert ("secret_hub" in before, "secret_hub" in after) == (False, True)
    assert "check: # change\n      jobs: [team-ores-test]" in project
    assert "secret_hub" not in (LOGINS / ".pipeline/zuul/test.yaml").read_text()
    gitlab = (LOGINS / ".gitlab-ci.yml").read_text()
    assert 'export pull_password_1="${HUB_PASSWORD-}"' in gitlab
    assert 'export REGISTRY_PASSWORD="${PUSH_PASSWORD-}"' in gitlab.partition("publish-smoke:")[2]
    assert 'export REGISTRY_PASSWORD="${PUSH_PASSWORD:?' in gitlab.partition("publish-web:")[2]


@pytest.mark.parametrize(("event", "logs_in"), [("merge", True), ("change", False)])
def test_a_pipeline_of_zuuls_logs_in_if_it_runs_after_review_alone(event: str, logs_in: bool, tmp_path: Path) -> None:
    shutil.copytree(LOGINS / ".pipeline", tmp_path / ".pipeline")
    stages = "stages: [{name: a, run: {image: busybox}}]"
    (tmp_path / CONFIG).write_text(f"pipelines: {{test: {{events: [{event}], {stages}}}}}")
    profile = str(tmp_path / ".pipeline/profile.yaml")
    found = compile_config(Request(tmp_path, CONFIG, profile, ("zuul",), project="team/ores"))
    configuration = found.files[".zuul.d/transpipe.yaml"]
    assert ("post-review: true" in configuration, "secret: hub" in configuration) == (logs_in, logs_in)
    assert ("without a login" in configuration) is not logs_in
