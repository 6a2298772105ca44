"""What a plan needs on the targets that it is compiled for: features they must have, settings the profile must hold.

What is missing whatever the target is the front end's to say; here is what depends on the target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
    """The uses that the target cannot say. Each is reported with severity `loss`, or silently accepted where the
    profile lists its feature."""
    lost = [
        (use, support.why)
        for use in plan.uses
        if (support := target.support(use, plan, profile)).level is Level.UNSUPPORTED
    ]
    for use, why in lost:
        if use.feature in profile.unsupported:
            continue
        message = f"{title(target.NAME)} cannot do this{_where(use)} (`{use.feature}`). {why}"
        accept = f"`unsupported: [{use.feature}]` in the profile"
        if loss is Severity.ERROR:
            hint = f"Accept the loss with {accept}, or with `--unsupported warn`."
            diagnostics.error("unsupported", message, use.span, hint)
        else:
            hint = f"The output is made without it. Accept that for good with {accept}."
            diagnostics.warning("unsupported", message, use.span, hint)
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
                    message = f"{title(target)} has no variable `{name}`, which a parameter would be."
                    hint = "Use letters, digits and `_`, a letter first, and no name of the engine's own."
                    diagnostics.error("parameter-name", message, stage.span, hint)


def _where(use: Use) -> str:
    detail = f" with `{use.detail}`" if use.detail else ""
    if use.stage:
        return f"{detail} in stage `{use.stage}` of pipeline `{use.pipeline}`"
    return f"{detail} in pipeline `{use.pipeline}`" if use.pipeline else detail


def check_profile(target: str, plan: Plan, profile: Profile, diagnostics: Diagnostics) -> None:
    """Says what the profile, or the config, must hold for this target and does not."""
    if target == "zuul" and not plan.project:
        message = "Zuul's job names are shared by all projects, so they need the project's name, which is not known."
        hint = "Add a line such as `project: team/service` at the top of the config, or use `--project`."
        diagnostics.error("project-unknown", message, Span(plan.source, 1, 1, 1, 1), hint)
    for what, lines, span in (*_registry(target, plan, profile), *_credentials(target, plan, profile)):
        message = f"The profile `{profile.name}` has no {what}."
        diagnostics.error("profile-lacks", message, span, f"Add to {profile.where_to_add}: `{lines}`.")


def _registry(target: str, plan: Plan, profile: Profile) -> Iterator[tuple[str, str, Span | None]]:
    if profile.registry.public or target == "gitlab":
        return
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            if stage.registry:
                yield f"registry, which {title(target)} needs to publish", "registry: {public: HOST}", stage.span
                return


def _credentials(target: str, plan: Plan, profile: Profile) -> Iterator[tuple[str, str, Span | None]]:
    seen: set[str] = set()
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            for use in stage.credentials:
                site = profile.credentials.get(use.id)
                if not use.id or use.id in seen or (site and _named(target, site)):
                    continue
                seen.add(use.id)
                lines = f"credentials: {{{use.id}: {{kind: {use.kind}, {_example(target, use.kind)}}}}}"
                yield f"name on {title(target)} for the credential `{use.id}`", lines, stage.span


def _named(target: str, site: SiteCredential) -> bool:
    if target == "gitlab":
        return len(site.gitlab) == (2 if site.kind is CredentialKind.USERNAME_PASSWORD else 1)
    return bool(site.jenkins if target == "jenkins" else site.zuul)


def _example(target: str, kind: CredentialKind) -> str:
    if target != "gitlab":
        return f"{target}: NAME"
    pair = kind is CredentialKind.USERNAME_PASSWORD
    return "gitlab: {username: VARIABLE, password: VARIABLE}" if pair else "gitlab: VARIABLE"
