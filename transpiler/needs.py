"""What a plan needs on the targets that it is compiled for: features they must have, settings the profile must hold.

What is missing whatever the target is the front end's to say; here is what depends on the target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from transpiler.diagnostics import Diagnostics, Severity, Span
from transpiler.ir import CredentialKind
from transpiler.profile import Profile, SiteCredential
from transpiler.program import Feature, Level, Plan, Use
from transpiler.targets import Target

_PARAMETERS = {"gitlab": re.compile(r"[A-Za-z_][A-Za-z0-9_]*"), "zuul": re.compile(r"[A-Za-z][A-Za-z0-9_]*")}
# Of Zuul (`zuul/lib/varnames.py`): it would refuse the whole configuration.
_RESERVED = frozenset({
    "zuul", "zuul_node", "nodepool", "unsafe_vars", "zuul_user_dir", "ansible_connection", "ansible_host",
    "ansible_python_interpreter", "ansible_shell_executable", "ansible_user",
})  # fmt: skip

_TITLES = {"jenkins": "Jenkins", "gitlab": "GitLab", "zuul": "Zuul"}


def title(target: str) -> str:
    """What people call the engine."""
    return _TITLES.get(target, target)


def lost_uses(
    target: Target, plan: Plan, profile: Profile, loss: Severity, diagnostics: Diagnostics
) -> frozenset[Use]:  # fmt: skip
    """The uses that the target cannot say. Each is reported with severity `loss`; those of a feature whose loss the
    profile accepts, all in one note."""
    lost = [
        (use, support.why)
        for use in plan.uses
        if (support := target.support(use, plan, profile)).level is Level.UNSUPPORTED
    ]
    accepted: dict[Feature, list[tuple[Use, str]]] = {}
    for use, why in lost:
        if use.feature in profile.unsupported:
            accepted.setdefault(use.feature, []).append((use, why))
            continue
        message = f"{title(target.NAME)} cannot do this{_where(use)} (`{use.feature}`). {why}"
        accept = f"`unsupported: [{use.feature}]` in the profile"
        if loss is Severity.ERROR:
            hint = f"Accept the loss with {accept}, or with `--unsupported warn`."
            diagnostics.error("unsupported", message, use.span, hint)
        else:
            hint = f"transpipe writes the output without it. To accept that for good, add {accept}."
            diagnostics.warning("unsupported", message, use.span, hint)
    for feature, places in accepted.items():
        _note_accepted(target, feature, places, profile, diagnostics)
    return frozenset(use for use, _ in lost)


def check_names(target: str, plan: Plan, lost: frozenset[Use], diagnostics: Diagnostics) -> None:
    """Says which names the target cannot carry: of parameters, unless what is started is `lost` anyway."""
    takes, dropped = _PARAMETERS.get(target), {(use.pipeline, use.stage, use.feature) for use in lost}
    for pipeline in plan.pipelines if takes else ():
        for stage in pipeline.stages:
            if not stage.trigger or (pipeline.name, stage.name, Feature.TRIGGER) in dropped:
                continue
            for parameter in stage.trigger.parameters:
                name = parameter.name
                if (takes and not takes.fullmatch(name)) or (target == "zuul" and name in _RESERVED):
                    message = f"{title(target)} does not accept a parameter named `{name}`."
                    hint = "Use letters, digits and `_`, begin with a letter, and use no name that the engine reserves."
                    diagnostics.error("parameter-name", message, stage.span, hint)


def _note_accepted(
    target: Target, feature: Feature, places: list[tuple[Use, str]], profile: Profile, diagnostics: Diagnostics
) -> None:  # fmt: skip
    (use, why), more = places[0], len(places) - 1
    others = f" and in {more} more place{'s' if more > 1 else ''}" if more else ""
    diagnostics.note(
        "accepted-loss",
        f"{title(target.NAME)} cannot do this{_where(use)}{others} (`{feature}`), and the profile `{profile.name}` "
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


def check_profile(
    targets: Sequence[str], plan: Plan, profile: Profile, diagnostics: Diagnostics
) -> frozenset[str]:  # fmt: skip
    """Says what the profile, or the config, must hold for these targets and does not: each thing once. The targets that
    cannot be made for want of something."""
    lacking: set[str] = set()
    if "zuul" in targets and not plan.project:
        message = "Zuul's job names begin with the project's name, but nothing sets the project's name."
        hint = "Add a line such as `project: team/service` at the top of the config, or use `--project`."
        diagnostics.error("project-unknown", message, Span(plan.source, 1, 1, 1, 1), hint)
        lacking.add("zuul")
    for what, lines, span, by in (*_registry(targets, plan, profile), *_credentials(targets, plan, profile)):
        message = f"The profile `{profile.name}` has no {what}."
        diagnostics.error("profile-lacks", message, span, f"Add to {profile.where_to_add}: `{lines}`.")
        lacking.update(by)
    return frozenset(lacking)


_Need: TypeAlias = tuple[str, str, Span | None, Sequence[str]]
"""What is missing, the lines that bring it, the place that needs it, the targets that do."""


def _registry(targets: Sequence[str], plan: Plan, profile: Profile) -> Iterator[_Need]:
    by = [target for target in targets if target != "gitlab"]
    if profile.registry.public or not by:
        return
    stage = next((stage for pipeline in plan.pipelines for stage in pipeline.stages if stage.registry), None)
    if stage:
        verb = "needs" if len(by) == 1 else "need"
        yield f"registry, which {_titles(by)} {verb} to publish", "registry: {public: HOST}", stage.span, by


def _credentials(targets: Sequence[str], plan: Plan, profile: Profile) -> Iterator[_Need]:
    seen: set[str] = set()
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            for use in stage.credentials:
                site = profile.credentials.get(use.id)
                by = [target for target in targets if not (site and _named(target, site))]
                if not use.id or use.id in seen or not by:
                    continue
                seen.add(use.id)
                names = ", ".join(_example(target, use.kind) for target in by)
                lines = f"credentials: {{{use.id}: {{kind: {use.kind}, {names}}}}}"
                yield f"name on {_titles(by)} for the credential `{use.id}`", lines, stage.span, by


def _titles(targets: Sequence[str]) -> str:
    return " and ".join(title(target) for target in targets)


def _named(target: str, site: SiteCredential) -> bool:
    if target == "gitlab":
        return len(site.gitlab) == (2 if site.kind is CredentialKind.USERNAME_PASSWORD else 1)
    return bool(site.jenkins if target == "jenkins" else site.zuul)


def _example(target: str, kind: CredentialKind) -> str:
    if target != "gitlab":
        return f"{target}: NAME"
    pair = kind is CredentialKind.USERNAME_PASSWORD
    return "gitlab: {username: VARIABLE, password: VARIABLE}" if pair else "gitlab: VARIABLE"
