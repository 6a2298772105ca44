"""The compiler on one page: read, check, build, lower, emit, read back, add headers.

Each phase adds to one `Diagnostics`; a phase that reports errors is the last one. This module writes nothing, and knows
neither engines nor how diagnostics are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from functools import partial

from transpiler import files
from transpiler.diagnostics import Diagnostic, Diagnostics, Severity, Span
from transpiler.fast_path import digests
from transpiler.freshness.header import Choice, Input, Inputs, Output, compose
from transpiler.front import Front, Request, built_of, front_of, read_source, texts, told
from transpiler.frontend import dialects
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.inputs import check_outputs, inputs
from transpiler.invisible import pointed_out
from transpiler.ir import Deploy, Workflow
from transpiler.lowering import lower
from transpiler.needs import (
    check_approvals,
    check_events,
    check_folder,
    check_names,
    check_profile,
    lost_uses,
    silent_events,
    without_lost,
)
from transpiler.nodes import Document
from transpiler.profile import Cluster, Profile
from transpiler.program import Plan, RenderedFile, TargetTooLarge, Use
from transpiler.records import dataclass, replace
from transpiler.targets import TARGETS, Target
from transpiler.targets.places import check_places
from transpiler.targets.validate import validate

__all__ = ["Outcome", "Phase", "Request", "compile_config", "examine", "reach", "understand"]


class Phase(StrEnum):
    """The printable phases between a config and its outputs: the checked document in version 0, the workflow, and the
    plan of programs."""

    DOCUMENT = "document"
    WORKFLOW = "workflow"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of compiling. `files` are the path and whole text of each of the `outputs`, none if there are errors;
    `sources` are the texts of the files that diagnostics point to. `reached` is the result of the requested phase, None
    if errors stopped the compiler before its end, or if no phase was requested. `whole` and `plan` have the pipelines
    that no error left incomplete, also if there are errors; None if the config could not be read so far. `lost` are
    the uses that each target does not support, if there is a plan."""

    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str] = field(default_factory=dict)
    workflow: Workflow | None = None
    profile: Profile | None = None
    inputs: Inputs | None = None
    outputs: tuple[Output, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    reached: Document | Workflow | Plan | None = None
    dialect: dialects.Dialect | None = None
    whole: Workflow | None = None
    plan: Plan | None = None
    lost: Mapping[str, frozenset[Use]] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether there are errors."""
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self.diagnostics)


def understand(request: Request) -> Outcome:
    """Reads, checks and builds the workflow, and stops there. Raises OSError."""
    diagnostics = Diagnostics()
    front = front_of(request, diagnostics)
    workflow = front.built.workflow if front.built and not diagnostics.failed else None
    return Outcome(told(diagnostics, front), front.sources, workflow, front.profile)


def reach(request: Request, phase: Phase) -> Outcome:
    """Compiles up to the end of a phase, whatever errors later phases would report. Raises OSError."""
    diagnostics = Diagnostics()
    source = read_source(request, diagnostics)
    made: Document | Workflow | Plan | None = source.document
    if phase is not Phase.DOCUMENT:
        built = built_of(request, source, diagnostics).built
        made = built.workflow if built else None
    if isinstance(made, Workflow) and phase is Phase.PLAN and source.profile and not diagnostics.failed:
        made = lower(made, source.profile)
    sources = texts(request, source, diagnostics)
    return Outcome(pointed_out(diagnostics, sources), sources, reached=None if diagnostics.failed else made)


def plan_config(request: Request) -> Outcome:
    """Runs the phases up to the plan, and finds what each target loses; makes no outputs. With errors there is a plan
    only if they leave all pipelines complete. Raises OSError."""
    diagnostics = Diagnostics()
    front = front_of(request, diagnostics)
    built, profile = front.built, front.profile
    if not built or not profile or len(built.whole.pipelines) < len(built.workflow.pipelines):
        return Outcome(told(diagnostics, front), front.sources, None, profile)
    plan = lower(built.whole, _with_clusters(built.whole, profile))
    lost = _needs(request, plan, profile, diagnostics)
    outcome = Outcome(told(diagnostics, front), front.sources, built.whole, profile, _inputs(request, front))
    return replace(outcome, plan=plan, lost=lost)


def examine(request: Request) -> tuple[Outcome, Front]:
    """Finds what is wrong, up to what the targets need, and makes no outputs: for an editor, on each keystroke. Raises
    OSError."""
    diagnostics = Diagnostics()
    front = front_of(request, diagnostics)
    plan: Plan | None = None
    if front.built and front.profile:
        whole = front.built.whole
        plan = lower(whole, _with_clusters(whole, front.profile))
        _needs(request, plan, front.profile, diagnostics)
    return Outcome(told(diagnostics, front), front.sources, None, front.profile, plan=plan), front


def compile_config(request: Request) -> Outcome:
    """Runs all phases. Raises OSError, and Mistranslation if an output does not mean what the config means (a bug)."""
    diagnostics = Diagnostics()
    front = front_of(request, diagnostics)
    outcome = Outcome((), front.sources, None, front.profile, dialect=front.dialect)
    if not front.built or not front.profile:
        return replace(outcome, diagnostics=told(diagnostics, front))
    if diagnostics.failed:
        whole = front.built.whole
        plan = lower(whole, _with_clusters(whole, front.profile))
        lost = _needs(request, plan, front.profile, diagnostics)
        return replace(outcome, diagnostics=told(diagnostics, front), whole=whole, plan=plan, lost=lost)
    workflow, profile = front.built.workflow, front.profile
    plan = lower(workflow, profile)
    needs = _needs(request, plan, profile, diagnostics)
    emitted = [
        (name, file) for name, lost in needs.items() for file in _emit(TARGETS[name], plan, profile, lost, diagnostics)
    ]
    inputs, places = _inputs(request, front), [(name, file.path) for name, file in emitted]
    check_places(places, request.root, profile, diagnostics)
    check_outputs(inputs, request.root, places, request.root, profile, diagnostics)
    outcome = replace(outcome, workflow=workflow, whole=workflow, plan=plan, lost=needs, inputs=inputs)
    if diagnostics.failed:
        return replace(outcome, diagnostics=told(diagnostics, front))
    outputs = tuple(Output(name, file.path, file.comment, file.intro, file.body) for name, file in emitted)
    chosen = () if request.targets == profile.targets else request.targets
    files = dict(compose(request.config, inputs, outputs, Choice(chosen)))
    return replace(outcome, diagnostics=told(diagnostics, front), outputs=outputs, files=files)


def _needs(request: Request, plan: Plan, profile: Profile, diagnostics: Diagnostics) -> Mapping[str, frozenset[Use]]:
    """The targets that can be compiled for, each with the uses that it does not support; what the other targets lack is
    reported."""
    targets = [TARGETS[name] for name in request.targets or profile.targets]
    if not targets:
        hint = f"Name at least one in `targets`, such as `targets: [{next(iter(TARGETS))}]`, or choose some with `-t`."
        message = "The profile leaves out all targets, so there is nothing to compile for."
        diagnostics.error("no-targets", message, profile.place("targets"), hint)
    lacking, found = check_profile(targets, plan, profile, diagnostics), {}
    lacking |= check_folder(targets, plan, profile, partial(_at_the_top, request), diagnostics)
    for target in targets:
        own = Diagnostics()
        lost = lost_uses(target, plan, profile, request.loss, own)
        check_names(target, plan, lost, own)
        check_approvals(target, plan, profile, lost, own)
        check_events(target, plan, profile, own)
        diagnostics.extend(own)
        if target.name not in lacking and not own.failed:
            found[target.name] = lost
    return found


def _at_the_top(request: Request, name: str) -> str:
    """The text of a file at the top of the git repository, "" where it is not there."""
    above = request.root.resolve().parents
    depth = request.folder.count("/")
    content = files.read(above[depth] / name, MAX_BYTES) if depth < len(above) else None
    return (content or b"").decode("utf-8", "replace")


def _with_clusters(workflow: Workflow, profile: Profile) -> Profile:
    """The profile with all clusters that a workflow names: a missing one was reported already."""
    steps = (step for p in workflow.pipelines for s in p.stages for step in s.steps if isinstance(step, Deploy))
    missing = {step.cluster: Cluster("", "") for step in steps}
    site = profile.kubernetes
    return replace(profile, kubernetes=replace(site, clusters={**missing, **site.clusters}))


def _emit(
    target: Target, plan: Plan, profile: Profile, lost: frozenset[Use], diagnostics: Diagnostics
) -> tuple[RenderedFile, ...]:
    """One target's files, read back and validated; none if the target reported an error."""
    plan = without_lost(plan, lost)
    try:
        files = target.emit(plan, profile, lost)
    except TargetTooLarge as too_large:
        span = Span(plan.source, 1, 1, 1, 1)
        message = f"This config is too large for {target.title}: {too_large.limit}."
        hint = f"{too_large.hint[:1].upper()}{too_large.hint[1:]}."
        diagnostics.error("target-too-large", message, span, hint)
        return ()
    validate(target, plan, files, lost, silent_events(target, plan, profile))
    return files


def _inputs(request: Request, front: Front) -> Inputs:
    assert front.built
    assert front.profile
    helm = {path: request.root / path for path in front.helm}
    options = {"project": request.project, "unsupported": "" if request.loss is Severity.ERROR else "warn"}
    return inputs(
        Input(digests.CONFIG, request.config, digests.content_digest(front.config)),
        front.built,
        helm,
        front.profile,
        options,
        request.folder,
    )
