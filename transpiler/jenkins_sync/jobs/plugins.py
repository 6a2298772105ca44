"""Finds the Jenkins plugins that have a Java class or a pipeline's steps, for messages that say what to install."""

from __future__ import annotations

from collections.abc import Iterable

from transpiler.program import PipelineProgram
from transpiler.targets.jenkins.stages import PLUGINS

_PREFIXES = {
    "org.jenkinsci.plugins.workflow.cps.": "workflow-cps",
    "org.jenkinsci.plugins.workflow.job.": "workflow-job",
    "org.jenkinsci.plugins.workflow.multibranch.": "workflow-multibranch",
    "com.cloudbees.hudson.plugins.folder.": "cloudbees-folder",
    "jenkins.branch.": "branch-api",
    "jenkins.plugins.git.": "git",
    "hudson.plugins.git.": "git",
    "hudson.plugins.parameterizedtrigger.": "parameterized-trigger",
}


def plugin(java_class: str) -> str:
    """The plugin's short name, "" for a class of Jenkins itself or an unknown class."""
    return next((name for prefix, name in _PREFIXES.items() if java_class.startswith(prefix)), "")


_ALWAYS = ("git", "pipeline-stage-step", "workflow-basic-steps", "workflow-durable-task-step", "workflow-scm-step")
"""The plugins of steps that each pipeline takes: `checkout`, `stage`, `withEnv`, `sh`."""


def of_steps(pipelines: Iterable[PipelineProgram]) -> frozenset[str]:
    """The short names of the plugins that have the steps of these pipelines' Jenkinsfile."""
    stages = [stage for pipeline in pipelines for stage in pipeline.stages]
    found = set(_ALWAYS if stages else ())
    found |= {PLUGINS[report.kind] for stage in stages for report in stage.reports}
    if any(stage.credentials for stage in stages):
        found.add("credentials-binding")
    if any(stage.trigger for stage in stages):
        found.add("pipeline-build-step")
    if any(stage.approval for stage in stages):
        found.add("pipeline-input-step")
    return frozenset(found)
