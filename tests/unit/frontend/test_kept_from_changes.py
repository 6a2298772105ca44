"""What a config may not read, and where a stage with secrets does not run for a proposed change: with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.compiling import compile_text

from transpiler.program import Feature, Level
from transpiler.targets import TARGETS

GOLDEN = Path(__file__).resolve().parents[3] / "golden/credentials-for-change"


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
    reason = {"jenkins": "branch source trusts", "gitlab": "own branches", "zuul": "review"}[name]
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
