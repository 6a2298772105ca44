"""Lowers a workflow to the plan from which every target is emitted."""

from __future__ import annotations

from transpiler import ir
from transpiler.lowering import services
from transpiler.lowering.changes import deciding
from transpiler.lowering.flow import Flow, analyse
from transpiler.lowering.origins import origins
from transpiler.lowering.program_scope import Entered, Site
from transpiler.lowering.shell import Lines
from transpiler.lowering.slugs import slugs
from transpiler.lowering.stage import lower_stage
from transpiler.lowering.uses import uses
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, Plan, StageProgram
from transpiler.records import replace


def lower(workflow: ir.Workflow, profile: Profile, entered: Entered | None = None) -> Plan:
    """Returns the plan. The front end must have checked the workflow with the same profile. `entered` is the stage that
    a person enters, if one does."""
    names = slugs(pipeline.name for pipeline in workflow.pipelines)
    flows = tuple(analyse(pipeline) for pipeline in workflow.pipelines)
    pipelines = tuple(
        replace(
            _lower(pipeline, names[pipeline.name], _site(workflow, pipeline, profile, flow, entered)),
            deciding=deciding(workflow, pipeline, profile),
        )
        for pipeline, flow in zip(workflow.pipelines, flows, strict=True)
    )
    needed = uses(workflow, pipelines, flows)
    return Plan(workflow.source, workflow.project, pipelines, workflow.concurrency, needed, workflow.folder)


def _site(workflow: ir.Workflow, pipeline: ir.Pipeline, profile: Profile, flow: Flow, entered: Entered | None) -> Site:
    made = origins(pipeline, profile.registry.name)
    here = entered if entered and entered.pipeline == pipeline.name else None
    return Site(workflow.project, pipeline.name, profile, flow, made, workflow.folder, here, pipeline.events)


def _lower(pipeline: ir.Pipeline, slug: str, site: Site) -> PipelineProgram:
    followed = {a for a, _ in pipeline.graph.edges}
    stages = tuple(lower_stage(s, site, has_descendants=s.name in followed) for s in pipeline.stages)
    return PipelineProgram(
        name=pipeline.name,
        slug=slug,
        events=pipeline.events,
        fetch=pipeline.fetch,
        graph=pipeline.graph,
        stages=stages,
        teardown=_teardown(stages, site.engine),
        span=pipeline.span,
    )


def _teardown(stages: tuple[StageProgram, ...], engine: str) -> Lines:
    """Lines that remove releases, containers, networks, images and values. They run without `set -e`, so that each line
    runs even if one before it fails."""
    networks = any(stage.services for stage in stages)
    return (
        *(line for stage in stages for line in stage.uninstall),
        *removal(engine, networks=networks),
        'rm -rf "$values"',
    )


def removal(engine: str, *, networks: bool = True) -> Lines:
    """Lines that remove the containers, networks and images of `$run`."""
    mine = '--quiet --filter "label=ci.run=$run"'
    return (
        _each(f"{engine} ps --all {mine}", f"{engine} rm --force --volumes"),
        *((services.removal(engine),) if networks else ()),
        _images(mine, engine),
    )


def _images(mine: str, engine: str) -> str:
    """One line that removes the images of a run. podman lists children before the images that they are based on. It
    gives up when another pipeline removes an image that it looks at, and then is asked again."""
    if engine != "podman":
        return _each(f"{engine} images {mine} | sort -u", f"{engine} rmi --force")
    remove = "podman rmi --force $(echo \"$ids\" | awk '!seen[$0]++')"
    return f'for _ in 1 2 3 4 5; do ids=$(podman images {mine}) && [ -z "$ids" ] && break; {remove} || sleep 1; done'


def _each(find: str, remove: str) -> str:
    """One line that removes everything that `find` prints, if it prints anything. `xargs -r` is not portable."""
    return f'ids=$({find}); [ -z "$ids" ] || {remove} $ids'
