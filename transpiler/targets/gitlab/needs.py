"""What GitLab needs of a plan and of the profile."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transpiler.ir import CredentialKind, Event
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, Plan, Silence, Use
from transpiler.records import replace
from transpiler.targets import asking, folder
from transpiler.targets.asking import Asked
from transpiler.targets.folder import NotFound
from transpiler.targets.gitlab import settings
from transpiler.targets.gitlab.dividing import bridged, divided

PROJECT = ""
OWN_REGISTRY = True
NAMES_BY_ID = False
IN_VARIABLES = True
TRIGGER = "gitlab: PROJECT"
LABEL = "gitlab: {tags: {all: [LABEL]}}"

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def not_found(plan: Plan, profile: Profile) -> NotFound | None:
    """The file at the top must include the output, unless the project's settings name that one instead."""
    output = folder.path(plan.folder, settings.of(profile).path)
    hint = (
        f"Write `include: [{{local: {output}}}]` in that file, or make this one the project's CI/CD configuration file "
        "in GitLab's settings."
    )
    return NotFound("GitLab reads the `.gitlab-ci.yml` at the top of the repository", hint, output, ".gitlab-ci.yml")


def carries(parameter: str) -> bool:
    """Whether a triggered pipeline can get a parameter of this name, which must be valid as a CI variable."""
    return bool(_VARIABLE.fullmatch(parameter))


def is_named(kind: CredentialKind, names: tuple[str, ...]) -> bool:
    """Whether `names` has a CI variable for each part of the credential."""
    return len(names) == (2 if kind is CredentialKind.USERNAME_PASSWORD else 1)


def credential(kind: CredentialKind) -> str:
    """The line of a profile that names a credential."""
    pair = kind is CredentialKind.USERNAME_PASSWORD
    return "gitlab: {username: VARIABLE, password: VARIABLE}" if pair else "gitlab: VARIABLE"


def asked(plan: Plan, profile: Profile, lost: frozenset[Use]) -> Iterator[Asked]:
    """The stages before which a person is asked. A job that triggers and does nothing else has no environment."""
    own = settings.of(profile)
    for pipeline in plan.pipelines:
        gates, alone = pipeline.gates(lost), bridged(pipeline, lost)
        found = divided(pipeline, profile, lost)[0] if gates else ()
        for one in asking.asked(pipeline, found, gates, own.approval, own.approvers):
            no_script = one.stage.name in alone and not one.stage.lines
            yield replace(one, environment="") if no_script else one


def silence(event: Event, _pipeline: PipelineProgram, profile: Profile) -> Silence | None:
    """Why GitLab never runs a pipeline on this event; None if it does."""
    if settings.of(profile).rules.get(event):
        return None
    keys = ((settings.NAME, "rules", event.value),)
    return Silence(keys, "the profile has no rule for it", "To run it, add a `rules:if` expression.", meant=True)
