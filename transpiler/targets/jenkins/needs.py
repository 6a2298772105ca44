"""What Jenkins needs of a plan and of the profile."""

from __future__ import annotations

from transpiler.ir import CredentialKind
from transpiler.profile import Profile
from transpiler.program import Plan
from transpiler.targets.folder import NotFound

PROJECT = ""
OWN_REGISTRY = False
NAMES_BY_ID = True
IN_VARIABLES = False
TRIGGER = "jenkins: JOB"


def not_found(_plan: Plan, _profile: Profile) -> NotFound | None:
    """Nothing: a job names the path of its Jenkinsfile."""
    return None


def carries(_parameter: str) -> bool:
    """Whether a triggered job can get a parameter of this name: always, since the step `build` accepts any name."""
    return True


def is_named(_kind: CredentialKind, names: tuple[str, ...]) -> bool:
    """Whether the credential has an id."""
    return bool(names)


def credential(_kind: CredentialKind) -> str:
    """The line of a profile that names a credential."""
    return "jenkins: NAME"
