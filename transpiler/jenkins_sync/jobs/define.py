"""Makes the definitions of Jenkins jobs from a workflow, its profile and its Jenkinsfiles.

It reports settings of the profile that a kind of job does not support. It knows neither XML nor a server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from transpiler.diagnostics import Diagnostics, Span
from transpiler.ir import Event, Pipeline, Workflow
from transpiler.jenkins_sync.jobs import naming
from transpiler.jenkins_sync.jobs.definition import (
    Body,
    FromSource,
    Inline,
    JobDefinition,
    Multibranch,
    Parameter,
    Starter,
)
from transpiler.lowering.slugs import slugs
from transpiler.profile import Profile
from transpiler.records import replace
from transpiler.targets import folder
from transpiler.targets.jenkins import settings
from transpiler.targets.jenkins.settings import Settings

TARGET = settings.NAME
"""The target whose outputs the jobs run."""

PIPELINE = "PIPELINE"
"""The parameter by which a job selects one pipeline of a Jenkinsfile with several."""

_NAMES = tuple((TARGET, key) for key in ("name", "trigger-name", "folder"))
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def adjusted(profile: Profile) -> Profile:
    """Returns the profile with which the Jenkinsfiles of jobs are made. A job with an inline Jenkinsfile gets one with
    only its own pipeline: otherwise the size of all jobs together would grow with the square of the config."""
    site = settings.of(profile)
    if (site.kind, site.jobs) != ("inline", "job-per-pipeline"):
        return profile
    return replace(profile, settings={**profile.settings, TARGET: replace(site, layout="file-per-pipeline")})


def definitions(
    workflow: Workflow, profile: Profile, files: Mapping[str, str], diagnostics: Diagnostics
) -> tuple[JobDefinition, ...]:
    """The jobs, in the order of the pipelines; none if there are errors. `files` are the Jenkinsfiles, by path, and
    `profile` is the one that they were made with: see `adjusted`."""
    if not workflow.project:
        message = "The names of Jenkins jobs contain the project's name, but nothing sets the project's name."
        hint = "Add a line such as `project: team/service` at the top of the config, or use `--project`."
        diagnostics.error("project-unknown", message, Span(workflow.source, 1, 1, 1, 1), hint)
        return ()
    found = Diagnostics()
    _check_settings(profile, found)
    jobs = () if found.failed else tuple(_jobs(workflow, workflow.project, profile, files))
    _check_jobs(jobs, profile, found)
    diagnostics.extend(found)
    return () if found.failed else jobs


def _jobs(workflow: Workflow, project: str, profile: Profile, files: Mapping[str, str]) -> Iterator[JobDefinition]:
    site = settings.of(profile)
    own_files = site.layout == "file-per-pipeline"
    if site.jobs == "job-per-pipeline" or own_files:
        names = slugs(pipeline.name for pipeline in workflow.pipelines)
        for pipeline in workflow.pipelines:
            slug = names[pipeline.name]
            path = f"{site.path}.{slug}" if own_files else site.path
            body = _body(workflow, project, slug, path, files, site, (pipeline,))
            cron = _cron(workflow, site, (pipeline,))
            job = _job(workflow, project, slug, body, site, cron, by_parameter=not own_files)
            yield from _with_starter(job, site, workflow.folder)
    elif workflow.pipelines:
        body = _body(workflow, project, None, site.path, files, site, workflow.pipelines)
        cron = _cron(workflow, site, workflow.pipelines)
        job = _job(workflow, project, None, body, site, cron, by_parameter=False)
        yield from _with_starter(job, site, workflow.folder)


def _cron(workflow: Workflow, site: Settings, pipelines: tuple[Pipeline, ...]) -> str:
    """The timer of the job of these pipelines. If some pipeline of the config has the event `schedule`, a timer starts
    nothing but that, so other jobs have none."""
    scheduled = any(Event.SCHEDULE in pipeline.events for pipeline in workflow.pipelines)
    wanted = not scheduled or any(Event.SCHEDULE in pipeline.events for pipeline in pipelines)
    return site.cron if wanted else ""


def _job(
    workflow: Workflow, project: str, slug: str | None, body: Body, site: Settings, cron: str, *, by_parameter: bool
) -> JobDefinition:
    parameters = tuple(Parameter(*parameter) for parameter in site.parameters)
    if by_parameter and slug is not None:
        parameters = (Parameter(PIPELINE, slug, "Which pipeline of the config runs"), *parameters)
    return JobDefinition(
        path=_path(site.name, project, slug, site, workflow.folder),
        owner=project,
        source=source_of(workflow) if slug is None else f"{source_of(workflow)}#{slug}",
        body=body,
        description=naming.filled(site.description, project, slug),
        parameters=parameters,
        cron=cron,
        poll=site.poll,
        upstream=site.upstream,
        keep_days=site.keep_days,
        keep_builds=site.keep_builds,
        concurrent=site.concurrent,
        disabled=site.disabled,
        quiet_period=site.quiet_period,
    )


def _with_starter(job: JobDefinition, site: Settings, below: str) -> Iterator[JobDefinition]:
    """The job, and, if the profile has a `trigger-name`, a job with the same parameters that starts it and has no
    triggers of its own."""
    yield job
    if site.trigger_name:
        slug = job.source.partition("#")[2] or None
        source = f"{job.source}{'' if slug else '#'}:start"
        passed = tuple(p for p in job.parameters if p.name != PIPELINE)
        path = _path(site.trigger_name, job.owner, slug, site, below)
        # An absolute name: Jenkins would look for a relative one in the folder of the starting job.
        starter = Starter(f"/{job.path}" if "/" in job.path else job.path)
        yield replace(
            job,
            path=path,
            source=source,
            body=starter,
            parameters=passed,
            cron="",
            poll="",
            upstream=(),
            quiet_period=None,
        )


def _path(pattern: str, project: str, slug: str | None, site: Settings, below: str) -> str:
    place = folder.word(below) if below else ""
    jenkins_folder = naming.filled(site.folder, project, None, folder=place).strip("/")
    pattern = naming.with_folder(pattern) if below and "{folder}" not in site.folder else pattern
    return naming.joined(jenkins_folder, naming.filled(pattern, project, slug, "-", place))


def source_of(workflow: Workflow) -> str:
    """The config's path in its git repository, which tells jobs of several configs in one repository apart."""
    return folder.path(workflow.folder, workflow.source)


