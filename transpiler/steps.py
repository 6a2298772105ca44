"""The steps of a stage: one registry, which has what all phases need to know of each step.

A step called `x` is the class here, `frontend/steps/x.py` (from YAML to IR), `lowering/x.py` (to shell), its part of
`schemas/config.schema.json`, and a cell in each target's `SUPPORTS`.

A step that needs or makes an image is also matched in `lowering/flow.py`, `frontend/sizes.py`,
`frontend/policy/provenance.py` and `local/tools.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple, TypeAlias

from transpiler.expressions import Readable
from transpiler.ir import (
    RELEASE_BINDS,
    Build,
    Copy,
    Credential,
    Deploy,
    Export,
    Promote,
    Publish,
    Run,
    Stage,
    Step,
    Trigger,
)

Values: TypeAlias = tuple[Readable | None, ...]


class StepKind(NamedTuple):
    """One step.

    `values` returns everything in a step of this kind that can contain references, `credentials` what the config gives
    it. `leaves`: it changes something
    outside the machine that runs it, so a local run does it only with `--allow`. `secrets`: it does so with the site's
    own credentials, which a proposed change must not have. `acts` is False if the step only names values.
    """

    name: str
    type: type[Step]
    values: Callable[[Any], Values]
    binds: tuple[str, ...] = ()
    leaves: bool = False
    secrets: bool = False
    acts: bool = True
    credentials: Callable[[Any], tuple[Credential, ...]] = lambda _: ()


STEPS: tuple[StepKind, ...] = (
    StepKind(
        "build",
        Build,
        lambda s: (s.file.path, s.file.inline, s.variant, s.context, s.excludes, *s.args),
        binds=("imageID", "imageLocalName"),
        credentials=lambda s: s.secrets,
    ),
    StepKind(
        "run",
        Run,
        lambda s: (s.image, s.arguments, s.env, s.secret_env, *s.services),
        binds=("container", "output"),
        credentials=lambda s: (*s.credentials, *(c for service in s.services for c in service.credentials)),
    ),
    StepKind("copy", Copy, lambda s: (s.items,), binds=("artifactURLs",)),
    StepKind(
        "publish",
        Publish,
        lambda s: (s.id, s.name, s.tag, s.tags),
        binds=("imageName", "imageFullName", "imageTag", "imageTags", "publishedImage"),
        leaves=True,
        secrets=True,
    ),
    StepKind("promote", Promote, lambda s: (s.items,), leaves=True, secrets=True),
    StepKind(
        "deploy",
        Deploy,
        lambda s: (s.image, s.tag, s.chart, s.version, s.overrides, *(s.release.values if s.release else ())),
        binds=("releaseName",),
        leaves=True,
        secrets=True,
    ),
    StepKind("exports", Export, lambda s: (s.value,), acts=False),
    StepKind("trigger", Trigger, lambda s: tuple(text for _, text in s.parameters), leaves=True),
)
"""All steps, in the order in which a stage runs them."""

BY_NAME: Mapping[str, StepKind] = {kind.name: kind for kind in STEPS}
_BY_TYPE: Mapping[type[Step], StepKind] = {kind.type: kind for kind in STEPS}


def kind_of(step: Step) -> StepKind:
    """The kind of a step."""
    return _BY_TYPE[type(step)]


def bound(step: Step) -> tuple[str, ...]:
    """The names that a step binds."""
    more = RELEASE_BINDS if isinstance(step, Deploy) and step.release else ()
    return (*_BY_TYPE[type(step)].binds, *more)


def values(step: Step) -> Values:
    """Everything in a step that can contain references."""
    return _BY_TYPE[type(step)].values(step)


def leaves(stage: Stage) -> bool:
    """Whether a stage changes anything outside the machine that runs it."""
    return any(_BY_TYPE[type(step)].leaves for step in stage.steps)


def summary(stage: Stage) -> str:
    """What a stage does, for people: the names of its steps, and the variant that it builds; "" if it has no steps."""
    words = []
    for step in stage.steps:
        variant = step.variant.literal if isinstance(step, Build) else None
        words.append(" ".join(filter(None, (kind_of(step).name, variant))))
    return ", ".join(dict.fromkeys(words))


def remarks(stage: Stage) -> tuple[str, ...]:
    """What people want to see of a stage in a picture: who approves before it, and where it deploys what stays."""
    found = []
    if stage.approval:
        found.append(f"approved by {', '.join(stage.approval.by) or 'a person'}")
    for step in stage.steps:
        if isinstance(step, Deploy) and step.release:
            release = step.release
            where = release.environment or "/".join(part for part in (step.cluster, release.namespace) if part)
            place = " to ".join(part for part in (release.name, where) if part)
            found.append(f"deploys {place}{f' ({release.url})' if release.url else ''}")
    return tuple(found)


def credentials(*steps: Step) -> tuple[Credential, ...]:
    """The credentials that the config gives to these steps."""
    return tuple(credential for step in steps for credential in _BY_TYPE[type(step)].credentials(step))


def missing_step(key: str, bound: Collection[str]) -> str:
    """The step that binds this name, if the stage that binds the names `bound` does not have it; else ""."""
    kind = next((kind for kind in STEPS if key in kind.binds), None)
    return kind.name if kind and not any(name in bound for name in kind.binds) else ""
