"""What Zuul needs of a plan and of the profile."""

from __future__ import annotations

import posixpath
import re

from transpiler.ir import CredentialKind, Event
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, Plan, Silence, Use
from transpiler.steps import STEPS
from transpiler.targets import folder
from transpiler.targets.asking import Asked
from transpiler.targets.folder import NotFound
from transpiler.targets.zuul import settings

PROJECT = "Zuul's job names begin with the project's name"
OWN_REGISTRY = False
NAMES_BY_ID = False
IN_VARIABLES = False
TRIGGER = "zuul: JOB"
LABEL = "zuul: {nodeset: {label: LABEL}}"

_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# From Zuul's `zuul/lib/varnames.py`. Zuul refuses a configuration that uses one of these.
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


def not_found(plan: Plan, profile: Profile) -> NotFound | None:
    """Only the tenant's configuration can make Zuul read another folder than the top."""
    if settings.of(profile).elsewhere:
        return None
    output = folder.path(plan.folder, settings.of(profile).path)
    hint = (
        f"Let the tenant's `extra-config-paths` name `{posixpath.dirname(output) or output}/`, and write "
        "`zuul: {extra-config-paths: true}` in the profile; or leave Zuul out with `targets: {zuul: false}`."
    )
    return NotFound("Zuul reads its configuration at the top of the repository", hint, output)


def carries(parameter: str) -> bool:
    """Whether a triggered job can get a parameter of this name, which must be valid as an Ansible variable."""
    return bool(_VARIABLE.fullmatch(parameter)) and parameter not in _RESERVED


def is_named(_kind: CredentialKind, names: tuple[str, ...]) -> bool:
    """Whether `names` has the secret for the credential."""
    return bool(names)


def credential(_kind: CredentialKind) -> str:
    """The line of a profile that names a credential."""
    return "zuul: SECRET"


# What may run only after review: Zuul refuses a change pipeline that has one such job, with all its other jobs.
_SENSITIVE = frozenset(kind.name for kind in STEPS if kind.secrets)


def sensitive(pipeline: PipelineProgram) -> bool:
    """Whether a pipeline may run only after review: it holds secrets that it cannot do without, publishes, promotes or
    deploys."""
    return any(
        _SENSITIVE & set(stage.kinds) or any(not use.optional for use in stage.credentials) for stage in pipeline.stages
    )


def asked(_plan: Plan, _profile: Profile, _lost: frozenset[Use]) -> tuple[Asked, ...]:
    """None: Zuul asks nobody."""
    return ()


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
