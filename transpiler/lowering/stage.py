"""One stage → one program: the lines of its steps under their headings, and everything that they need."""

from __future__ import annotations

from collections.abc import Iterable

from transpiler import ir
from transpiler.lowering import approval, may_fail
from transpiler.lowering.body import Body, lowerer
from transpiler.lowering.limit import limited
from transpiler.lowering.mail import mail
from transpiler.lowering.program_scope import Draft, Site, inside
from transpiler.lowering.shell import Lines
from transpiler.lowering.slugs import Variables
from transpiler.program import CredentialUse, StageProgram
from transpiler.quoting import sh
from transpiler.records import replace
from transpiler.steps import credentials, kind_of, summary

_BUILT_IN = frozenset({"echo"})  # of `transpipe run`, for what it does not do


def lower_stage(stage: ir.Stage, site: Site, *, has_descendants: bool) -> StageProgram:
    """The program of one stage."""
    if (entered := site.entered) and entered.at_once and entered.stage == stage.name:
        stage = _only_prepared(stage)
    draft = Draft(site, stage, Variables(_outer_names(stage, site)))
    body = Body()
    body.add("approval", approval.bound(draft))
    for step in stage.steps:
        lowerer(kind_of(step).name)(step, draft, body)
    body.add("values", tuple(draft.write(key) for key in draft.late))
    message = mail(stage, site)
    flow = site.flow
    secrets = {name for use in body.credentials for name in use.variables}
    return StageProgram(
        name=stage.name,
        slug=draft.slug,
        label=summary(stage) or ("approval" if stage.approval else "nothing"),
        lines=_lines(draft, body),
        kinds=tuple(dict.fromkeys(kind_of(step).name for step in stage.steps)),
        reads=tuple(draft.reads.values()),
        binds=tuple(sorted(flow.given(stage.name), key=lambda value: value.file)),
        images=flow.images[stage.name],
        gives_image=stage.name in flow.images_given,
        containers=flow.containers[stage.name],
        copies=tuple(dict.fromkeys(body.copies)) if has_descendants else (),
        archives=tuple(
            dict.fromkeys(replace(archive, late=archive.late or stage.may_fail) for archive in body.archives)
        ),
        credentials=_needed(body.credentials),
        setup=tuple(draft.setup),
        environment=tuple(name for name in draft.environment if name not in secrets),
        registry=draft.registry,
        push_registry=draft.push_registry,
        artifacts=draft.artifacts,
        publishes=body.publishes,
        releases=body.releases,
        trigger=body.trigger,
        mail=message,
        span=stage.span,
        uninstall=body.uninstall,
        takes=body.takes,
        logins=tuple(dict.fromkeys(body.logins)),
        timeout=stage.timeout,
        may_fail=may_fail.file_of(draft),
        reports=tuple(dict.fromkeys(body.reports)),
        deployment=body.deployment,
        approval=stage.approval,
        services=tuple(body.services),
        layers=draft.layers,
    )


def _only_prepared(stage: ir.Stage) -> ir.Stage:
    """The stage without what would follow the command of its `run`, which is not started."""
    steps = tuple(step for step in stage.steps if isinstance(step, ir.Build | ir.Run))
    return replace(stage, steps=steps, mail=None, attempts=None)


def _needed(uses: list[CredentialUse]) -> tuple[CredentialUse, ...]:
    """Each credential once: it is optional only where no step needs it."""
    needed = {replace(use, optional=False) for use in uses if not use.optional}
    return tuple(dict.fromkeys(must if (must := replace(use, optional=False)) in needed else use for use in uses))


def _outer_names(stage: ir.Stage, site: Site) -> set[str]:
    """Names of variables that the engine sets and transpipe does not choose."""
    secrets = {name for credential in credentials(*stage.steps) for name in credential.variables}
    return {*secrets, *site.profile.environment}


def _lines(draft: Draft, body: Body) -> Lines:
    """The whole program; empty if the stage does nothing on the machine."""
    if not body.sections:
        return ()
    directory: Lines = ()
    if draft.stage.directory != ".":
        target = draft.stage.directory
        word = sh("./" + target if target.startswith("-") else target)
        directory = (inside(draft, word), f"cd {word}")
    if folder := draft.site.folder:
        directory = (*_into(folder), *directory)
    elif draft.root:
        directory = ("root=$(pwd -P)", *directory)
    sections = limited(
        tuple(line for heading, section in body.sections for line in ("", f"# {heading}", *section)), draft
    )
    sections = may_fail.allowed(sections, draft)
    functions = tuple(line for function in draft.functions.values() for line in function)
    return ("set -eu", *_required(body.programs), *functions, *draft.head(), *directory, *sections)


def _into(folder: str) -> Lines:
    """Changes from the checkout into the config's folder, which is `root` for all that follows. A link in its place
    could lead anywhere, whoever made the change that is built."""
    wrong = sh(f"{folder} is a link, or not in the checkout")
    return (
        f"root=$(pwd -P)/{sh(folder)}",
        f'cd "$root" && [ "$(pwd -P)" = "$root" ] || {{ echo {wrong} >&2; exit 1; }}',
    )


def _required(programs: Iterable[str]) -> Lines:
    """The lines that say first what the machine lacks, before anything is built or published. A path may be one in the
    checkout, or in another repository."""
    names = dict.fromkeys(name for name in programs if "/" not in name and name not in _BUILT_IN)
    missing = "is not installed where this job runs"
    return tuple(
        f"command -v {sh(name)} > /dev/null || {{ echo {sh(f'{name} {missing}')} >&2; exit 1; }}" for name in names
    )
