"""The Java classes that a double knows: the plugin of each, and the fields of those whose XML is read field by field.

A table, in XStream's order (a superclass's fields first). Kinds of fields: `s` text, `b` truth, `i` number,
`c` collection, `o` object, `a` object whose class must be said; `=` gives the default, which is written too; text,
numbers and objects without a default are left out when they are null.
"""

from __future__ import annotations

import dataclasses

WORKFLOW = "org.jenkinsci.plugins.workflow."
FOLDER = "com.cloudbees.hudson.plugins.folder.Folder"
MULTIBRANCH = f"{WORKFLOW}multibranch.WorkflowMultiBranchProject"
PIPELINE = "flow-definition"
FREESTYLE = "project"
ROOTS = {
    FOLDER: FOLDER,
    MULTIBRANCH: MULTIBRANCH,
    PIPELINE: f"{WORKFLOW}job.WorkflowJob",
    FREESTYLE: "hudson.model.FreeStyleProject",
}

_OWNERS = {
    f"{WORKFLOW}job.": "workflow-job",
    PIPELINE: "workflow-job",
    f"{WORKFLOW}cps.": "workflow-cps",
    f"{WORKFLOW}multibranch.": "workflow-multibranch",
    "com.cloudbees.hudson.plugins.folder.": "cloudbees-folder",
    "jenkins.branch.": "branch-api",
    "hudson.plugins.git.": "git",
    "jenkins.plugins.git.": "git",
    "hudson.plugins.parameterizedtrigger.": "parameterized-trigger",
    "hudson.model.": "",
    "hudson.scm.": "",
    "hudson.tasks.": "",
    "hudson.triggers.": "",
    "hudson.util.": "",
    "hudson.views.": "",
    "jenkins.model.": "",
    "jenkins.triggers.": "",
    "java.": "",
    FREESTYLE: "",
}

_JOB = "actions:c description:s displayName:s keepDependencies:b=false properties:c"
_FOLDER = "actions:c description:s displayName:s properties:c folderViews:a= healthMetrics:c icon:a="
_PARAMETER = "name:s description:s"
_TEXT = {
    PIPELINE: f"{_JOB} definition:a triggers:c quietPeriod:i authToken:s disabled:b=false",
    FREESTYLE: f"{_JOB} scm:a= quietPeriod:i canRoam:b=true disabled:b=false"
    " blockBuildWhenDownstreamBuilding:b=false blockBuildWhenUpstreamBuilding:b=false triggers:c"
    " concurrentBuild:b=false builders:c publishers:c buildWrappers:c",
    FOLDER: _FOLDER,
    MULTIBRANCH: f"{_FOLDER} orphanedItemStrategy:a= triggers:c disabled:b=false sources:a= factory:a=",
    f"{WORKFLOW}cps.CpsFlowDefinition": "script:s sandbox:b=false",
    f"{WORKFLOW}cps.CpsScmFlowDefinition": "scm:a scriptPath:s lightweight:b=false",
    f"{WORKFLOW}job.properties.PipelineTriggersJobProperty": "triggers:c",
    f"{WORKFLOW}job.properties.DisableConcurrentBuildsJobProperty": "abortPrevious:b=false",
    f"{WORKFLOW}job.properties.DisableResumeJobProperty": "",
    f"{WORKFLOW}multibranch.WorkflowBranchProjectFactory": "owner:o scriptPath:s",
    "com.cloudbees.hudson.plugins.folder.computed.DefaultOrphanedItemStrategy": "pruneDeadBranches:b=false"
    " daysToKeep:i=-1 numToKeep:i=-1 abortBuilds:b=false",
    "com.cloudbees.hudson.plugins.folder.computed.PeriodicFolderTrigger": "spec:s interval:i=86400000",
    "jenkins.model.BuildDiscarderProperty": "strategy:a",
    "hudson.tasks.LogRotator": "daysToKeep:i=-1 numToKeep:i=-1 artifactDaysToKeep:i=-1 artifactNumToKeep:i=-1"
    " removeLastBuild:b=false",
    "hudson.model.ParametersDefinitionProperty": "parameterDefinitions:c",
    "hudson.model.StringParameterDefinition": f"{_PARAMETER} defaultValue:s trim:b=false",
    "hudson.model.TextParameterDefinition": f"{_PARAMETER} defaultValue:s trim:b=false",
    "hudson.model.BooleanParameterDefinition": f"{_PARAMETER} defaultValue:b=false",
    "hudson.model.ChoiceParameterDefinition": f"{_PARAMETER} choices:o",
    "hudson.model.PasswordParameterDefinition": f"{_PARAMETER} defaultValue:s",
    "hudson.triggers.TimerTrigger": "spec:s",
    "hudson.triggers.SCMTrigger": "spec:s ignorePostCommitHooks:b=false",
    "jenkins.triggers.ReverseBuildTrigger": "spec:s= upstreamProjects:s threshold:o",
    "hudson.plugins.git.GitSCM": "configVersion:i=2 userRemoteConfigs:c branches:c"
    " doGenerateSubmoduleConfigurations:b=false gitTool:s browser:a submoduleCfg:o= extensions:c",
    "hudson.plugins.git.UserRemoteConfig": "name:s refspec:s url:s credentialsId:s",
    "hudson.plugins.git.BranchSpec": "name:s",
    "hudson.plugins.parameterizedtrigger.TriggerBuilder": "configs:c",
    "hudson.plugins.parameterizedtrigger.BlockableBuildTriggerConfig": "configs:c projects:s condition:s"
    " triggerWithNoParameters:b=false triggerFromChildProjects:b=false block:o buildAllNodesWithLabel:b=false",
    "jenkins.plugins.git.GitSCMSource": "id:s remote:s credentialsId:s traits:c",
    "jenkins.branch.BranchSource": "source:a strategy:a=",
}