def _body(
    workflow: Workflow,
    project: str,
    slug: str | None,
    path: str,
    files: Mapping[str, str],
    site: Settings,
    pipelines: tuple[Pipeline, ...],
) -> Body:
    source, script_path = site.source, folder.path(workflow.folder, path)
    url = naming.filled(source.url, project, slug)
    match site.kind:
        case "inline":
            return Inline(script(files[path], project), site.sandbox)
        case "multibranch":
            tags = any(Event.TAG in pipeline.events for pipeline in pipelines)
            days, builds = site.orphan_days, site.orphan_builds
            # Always with limits: without them, Jenkins keeps everything for ever, where (0, 0) keeps nothing.
            bounds = (0, 0) if days is None and builds is None else (days, builds)
            return Multibranch(f"transpipe:{project}", url, source.credential, script_path, tags, source.scan, *bounds)
        case _:
            return FromSource(url, _branch(source.branch), source.credential, script_path, source.lightweight)


def _branch(branch: str) -> str:
    """The branch as the git plugin expects it: for any remote, so that GIT_BRANCH is `origin/main`, unless the branch
    is already a full ref or a pattern."""
    return branch if branch.startswith("refs/") or set("*:$") & set(branch) else f"*/{branch}"


def script(jenkinsfile: str, project: str) -> str:
    """The Jenkinsfile with the header for a job. The usual header has digests, which would change the job even if only
    a comment in the config changes."""
    lines = jenkinsfile.split("\n")
    end = next((i for i, line in enumerate(lines) if re.match(r"// header +sha256:", line)), None)
    if end is None:
        return jenkinsfile
    first = lines[0].partition(": change")[0]
    graphs = [line for line in lines[1:end] if line.startswith("//   ")]
    head = [f"{first} of {project}: change that file, `transpipe sync apply` writes this job.", "//", *graphs]
    return "\n".join([*head, *lines[end + 1 :]])


# ---- settings that are not supported ----


