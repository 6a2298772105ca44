"""Emits the Zuul files: the configuration, and the playbooks that its jobs run."""

from __future__ import annotations

from transpiler.graph import notation
from transpiler.profile import Profile
from transpiler.program import Plan, RenderedFile, Use
from transpiler.targets.render import render
from transpiler.targets.zuul import configuration, settings, view
from transpiler.targets.zuul.names import aliases, choose
from transpiler.targets.zuul.pipelines import Output, Site, output, secret_names


def emit(plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[RenderedFile, ...]:
    """Returns the configuration and its playbooks, without the `lost` uses, which Zuul does not support."""
    pipelines = tuple(
        pipeline if view.logs_in(pipeline, profile) else view.without_logins(pipeline)
        for pipeline in plan.pipelines
        if pipeline.stages
    )
    where = settings.of(profile)
    folder = where.playbooks.rstrip("/")
    site = Site(plan, profile, lost, choose(plan), folder, aliases(secret_names(pipelines, profile)))
    outputs = tuple(output(pipeline, site) for pipeline in pipelines)
    teardowns = _teardowns(folder, outputs)
    config = RenderedFile(
        where.path, "#", configuration.intro(site, outputs), configuration.body(site, outputs, teardowns)
    )
    playbooks = (
        RenderedFile(path, "#", (f"{made.pipeline.name}   {notation(made.pipeline.graph)}",), text)
        for made in outputs
        for path, text in made.playbooks
    )
    last = (
        RenderedFile(path, "#", (), render("zuul/teardown.yaml.j2", lines=lines)) for lines, path in teardowns.items()
    )
    return (config, *playbooks, *last)


def _teardowns(folder: str, outputs: tuple[Output, ...]) -> dict[tuple[str, ...], str]:
    """The path of each teardown playbook, by the lines that it runs. Pipelines with the same teardown share one."""
    taken = {path for made in outputs for path, _ in made.playbooks}
    found: dict[tuple[str, ...], str] = {}
    for made in outputs:
        if made.pipeline.teardown not in found:
            wanted = f"{folder}/teardown-{made.pipeline.slug}" if found else f"{folder}/teardown"
            while f"{wanted}.yaml" in taken:
                wanted += "-"
            found[made.pipeline.teardown] = f"{wanted}.yaml"
            taken.add(f"{wanted}.yaml")
    return found
