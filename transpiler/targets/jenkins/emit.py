"""The Jenkinsfile: a scripted pipeline, because only that can say any graph.

One method for each stage, called in blocks of a size that Jenkins can compile; one node for each pipeline, from
checkout to teardown. No script approval is needed and only plain values live across a step, so that a build survives
a restart of the server. Beyond Pipeline itself it takes the git, credentials-binding and mailer plugins, each only
where it is used.
"""

from __future__ import annotations

from transpiler.profile import Profile
from transpiler.program import Plan, RenderedFile, TargetTooLarge, Use, in_order
from transpiler.records import replace
from transpiler.targets import heading
from transpiler.targets.jenkins import limits, settings
from transpiler.targets.jenkins.support import support
from transpiler.targets.jenkins.view import file_view
from transpiler.targets.render import render


def emit(plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[RenderedFile, ...]:
    """The Jenkinsfile, or one for each pipeline beside its path. Raises TargetTooLarge."""
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
    return RenderedFile(path, "//", (*graphs, *_losses(plan, profile, lost)), body)


def _losses(plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[str, ...]:
    pipelines = {"", *(pipeline.name for pipeline in plan.pipelines)}
    lines = []
    for use in in_order(plan.uses, lost):
        if use.pipeline in pipelines:
            where = "/".join(part for part in (use.pipeline, use.stage) if part)
            what = f"{use.feature.value} {use.detail}".strip()
            lines.append(f"without {what}{' of ' if where else ''}{where}: {support(use, plan, profile).why}")
    return tuple(lines)
