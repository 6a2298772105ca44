"""Which plugin of Jenkins has a class: for people who must install it."""

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
    """The plugin's short name, "" for what is Jenkins' own or not known here."""
    return next((name for prefix, name in _PREFIXES.items() if java_class.startswith(prefix)), "")
