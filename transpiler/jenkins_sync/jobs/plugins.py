"""Finds the Jenkins plugin that has a Java class, for messages that say what to install."""

from __future__ import annotations

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