def _check_settings(profile: Profile, diagnostics: Diagnostics) -> None:
    site = settings.of(profile)
    if site.kind != "inline" and not site.source.url:
        message = f"The profile `{profile.name}` has no URL from which Jenkins jobs fetch the repository."
        lines = "jenkins: {source: {url: 'https://HOST/{project}.git'}}"
        place = profile.place(TARGET, "source")
        diagnostics.error("profile-lacks", message, place, f"Add to {profile.where_to_add}: `{lines}`.")
    for setting, why, instead in _impossible(site):
        message = f"`jenkins.{setting}` is not possible with `kind: {site.kind}`: {why}."
        place = profile.place(TARGET, *setting.partition(":")[0].split("."))
        diagnostics.error("job-setting", message, place, f"{instead} in the profile.")
    patterns = {
        "name": site.name,
        "trigger-name": site.trigger_name,
        "folder": site.folder,
        "source.url": site.source.url,
        "description": site.description,
    }
    for key, pattern in patterns.items():
        for word in naming.unknown(pattern):
            message = f"`jenkins.{key}` contains the unknown placeholder `{{{word}}}`."
            known = ", ".join(f"`{{{name}}}`" for name in naming.PLACEHOLDERS)
            place = profile.place(TARGET, *key.split("."))
            diagnostics.error("job-name", message, place, f"The placeholders are {known}.")


def _impossible(site: Settings) -> Iterator[tuple[str, str, str]]:
    """Settings that this kind of job does not support: their names, why, and what to write instead."""
    if site.kind == "inline" and site.checkout == "scm":
        yield "checkout: scm", "a job that contains its Jenkinsfile has no repository", "Write `kind: scm`"
    if site.kind == "inline" and site.poll:
        yield "triggers.poll", "a job that contains its Jenkinsfile has no repository", "Write `kind: scm`"
    by_parameter = site.jobs == "job-per-pipeline" and site.layout == "one-file"
    if by_parameter and any(name == PIPELINE for name, *_ in site.parameters):
        why = f"transpipe itself sets the parameter `{PIPELINE}`, which names the pipeline that a job runs"
        yield "parameters", why, "Rename the parameter"
    names = [name for name, *_ in site.parameters]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        yield "parameters", f"two of them have the name `{twice}`", "Rename one of them"
    if site.kind != "multibranch":
        return
    if by_parameter:
        why = "the jobs of its branches have no parameter that names the pipeline"
        yield "jobs: job-per-pipeline", why, "Write `layout: file-per-pipeline`"
    given = {
        "parameters": site.parameters,
        "triggers.cron": site.cron,
        "triggers.poll": site.poll,
        "triggers.upstream": site.upstream,
        "trigger-name": site.trigger_name,
        "quiet-period": site.quiet_period is not None,
        "concurrent: false": not site.concurrent,
        "retention": site.keep_days or site.keep_builds,
    }
    for setting, value in given.items():
        if value:
            why = "Jenkins itself creates the jobs of its branches"
            yield setting, why, f"Remove `{setting.partition(':')[0]}`"


def _check_jobs(jobs: tuple[JobDefinition, ...], profile: Profile, diagnostics: Diagnostics) -> None:
    seen: dict[str, JobDefinition] = {}
    for job in jobs:
        for part in job.path.split("/"):
            if complaint := naming.complaint(part):
                message = f"Jenkins accepts no job named `{job.path}`: {complaint}."
                hint = "Change `jenkins.name`, `jenkins.trigger-name` or `jenkins.folder` in the profile."
                diagnostics.error("job-name", message, profile.first_place(_NAMES), hint)
                break
        first = seen.setdefault(naming.fold(job.path), job)
        if first is not job:
            message = f"Two jobs would have the name `{job.path}`: for {first.source} and for {job.source}."
            hint = "Write `{pipeline}` in both `jenkins.name` and `jenkins.trigger-name`, and make the two differ."
            diagnostics.error("job-name", message, profile.first_place(_NAMES), hint)
        if strange := next((m[0] for text in _texts(job) if (m := _NOT_XML.search(text))), ""):
            message = (
                f"The job `{job.path}` would contain the character U+{ord(strange):04X}, which Jenkins cannot store."
            )
            hint = "Remove that character from the config or the profile."
            diagnostics.error("job-setting", message, profile.place(TARGET), hint)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
