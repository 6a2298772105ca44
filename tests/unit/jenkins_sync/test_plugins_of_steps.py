"""The plugins that the steps of a Jenkinsfile come from."""

from __future__ import annotations

import pytest
from support.plans import pipeline, stage

from transpiler.ir import Approval, ReportKind
from transpiler.jenkins_sync.jobs.plugins import of_steps
from transpiler.program import Report, StageProgram, TriggerCall

USUAL = of_steps([pipeline("p", stage("a"))])


@pytest.mark.parametrize(
    ("made", "plugin"),
    [
        (stage("a", approval=Approval("", (), None)), "pipeline-input-step"),
        (stage("a", trigger=TriggerCall("docs", (), propagate=True, wait=False)), "pipeline-build-step"),
        (stage("a", reports=(Report(ReportKind.JUNIT, "r", directory=True),)), "junit"),
    ],
)
def test_what_a_stage_uses_comes_from_a_plugin(made: StageProgram, plugin: str) -> None:
    assert of_steps([pipeline("p", made)]) - USUAL == {plugin}


def test_a_pipeline_without_stages_needs_none() -> None:
    assert not of_steps([pipeline("p")])
