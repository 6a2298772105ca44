"""What a plan needs of the targets that it is compiled for: features that they must support, and settings that the
profile must have.

The front end reports what is missing for every target; this module reports what depends on the target.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from transpiler.diagnostics import Diagnostics, Severity, Span
from transpiler.ir import CredentialKind, Event
from transpiler.profile import Profile
from transpiler.program import CredentialUse, Feature, Level, PipelineProgram, Plan, Silence, Use
from transpiler.records import replace
from transpiler.targets import Target
from transpiler.targets.asking import Asked

_BETWEEN_PATHS = re.compile(r"[\s\"',\[\]{}]+")


def losses(target: Target, plan: Plan, profile: Profile) -> tuple[tuple[Use, str], ...]:
    """The uses that the target does not support, each with the reason."""
    found = ((use, target.support(use, plan, profile)) for use in plan.uses)
    return tuple((use, support.why) for use, support in found if support.level is Level.UNSUPPORTED)


def lost_uses(target: Target, plan: Plan, profile: Profile, loss: Severity, diagnostics: Diagnostics) -> frozenset[Use]:
    """The uses that the target does not support. Each is reported with severity `loss`; if the profile accepts the loss
    of a feature, all its uses are reported in one note."""
    lost = losses(target, plan, profile)
    accepted: dict[Feature, list[tuple[Use, str]]] = {}
    for use, why in lost:
        if use.feature in profile.unsupported:
            accepted.setdefault(use.feature, []).append((use, why))
            continue
        message = f"{target.title} cannot do this{_where(use)} (`{use.feature}`). {why}"
        accept = f"`unsupported: [{use.feature}]`"
        if loss is Severity.ERROR:
            hint = f"Leave `{target.name}` out of the profile's `targets`, or accept the loss there with {accept}."
            diagnostics.error("unsupported", message, use.span, hint)
        else:
            hint = f"transpipe writes the output without it. To accept that for good, add {accept} in the profile."
            diagnostics.warning("unsupported", message, use.span, hint)
    for feature, places in accepted.items():
        _note_accepted(target, feature, places, profile, diagnostics)
    return frozenset(use for use, _ in lost)


def without_lost(plan: Plan, lost: frozenset[Use]) -> Plan:
    """The plan without what a loss takes from whole pipelines: one that cannot decide whether it runs always does."""
    always = {use.pipeline for use in lost if use.feature is Feature.CHANGES}
    if not always:
        return plan
    pipelines = (replace(p, deciding=None) if p.name in always else p for p in plan.pipelines)
    return replace(plan, pipelines=tuple(pipelines))


def check_names(target: Target, plan: Plan, lost: frozenset[Use], diagnostics: Diagnostics) -> None:
    """Reports names that are invalid on the target: names of parameters, unless the trigger that has them is `lost`
    anyway."""
    dropped = {(use.pipeline, use.stage, use.feature) for use in lost}
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            if not stage.trigger or (pipeline.name, stage.name, Feature.TRIGGER) in dropped:
                continue
            for parameter in stage.trigger.parameters:
                if not target.needs.carries(parameter.name):
                    message = f"{target.title} does not accept a parameter named `{parameter.name}`."
                    hint = "Use letters, digits and `_`, begin with a letter, and use no name that the engine reserves."
                    diagnostics.error("parameter-name", message, stage.span, hint)


def check_approvals(
    target: Target, plan: Plan, profile: Profile, lost: frozenset[Use], diagnostics: Diagnostics
) -> None:
    """Reports stages that different people should approve and whose engine asks the same people before both, because
    who answers is a setting of an environment that they share."""
    first: dict[str, Asked] = {}
    for one in target.needs.asked(plan, profile, lost):
        if not one.stage.approval or not one.stage.approval.by or not one.environment:
            continue
        other = first.setdefault(one.environment, one)
        by, theirs = (asked.stage.approval.by if asked.stage.approval else () for asked in (one, other))
        if set(by) == set(theirs):
            continue
        deployed = one.stage.deployment and one.stage.deployment.environment == one.environment
        hint = (
            "Write the same `by` in both, or deploy to environments of different names."
            if deployed
            else f"Write the same `by` in both, or give one of them an environment of its own in the profile: "
            f"`{target.name}: {{approvers: {{{by[0]}: ENVIRONMENT}}}}`."
        )
        message = (
            f"On {target.title}, the environment `{one.environment}` says who approves, and {_named_stage(one)} "
            f"({', '.join(by)}) has the same one as {_named_stage(other)} ({', '.join(theirs)})."
        )
        diagnostics.error("approval-shared", message, one.stage.approval.span, hint)


def _named_stage(one: Asked) -> str:
    return f"the stage `{one.stage.name}` of pipeline `{one.pipeline}`"


def check_events(target: Target, plan: Plan, profile: Profile, diagnostics: Diagnostics) -> None:
    """Reports the events on which the target never runs a pipeline because of the profile, each event once: as a note
    if the profile says so itself, else as an error."""
    found: dict[tuple[Event, Silence], list[str]] = {}
    for pipeline, event, silence in _silent(target, plan, profile):
        found.setdefault((event, silence), []).append(f"`{pipeline.name}`")
    for (event, silence), (first, *more) in found.items():
        others = f" and {len(more)} more" if more else ""
        message = f"{target.title} never runs the pipeline {first}{others} on the event `{event}`: {silence.why}."
        report = diagnostics.note if silence.meant else diagnostics.error
        code = "event-left-out" if silence.meant else "event-unreachable"
        report(code, message, profile.first_place(silence.keys), silence.hint)


def silent_events(target: Target, plan: Plan, profile: Profile) -> frozenset[tuple[str, Event]]:
    """The pipelines, each with an event on which the target never runs it because of the profile."""
    return frozenset((pipeline.name, event) for pipeline, event, _ in _silent(target, plan, profile))


def silences(target: Target, plan: Plan, profile: Profile) -> Iterator[tuple[str, Event, Silence]]:
    """The same, each with the reason."""
    return ((pipeline.name, event, silence) for pipeline, event, silence in _silent(target, plan, profile))


def _silent(target: Target, plan: Plan, profile: Profile) -> Iterator[tuple[PipelineProgram, Event, Silence]]:
    for pipeline in plan.pipelines:
        for event in pipeline.events if pipeline.stages else ():
            if silence := target.needs.silence(event, pipeline, profile):
                yield pipeline, event, silence


def _note_accepted(
    target: Target, feature: Feature, places: list[tuple[Use, str]], profile: Profile, diagnostics: Diagnostics
) -> None:
    (use, why), more = places[0], len(places) - 1
    others = f" and in {more} more place{'s' if more > 1 else ''}" if more else ""
    diagnostics.note(
        "accepted-loss",
        f"{target.title} cannot do this{_where(use)}{others} (`{feature}`), and the profile `{profile.name}` "
        f"accepts that. {why}",
        use.span,
        f"There is nothing to do. To make it an error, remove `{feature}` from `unsupported` in the profile.",
    )


def _where(use: Use) -> str:
    if use.detail and not use.pipeline:
        return f" with `{use.feature}: {use.detail}`"
    detail = f" with `{use.detail}`" if use.detail else ""
    if use.stage:
        return f"{detail} in stage `{use.stage}` of pipeline `{use.pipeline}`"
    return f"{detail} in pipeline `{use.pipeline}`" if use.pipeline else ""


def check_profile(targets: Sequence[Target], plan: Plan, profile: Profile, diagnostics: Diagnostics) -> frozenset[str]:
    """Reports what the profile or the config lacks for these targets, each thing once. Returns the targets that cannot
    be compiled for because of it."""
    lacking: set[str] = set()
    for target in targets:
        if target.needs.PROJECT and not plan.project:
            message = f"{target.needs.PROJECT}, but nothing sets the project's name."
            hint = "Add a line such as `project: team/service` at the top of the config, or use `--project`."
            diagnostics.error("project-unknown", message, Span(plan.source, 1, 1, 1, 1), hint)
            lacking.add(target.name)
    for what, lines, span, by in (*_registry(targets, plan, profile), *_credentials(targets, plan, profile)):
        message = f"The profile `{profile.name}` has no {what}."
        diagnostics.error("profile-lacks", message, span, f"Add to {profile.where_to_add}: `{lines}`.")
        lacking.update(target.name for target in by)
    return frozenset(lacking)


def check_folder(
    targets: Sequence[Target], plan: Plan, profile: Profile, top: Callable[[str], str], diagnostics: Diagnostics
) -> frozenset[str]:
    """Reports what keeps engines from the outputs of a config in a subfolder of its git repository; `top` reads a file
    at its top ("": there is none). Returns the targets that cannot be compiled for because of it."""
    refused: set[str] = set()
    for target in targets if plan.folder else ():
        found = target.needs.not_found(plan, profile)
        if found is None or (found.named_in and _names(top(found.named_in), found.output)):
            continue
        message = f"{found.why}, and the config is in `{plan.folder}`: it does not find `{found.output}` by itself."
        span = Span(plan.source, 1, 1, 1, 1)
        if found.named_in:
            diagnostics.note("output-to-include", message, span, found.hint)
        else:
            diagnostics.error("output-not-found", message, span, found.hint)
            refused.add(target.name)
    return frozenset(refused)


def _names(text: str, path: str) -> bool:
    """Whether a word of the text is this path, or a pattern for it: `**` stands for any folders, `*` for a part of a
    name."""
    return any(re.fullmatch(_pattern(word.lstrip("/")), path) for word in _BETWEEN_PATHS.split(text))


def _pattern(word: str) -> str:
    return re.escape(word).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")


_Need: TypeAlias = tuple[str, str, Span | None, Sequence[Target]]
"""What is missing, the profile lines that provide it, the place that needs it, and the targets that need it."""


def _registry(targets: Sequence[Target], plan: Plan, profile: Profile) -> Iterator[_Need]:
    by = [target for target in targets if not target.needs.OWN_REGISTRY]
    if profile.registry.public or not by:
        return
    stage = next((stage for pipeline in plan.pipelines for stage in pipeline.stages if stage.registry), None)
    if stage:
        verb = "needs" if len(by) == 1 else "need"
        why = "for the layers of builds" if stage.layers and not stage.publishes else "to publish"
        yield f"registry, which {_titles(by)} {verb} {why}", "registry: {public: HOST}", stage.span, by


def _credentials(targets: Sequence[Target], plan: Plan, profile: Profile) -> Iterator[_Need]:
    seen: set[str] = set()
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            for use in stage.credentials:
                by = [target for target in targets if not _named(target, use.id, profile)]
                if not use.id or use.id in seen or not by:
                    continue
                seen.add(use.id)
                names = ", ".join(target.needs.credential(use.kind) for target in by)
                lines = f"credentials: {{{use.id}: {{kind: {use.kind}, {names}}}}}"
                yield _names_lacking(by, use, profile), lines, stage.span, by


def _names_lacking(targets: Sequence[Target], use: CredentialUse, profile: Profile) -> str:
    """What the profile does not name on these targets: the credential, or the parts that one of its kind has."""
    site = profile.credentials.get(use.id)
    other = site is not None and any(site.names.get(target.name) for target in targets)
    pair = use.kind is CredentialKind.USERNAME_PASSWORD
    what = ("names of a username and a password" if pair else "single name") if other else "name"
    kind = f", which is a `{use.kind}`" if other and not pair else ""
    return f"{what} on {_titles(targets)} for the credential `{use.id}`{kind}"


def _named(target: Target, credential: str, profile: Profile) -> bool:
    site = profile.credentials.get(credential)
    return bool(site and target.needs.is_named(site.kind, site.names.get(target.name, ())))


def _titles(targets: Sequence[Target]) -> str:
    return " and ".join(target.title for target in targets)
