"""Writes a job definition as Jenkins' config.xml (XStream), with the field names of the plugins.

It builds elements, so text is always escaped. `canonical.py` decides which differences between two config.xml matter.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from transpiler.jenkins_sync.jobs.definition import FromSource, Inline, JobDefinition, Multibranch, Parameter, Starter

FOLDER = "com.cloudbees.hudson.plugins.folder.Folder"
_WORKFLOW = "org.jenkinsci.plugins.workflow"
_MULTIBRANCH = f"{_WORKFLOW}.multibranch.WorkflowMultiBranchProject"
_COMPUTED = "com.cloudbees.hudson.plugins.folder.computed"
_TRIGGER = "hudson.plugins.parameterizedtrigger"
_FAILURE, _UNSTABLE, _SUCCESS = ("FAILURE", "2", "RED"), ("UNSTABLE", "1", "YELLOW"), ("SUCCESS", "0", "BLUE")

# The scan intervals that Jenkins offers for a multibranch job, as cron line and milliseconds.
_MINUTE = 60_000
_SCANS = {
    "1m": ("* * * * *", 1),
    "2m": ("*/2 * * * *", 2),
    "5m": ("*/5 * * * *", 5),
    "10m": ("H/6 * * * *", 10),
    "15m": ("H/6 * * * *", 15),
    "20m": ("H/3 * * * *", 20),
    "25m": ("H/3 * * * *", 25),
    "30m": ("H/2 * * * *", 30),
    "1h": ("H * * * *", 60),
    "2h": ("H * * * *", 120),
    "4h": ("H * * * *", 240),
    "8h": ("H * * * *", 480),
    "12h": ("H H * * *", 720),
    "1d": ("H H * * *", 1440),
    "2d": ("H H * * *", 2880),
    "1w": ("H H * * *", 10080),
    "2w": ("H H * * *", 20160),
    "4w": ("H H * * *", 40320),
}


def java_class(job: JobDefinition) -> str:
    """The kind of job as in Jenkins' JSON. A job cannot be changed to another kind."""
    match job.body:
        case Multibranch():
            return _MULTIBRANCH
        case Starter():
            return "hudson.model.FreeStyleProject"
        case _:
            return f"{_WORKFLOW}.job.WorkflowJob"


def element(job: JobDefinition) -> Element:
    """The job's config.xml, with an empty description."""
    match job.body:
        case Multibranch() as body:
            return _multibranch(job, body)
        case Starter() as body:
            return _starter(job, body)
        case body:
            return _pipeline(job, body)


def folder() -> Element:
    """A folder's config.xml, with an empty description."""
    root = Element(FOLDER)
    SubElement(root, "description")
    SubElement(root, "properties")
    return root


def text(root: Element) -> bytes:
    """The XML document, to be posted."""
    made: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _leaf(parent: Element, tag: str, value: str | int | bool) -> None:
    SubElement(parent, tag).text = str(value).lower() if isinstance(value, bool) else str(value)


def _disabled(root: Element, job: JobDefinition) -> None:
    if job.disabled is not None:
        _leaf(root, "disabled", job.disabled)


def _object(parent: Element, tag: str, java_class: str) -> Element:
    return SubElement(parent, tag, {"class": java_class})


def _head(tag: str) -> Element:
    root = Element(tag)
    SubElement(root, "actions")
    SubElement(root, "description")
    return root


def _pipeline(job: JobDefinition, body: Inline | FromSource) -> Element:
    root = _head("flow-definition")
    _leaf(root, "keepDependencies", value=False)
    properties = SubElement(root, "properties")
    own = f"{_WORKFLOW}.job.properties"
    if not job.concurrent:
        _leaf(SubElement(properties, f"{own}.DisableConcurrentBuildsJobProperty"), "abortPrevious", value=False)
    _retention(properties, job)
    _parameters(properties, job.parameters)
    if job.cron or job.poll or job.upstream:
        _triggers(SubElement(SubElement(properties, f"{own}.PipelineTriggersJobProperty"), "triggers"), job)
    if isinstance(body, Inline):
        definition = _object(root, "definition", f"{_WORKFLOW}.cps.CpsFlowDefinition")
        _leaf(definition, "script", body.script)
        _leaf(definition, "sandbox", body.sandbox)
    else:
        definition = _object(root, "definition", f"{_WORKFLOW}.cps.CpsScmFlowDefinition")
        _git(definition, body)
        _leaf(definition, "scriptPath", body.script_path)
        _leaf(definition, "lightweight", body.lightweight)
    SubElement(root, "triggers")
    if job.quiet_period is not None:
        _leaf(root, "quietPeriod", job.quiet_period)
    _disabled(root, job)
    return root


def _retention(properties: Element, job: JobDefinition) -> None:
    if job.keep_days is None and job.keep_builds is None:
        return
    strategy = _object(
        SubElement(properties, "jenkins.model.BuildDiscarderProperty"), "strategy", "hudson.tasks.LogRotator"
    )
    _leaf(strategy, "daysToKeep", -1 if job.keep_days is None else job.keep_days)
    _leaf(strategy, "numToKeep", -1 if job.keep_builds is None else job.keep_builds)
    _leaf(strategy, "artifactDaysToKeep", -1)
    _leaf(strategy, "artifactNumToKeep", -1)


