"""The site as this machine is meant to see it: a profile whose pusher, helm and proposals only say what they would do.

The programs stay whole that way: names, tags and releases are bound as ever, and what descends from them runs. No
step is known here, only the settings that lead out of the machine.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection

from transpiler.profile import Profile
from transpiler.program import StageProgram
from transpiler.records import replace
from transpiler.steps import STEPS

HERE = "localhost"
"""The registry that images are named for where the profile has none, and nothing is pushed."""


PUBLISH, PROMOTE, DEPLOY, TRIGGER, MAIL = "publish", "promote", "deploy", "trigger", "mail"

LEAVING = (*(kind.name for kind in STEPS if kind.leaves), MAIL)
"""What leaves the machine, and is done only when it is allowed by name."""


def marked(step: str, what: str) -> str:
    """The line that stands in a log for what was not done."""
    return f"not done without --allow {step}: {what}"


def is_mark(line: str) -> bool:
    """Whether a line of a log says what was not done."""
    return line.startswith("not done without --allow ")


def withheld(profile: Profile, allowed: Collection[str]) -> Profile:
    """The profile to lower with: what is not allowed becomes an `echo` of itself, and needs no credential."""
    registry, kubernetes, promotion = profile.registry, profile.kubernetes, profile.promotion
    if PUBLISH not in allowed:
        pusher = " ".join(registry.command) if registry.method == "command" else f"{profile.container} push"
        said = ("echo", marked(PUBLISH, pusher))
        registry = replace(registry, method="command", command=said, credential="", public=registry.public or HERE)
    if DEPLOY not in allowed:
        helm = ("echo", marked(DEPLOY, shlex.join(kubernetes.helm)))
        kubernetes = replace(kubernetes, helm=helm)
    if PROMOTE not in allowed:
        promotion = replace(promotion, propose="print", credential="")
    return replace(profile, registry=registry, kubernetes=kubernetes, promotion=promotion)


def left_undone(stage: StageProgram, allowed: Collection[str]) -> tuple[str, ...]:
    """What the stage would do beyond the machine, and will not."""
    asked = {*stage.kinds, *([MAIL] if stage.mail else [])}
    return tuple(step for step in LEAVING if step in asked and step not in allowed)
