"""The site as this machine is meant to see it: a profile whose pusher, helm and proposals only say what they would do.

The programs stay whole that way: names, tags and releases are bound as ever, and what descends from them runs. No
step is known here, only the settings that lead out of the machine.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from enum import StrEnum

from transpiler.profile import Profile
from transpiler.program import StageProgram
from transpiler.records import replace

HERE = "localhost"
"""The registry that images are named for where the profile has none, and nothing is pushed."""


class Leaving(StrEnum):
    """What leaves the machine, and is done only when it is allowed by name."""

    PUBLISH = "publish"
    PROMOTE = "promote"
    DEPLOY = "deploy"
    TRIGGER = "trigger"
    MAIL = "mail"


def marked(step: Leaving, what: str) -> str:
    """The line that stands in a log for what was not done."""
    return f"not done without --allow {step}: {what}"


def is_mark(line: str) -> bool:
    """Whether a line of a log says what was not done."""
    return line.startswith("not done without --allow ")


def withheld(profile: Profile, allowed: Collection[Leaving]) -> Profile:
    """The profile to lower with: what is not allowed becomes an `echo` of itself, and needs no credential."""
    registry, kubernetes, promotion = profile.registry, profile.kubernetes, profile.promotion
    if Leaving.PUBLISH not in allowed:
        pusher = " ".join(registry.command) if registry.method == "command" else f"{profile.container} push"
        said = ("echo", marked(Leaving.PUBLISH, pusher))
        registry = replace(registry, method="command", command=said, credential="", public=registry.public or HERE)
    if Leaving.DEPLOY not in allowed:
        helm = shlex.join(["echo", marked(Leaving.DEPLOY, kubernetes.helm)])
        kubernetes = replace(kubernetes, helm=helm)
    if Leaving.PROMOTE not in allowed:
        promotion = replace(promotion, propose="print", credential="")
    return replace(profile, registry=registry, kubernetes=kubernetes, promotion=promotion)


def left_undone(stage: StageProgram, allowed: Collection[Leaving]) -> tuple[Leaving, ...]:
    """What the stage would do beyond the machine, and will not."""
    asked = {*stage.kinds, *(["trigger"] if stage.trigger else []), *(["mail"] if stage.mail else [])}
    return tuple(step for step in Leaving if step.value in asked and step not in allowed)