def _parameters(properties: Element, parameters: tuple[Parameter, ...]) -> None:
    if not parameters:
        return
    outer = SubElement(properties, "hudson.model.ParametersDefinitionProperty")
    definitions = SubElement(outer, "parameterDefinitions")
    for parameter in parameters:
        made = SubElement(definitions, "hudson.model.StringParameterDefinition")
        _leaf(made, "name", parameter.name)
        _leaf(made, "description", parameter.description)
        _leaf(made, "defaultValue", parameter.default)
        _leaf(made, "trim", value=False)


def _triggers(triggers: Element, job: JobDefinition) -> None:
    if job.cron:
        _leaf(SubElement(triggers, "hudson.triggers.TimerTrigger"), "spec", job.cron)
    if job.poll:
        poll = SubElement(triggers, "hudson.triggers.SCMTrigger")
        _leaf(poll, "spec", job.poll)
        _leaf(poll, "ignorePostCommitHooks", value=False)
    if job.upstream:
        reverse = SubElement(triggers, "jenkins.triggers.ReverseBuildTrigger")
        _leaf(reverse, "spec", "")
        _leaf(reverse, "upstreamProjects", ", ".join(job.upstream))
        _result(reverse, "threshold", _SUCCESS)


def _result(parent: Element, tag: str, result: tuple[str, str, str]) -> None:
    made = SubElement(parent, tag)
    for field, value in zip(("name", "ordinal", "color"), result, strict=True):
        _leaf(made, field, value)
    _leaf(made, "completeBuild", value=True)


def _git(definition: Element, body: FromSource) -> None:
    scm = _object(definition, "scm", "hudson.plugins.git.GitSCM")
    _leaf(scm, "configVersion", 2)
    remote = SubElement(SubElement(scm, "userRemoteConfigs"), "hudson.plugins.git.UserRemoteConfig")
    _leaf(remote, "url", body.url)
    if body.credential:
        _leaf(remote, "credentialsId", body.credential)
    _leaf(SubElement(SubElement(scm, "branches"), "hudson.plugins.git.BranchSpec"), "name", body.branch)
    _leaf(scm, "doGenerateSubmoduleConfigurations", value=False)
    _object(scm, "submoduleCfg", "empty-list")
    SubElement(scm, "extensions")


def _multibranch(job: JobDefinition, body: Multibranch) -> Element:
    root = _head(_MULTIBRANCH)
    SubElement(root, "properties")
    orphans = _object(root, "orphanedItemStrategy", f"{_COMPUTED}.DefaultOrphanedItemStrategy")
    _leaf(orphans, "pruneDeadBranches", value=True)
    _leaf(orphans, "daysToKeep", -1 if body.days is None else body.days)
    _leaf(orphans, "numToKeep", -1 if body.builds is None else body.builds)
    triggers = SubElement(root, "triggers")
    if body.scan:
        spec, minutes = _SCANS[body.scan]
        periodic = SubElement(triggers, f"{_COMPUTED}.PeriodicFolderTrigger")
        _leaf(periodic, "spec", spec)
        _leaf(periodic, "interval", minutes * _MINUTE)
    _disabled(root, job)
    sources = _object(root, "sources", "jenkins.branch.MultiBranchProject$BranchSourceList")
    branches = SubElement(SubElement(sources, "data"), "jenkins.branch.BranchSource")
    source = _object(branches, "source", "jenkins.plugins.git.GitSCMSource")
    _leaf(source, "id", body.id)
    _leaf(source, "remote", body.url)
    _leaf(source, "credentialsId", body.credential)
    traits = SubElement(source, "traits")
    SubElement(traits, "jenkins.plugins.git.traits.BranchDiscoveryTrait")
    if body.tags:
        SubElement(traits, "jenkins.plugins.git.traits.TagDiscoveryTrait")
    strategy = _object(branches, "strategy", "jenkins.branch.DefaultBranchPropertyStrategy")
    _object(strategy, "properties", "empty-list")
    _owner(sources)
    factory = _object(root, "factory", f"{_WORKFLOW}.multibranch.WorkflowBranchProjectFactory")
    _owner(factory)
    _leaf(factory, "scriptPath", body.script_path)
    return root


def _owner(parent: Element) -> None:
    SubElement(parent, "owner", {"class": _MULTIBRANCH, "reference": "../.."})


def _starter(job: JobDefinition, body: Starter) -> Element:
    root = _head("project")
    _leaf(root, "keepDependencies", value=False)
    properties = SubElement(root, "properties")
    _retention(properties, job)
    _parameters(properties, job.parameters)
    _object(root, "scm", "hudson.scm.NullSCM")
    _leaf(root, "canRoam", value=True)
    _disabled(root, job)
    SubElement(root, "triggers")
    _leaf(root, "concurrentBuild", job.concurrent)
    builder = SubElement(SubElement(root, "builders"), f"{_TRIGGER}.TriggerBuilder")
    config = SubElement(SubElement(builder, "configs"), f"{_TRIGGER}.BlockableBuildTriggerConfig")
    SubElement(SubElement(config, "configs"), f"{_TRIGGER}.CurrentBuildParameters")
    _leaf(config, "projects", body.starts)
    _leaf(config, "condition", "ALWAYS")
    _leaf(config, "triggerWithNoParameters", value=False)
    block = SubElement(config, "block")
    _result(block, "buildStepFailureThreshold", _FAILURE)
    _result(block, "unstableThreshold", _UNSTABLE)
    _result(block, "failureThreshold", _FAILURE)
    SubElement(root, "publishers")
    SubElement(root, "buildWrappers")
    return root
