"""Emits the Jenkinsfile: a scripted pipeline, because a declarative one cannot express every graph.

There is a method for each stage; they are called in blocks of a size that Jenkins can compile. A pipeline runs on one
node, from checkout to teardown. The script needs no script approval. Its variables hold only serializable values while
a step runs, so that a build survives a restart of the server. Apart from Pipeline it needs the git, credentials-binding
and mailer plugins, each only if a config uses it.
"""

from __future__ import annotations

from transpiler.ir import ReportKind
from transpiler.profile import Profile
from transpiler.program import Plan, RenderedFile, TargetTooLarge, Use, in_order
from transpiler.records import replace
from transpiler.targets import heading
from transpiler.targets.jenkins import limits, settings
from transpiler.targets.jenkins.stages import PLUGINS
from transpiler.targets.jenkins.support import support
from transpiler.targets.jenkins.view import file_view
from transpiler.targets.render import render


def emit(plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[RenderedFile, ...]:
    """Returns the Jenkinsfile, or one for each pipeline at `<path>.<pipeline>`. Raises TargetTooLarge."""
    site = settings.of(profile)
    path = site.path
    if site.layout == "one-file":
        return (_file(path, plan, profile, lost),)
    return tuple(
        _file(f"{path}.{pipeline.slug}", replace(plan, pipelines=(pipeline,)), profile, lost)
        for pipeline in plan.pipelines
    )


def _file(path: str, plan: Plan, profile: Profile, lost: frozenset[Use]) -> RenderedFile:
    try:
        view = file_view(plan, profile, lost)
        body = render("jenkins/Jenkinsfile.j2", file=view)
    except ValueError as unsayable:
        raise TargetTooLarge(f"a Jenkinsfile cannot contain this: {unsayable}", "remove that character") from unsayable
    limits.check(view, body)
    graphs = heading.table((pipeline, pipeline.events) for pipeline in plan.pipelines)
    return RenderedFile(path, "//", (*graphs, *_plugins(plan), *_losses(plan, profile, lost)), body)


def _plugins(plan: Plan) -> tuple[str, ...]:
    """What a server must have that shows reports."""
    kinds = {report.kind for pipeline in plan.pipelines for stage in pipeline.stages for report in stage.reports}
    names = [f"`{PLUGINS[kind]}`" for kind in ReportKind if kind in kinds]
    return (f"reports need the plugin{'s' if len(names) > 1 else ''} {' and '.join(names)}",) if names else ()


def _losses(plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[str, ...]:
    pipelines = {"", *(pipeline.name for pipeline in plan.pipelines)}
    lines = []
    for use in in_order(plan.uses, lost):
        if use.pipeline in pipelines:
            where = "/".join(part for part in (use.pipeline, use.stage) if part)
            what = f"{use.feature.value} {use.detail}".strip()
            lines.append(f"without {what}{' of ' if where else ''}{where}: {support(use, plan, profile).why}")
    return tuple(lines)
