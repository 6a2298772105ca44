"""What GitLab needs of a plan and of the profile."""

from __future__ import annotations

import re

from transpiler.ir import CredentialKind

PROJECT = ""
OWN_REGISTRY = True
NAMES_BY_ID = False
IN_VARIABLES = True
TRIGGER = "gitlab: PROJECT"

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


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
