"""What Zuul needs of a plan and of the profile."""

from __future__ import annotations

import re

from transpiler.ir import CredentialKind, Event
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, Silence
from transpiler.steps import STEPS
from transpiler.targets.zuul import settings

PROJECT = "Zuul's job names begin with the project's name"
OWN_REGISTRY = False
NAMES_BY_ID = False
IN_VARIABLES = False
TRIGGER = "zuul: JOB"

_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# Of Zuul (`zuul/lib/varnames.py`): it would refuse the whole configuration.
_RESERVED = frozenset(
    {
        "zuul",
        "zuul_node",
        "nodepool",
        "unsafe_vars",
        "zuul_user_dir",
        "ansible_connection",
        "ansible_host",
        "ansible_python_interpreter",
        "ansible_shell_executable",
        "ansible_user",
    }
)


def carries(parameter: str) -> bool:
    """Whether a job that is started can get a parameter of that name: as an Ansible variable."""
    return bool(_VARIABLE.fullmatch(parameter)) and parameter not in _RESERVED


def is_named(_kind: CredentialKind, names: tuple[str, ...]) -> bool:
    """Whether there is a secret for the credential."""
    return bool(names)


def credential(_kind: CredentialKind) -> str:
    """The line of a profile that names a credential."""
    return "zuul: SECRET"


# What may run only after review: Zuul refuses a change pipeline that has one such job, with all its other jobs.
_SENSITIVE = frozenset(kind.name for kind in STEPS if kind.secrets)


def sensitive(pipeline: PipelineProgram) -> bool:
    """Whether a pipeline may run only after review: it holds secrets, publishes, promotes or deploys."""
    return any(stage.credentials or _SENSITIVE & set(stage.kinds) for stage in pipeline.stages)


def silence(event: Event, pipeline: PipelineProgram, profile: Profile) -> Silence | None:
    """Why Zuul never runs a pipeline on this event; None if it does. What a change loses is a loss of features."""
    site = settings.of(profile)
    names, key = site.pipelines.get(event, ()), (settings.NAME, "pipelines", event.value)
    if not names:
        return Silence(
            (key,), "the profile names no Zuul pipeline for it", "To run it, name a Zuul pipeline.", meant=True
        )
    if event is Event.CHANGE or not sensitive(pipeline) or site.post_review.intersection(names):
        return None
    those = " or ".join(f"`{name}`" for name in names)
    why = f"it holds secrets or publishes, and `zuul.post-review` does not list {those}"
    hint = f"Add {those} to `zuul.post-review` if it runs after review, or name another pipeline that does."
    return Silence((key, (settings.NAME, "post-review")), why, hint, meant=False)
