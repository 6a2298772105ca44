"""What GitHub needs of a plan and of the profile."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transpiler.ir import CredentialKind, Event
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, Plan, Silence, Use
from transpiler.targets import asking, folder
from transpiler.targets.asking import Asked
from transpiler.targets.folder import NotFound
from transpiler.targets.github import settings
from transpiler.targets.grouping import groups

PROJECT = ""
OWN_REGISTRY = True
NAMES_BY_ID = False
IN_VARIABLES = False
TRIGGER = "github: OWNER/REPOSITORY/WORKFLOW.yml@BRANCH"
LABEL = "github: {runs-on: LABEL}"

_INPUT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SECRET = re.compile(r"(?!GITHUB_)[A-Za-z_][A-Za-z0-9_]*", re.IGNORECASE)


def carries(parameter: str) -> bool:
    """Whether a workflow that is started can get a parameter of that name: as an input."""
    return bool(_INPUT.fullmatch(parameter))


def not_found(plan: Plan, profile: Profile) -> NotFound | None:
    """GitHub never finds a workflow in a subfolder."""
    output = folder.path(plan.folder, settings.of(profile).path)
    hint = (
        f"Move `.pipeline` to the top of the repository, and write `directory: {plan.folder}` in its pipelines; or "
        "leave GitHub out with `targets: {github: false}`."
    )
    return NotFound("GitHub reads workflows at the top of the repository", hint, output)


def asked(plan: Plan, profile: Profile, lost: frozenset[Use]) -> Iterator[Asked]:
    """The stages before which a person is asked."""
    own = settings.of(profile)
    for pipeline in plan.pipelines:
        gates = pipeline.gates(lost)
        found = groups(pipeline, own.granularity, plan.uses, gates=gates)[0] if gates else ()
        yield from asking.asked(pipeline, found, gates, own.approval, own.approvers)


def silence(event: Event, _pipeline: PipelineProgram, profile: Profile) -> Silence | None:
    """Why the clock never starts a pipeline; None for every other event."""
    if event is not Event.SCHEDULE or settings.of(profile).schedule:
        return None
    keys, hint = ((settings.NAME, "schedule"),), "To run it, add a cron line, such as `17 3 * * *`."
    return Silence(keys, "the profile has no cron line for it", hint, meant=True)


def is_named(kind: CredentialKind, names: tuple[str, ...]) -> bool:
    """Whether there is a secret for each part of the credential."""
    wanted = 2 if kind is CredentialKind.USERNAME_PASSWORD else 1
    return len(names) == wanted and all(_SECRET.fullmatch(name) for name in names)


def credential(kind: CredentialKind) -> str:
    """The line of a profile that names a credential."""
    pair = kind is CredentialKind.USERNAME_PASSWORD
    return "github: {username: SECRET, password: SECRET}" if pair else "github: SECRET"