_OWNER = f'<owner class="{MULTIBRANCH}" reference="../.."/>'
_VIEWS = (
    '<folderViews class="com.cloudbees.hudson.plugins.folder.views.DefaultFolderViewHolder"><views>'
    "<hudson.model.AllView>"
    f'<owner class="{FOLDER}" reference="../../../.."/><name>All</name><filterExecutors>false</filterExecutors>'
    '<filterQueue>false</filterQueue><properties class="hudson.model.View$PropertyList"/></hudson.model.AllView>'
    '</views><primaryView>All</primaryView><tabBar class="hudson.views.DefaultViewsTabBar"/></folderViews>'
)
# What Jenkins makes of an object that was not posted.
OBJECTS = {
    (FOLDER, "folderViews"): _VIEWS,
    (FOLDER, "icon"): '<icon class="com.cloudbees.hudson.plugins.folder.icons.StockFolderIcon"/>',
    (MULTIBRANCH, "folderViews"): '<folderViews class="jenkins.branch.MultiBranchProjectViewHolder">'
    f"{_OWNER}</folderViews>",
    (MULTIBRANCH, "icon"): f'<icon class="jenkins.branch.MetadataActionFolderIcon">{_OWNER}</icon>',
    (MULTIBRANCH, "orphanedItemStrategy"): "<orphanedItemStrategy"
    ' class="com.cloudbees.hudson.plugins.folder.computed.DefaultOrphanedItemStrategy"/>',
    (MULTIBRANCH, "sources"): '<sources class="jenkins.branch.MultiBranchProject$BranchSourceList">'
    f"<data/>{_OWNER}</sources>",
    (MULTIBRANCH, "factory"): f'<factory class="{WORKFLOW}multibranch.WorkflowBranchProjectFactory">{_OWNER}'
    "<scriptPath>Jenkinsfile</scriptPath></factory>",
    (FREESTYLE, "scm"): '<scm class="hudson.scm.NullSCM"/>',
    ("hudson.plugins.git.GitSCM", "submoduleCfg"): '<submoduleCfg class="empty-list"/>',
    ("jenkins.branch.BranchSource", "strategy"): '<strategy class="jenkins.branch.DefaultBranchPropertyStrategy">'
    '<properties class="empty-list"/></strategy>',
}


@dataclasses.dataclass(frozen=True)
class Field:
    """`default` is None for a field that is left out when it is null."""

    name: str
    kind: str
    default: str | None


def _field(text: str) -> Field:
    name, _, kind = text.partition(":")
    return Field(name, kind[0], kind[2:] if "=" in kind else None)


FIELDS = {name: tuple(_field(text) for text in fields.split()) for name, fields in _TEXT.items()}


def owner(name: str) -> str | None:
    """The id of the plugin that has the class, empty for Jenkins itself and XStream's own names, None for nobody."""
    if "." not in name and name not in _OWNERS:
        return ""
    prefixes = [prefix for prefix in _OWNERS if name.startswith(prefix)]
    return _OWNERS[max(prefixes, key=len)] if prefixes else None
