"""One stage → one program: its steps' lines under their headings, and what they turned out to need."""

from __future__ import annotations

from dataclasses import field

from transpiler import ir
from transpiler.lowering import build, copy, deploy, exports, promote, publish, run
from transpiler.lowering.mail import mail
from transpiler.lowering.program_scope import Draft, Site, inside
from transpiler.lowering.shell import Lines
from transpiler.lowering.slugs import Variables
from transpiler.program import Archive, CredentialUse, StageProgram, TriggerCall
from transpiler.quoting import sh
from transpiler.records import dataclass


@dataclass(slots=True)
class _Body:
    """What the steps give, one after another."""

    sections: list[tuple[str, list[str]]] = field(default_factory=list)
    credentials: list[CredentialUse] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    trigger: TriggerCall | None = None
    publishes: str = ""
    releases: str = ""
    uninstall: Lines = ()

    def add(self, heading: str, lines: Lines) -> None:
        """Lines under a heading; further ones under the same heading follow."""
        if self.sections and self.sections[-1][0] == heading:
            self.sections[-1][1].extend(lines)
        elif lines:
            self.sections.append((heading, list(lines)))


def lower_stage(stage: ir.Stage, site: Site, *, has_descendants: bool) -> StageProgram:
    """The program of one stage."""
    draft = Draft(site, stage, Variables(_outer_names(stage, site)))
    body = _Body()
    for step in stage.steps:
        _take(step, draft, body)
    body.add("values", tuple(draft.write(key) for key in draft.late))
    message = mail(stage, site)
    flow = site.flow
    secrets = {name for use in body.credentials for name in use.variables}
    return StageProgram(
        name=stage.name,
        slug=draft.slug,
        label=_label(stage),
        lines=_lines(draft, body),
        kinds=tuple(dict.fromkeys(_kind(step) for step in stage.steps)),
        reads=tuple(draft.reads.values()),
        binds=tuple(sorted(flow.given(stage.name), key=lambda value: value.file)),
        images=flow.images[stage.name],
        gives_image=stage.name in flow.images_given,
        containers=flow.containers[stage.name],
        copies=tuple(dict.fromkeys(body.copies)) if has_descendants else (),
        archives=tuple(dict.fromkeys(body.archives)),
        credentials=tuple(dict.fromkeys(body.credentials)),
        setup=tuple(draft.setup),
        environment=tuple(name for name in draft.environment if name not in secrets),
        registry=draft.registry,
        artifacts=any("$artifacts" in "\n".join(lines) for _, lines in body.sections),
        publishes=body.publishes,
        releases=body.releases,
        trigger=body.trigger,
        mail=message,
        span=stage.span,
        uninstall=body.uninstall,
    )


def _outer_names(stage: ir.Stage, site: Site) -> set[str]:
    """Variables that the engine sets by names that are not ours."""
    secrets = {n for s in stage.steps if isinstance(s, ir.Run) for c in s.credentials for n in c.variables}
    return {*secrets, *site.profile.environment}


def _take(step: ir.Step, draft: Draft, body: _Body) -> None:
    """Lowers one step."""
    match step:
        case ir.Build():
            body.add("build", build.build(step, draft))
        case ir.Run():
            body.add("run", run.run(step, draft))
            body.credentials += (CredentialUse(c.id, c.kind, c.variables) for c in step.credentials)
        case ir.Copy():
            body.add("copy", copy.copy(step, draft))
            body.archives += copy.archives(step, draft)
            body.copies += copy.copied(step, draft)
        case ir.Publish():
            body.add("publish", publish.publish(step, draft))
            registry = draft.site.profile.registry
            body.credentials += publish.credentials(registry.credential, registry.public, registry.method)
            body.publishes = f"{draft.slug}.published"
        case ir.Promote():
            body.add("promote", promote.promote(step, draft))
            body.credentials += promote.credentials(draft.site.profile.promotion)
        case ir.Deploy():
            body.add("deploy", deploy.deploy(step, draft))
            body.releases = draft.site.flow.files[draft.stage.name, "releaseName"].file
            body.uninstall = deploy.uninstall(step, draft)
        case ir.Export():
            body.add("exports", exports.export(step, draft))
        case ir.Trigger():
            lines, body.trigger = exports.trigger(step, draft)
            body.add("values", lines)


def _lines(draft: Draft, body: _Body) -> Lines:
    """The whole program; empty if the stage does nothing on the machine."""
    if not body.sections:
        return ()
    directory: Lines = ()
    if draft.stage.directory != ".":
        target = draft.stage.directory
        word = sh("./" + target if target.startswith("-") else target)
        directory = (inside(draft, word), f"cd {word}")
    if draft.root:
        directory = ("root=$(pwd -P)", *directory)
    functions = tuple(line for function in draft.functions.values() for line in function)
    lines: Lines = ("set -eu", *functions, *draft.head(), *directory)
    for heading, section in body.sections:
        lines += ("", f"# {heading}", *section)
    return lines


def _kind(step: ir.Step) -> str:
    return "exports" if isinstance(step, ir.Export) else type(step).__name__.lower()


def _label(stage: ir.Stage) -> str:
    """For people: the steps, with the variant that is built."""
    labels = []
    for step in stage.steps:
        variant = step.variant.literal if isinstance(step, ir.Build) else None
        labels.append(f"{_kind(step)} {variant}" if variant else _kind(step))
    return ", ".join(dict.fromkeys(labels)) or "nothing"
