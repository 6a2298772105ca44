"""Builds of generated Jenkinsfiles, for the tests that look at what happened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engines.jenkins_runtime import Build, BuildRequest, run

from support.plans import plan
from transpiler.frontend.profiles.load import decode
from transpiler.ir import Event
from transpiler.program import PipelineProgram, Plan
from transpiler.targets import TARGETS

JENKINS = TARGETS["jenkins"]

# Teardown that shows that it ran, and for which run.
TEARDOWN = ('echo "gone: $run"', 'ls "$values"', 'rm -rf "$values"')


def text(made: Plan, **profile: Any) -> str:
    """The one Jenkinsfile."""
    (file,) = JENKINS.emit(made, decode(profile), frozenset())
    return file.body


def torn_down(made: PipelineProgram) -> PipelineProgram:
    """The pipeline with that teardown, on every event."""
    return replace(made, teardown=TEARDOWN, events=tuple(Event))


def build(made: PipelineProgram, **request: Any) -> Build:
    """One build of this pipeline."""
    (done,) = run(BuildRequest(text(plan(torn_down(made))), **request))
    return done
