"""Changes a profile so that a local run does not publish, deploy or propose anything: the commands for that are
replaced by `echo`.

Programs are otherwise unchanged: they bind names, tags and releases as usual, so later stages can run. This module
changes only settings of the profile, and knows nothing of how steps are lowered.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection

from transpiler.profile import Profile
from transpiler.program import StageProgram
from transpiler.records import replace
from transpiler.steps import STEPS

HERE = "localhost"
"""The registry in the names of images if the profile has none and nothing is pushed."""


PUBLISH, PROMOTE, DEPLOY, TRIGGER, MAIL = "publish", "promote", "deploy", "trigger", "mail"

LEAVING = (*(kind.name for kind in STEPS if kind.leaves), MAIL)
"""The steps that have effects outside this machine. They are done only if `--allow` names them."""


def marked(step: str, what: str) -> str:
    """The line in a log that says what was not done."""
    return f"not done without --allow {step}: {what}"


def is_mark(line: str) -> bool:
    """Whether a line of a log says what was not done."""
    return line.startswith("not done without --allow ")


def simulated(profile: Profile, allowed: Collection[str]) -> Profile:
    """Returns the profile to lower with. Commands that are not allowed are replaced by an `echo` that prints them, and
    need no credentials."""
    registry, kubernetes, promotion = profile.registry, profile.kubernetes, profile.promotion
    environments = profile.environments
    if PUBLISH not in allowed:
        pusher = " ".join(registry.command) if registry.method == "command" else f"{profile.container} push"
        shown = ("echo", marked(PUBLISH, pusher))
        registry = replace(registry, method="command", command=shown, credential="", public=registry.public or HERE)
    if DEPLOY not in allowed:
        helm = ("echo", marked(DEPLOY, shlex.join(kubernetes.helm)))
        kubernetes = replace(kubernetes, helm=helm)
        environments = {name: replace(one, credential="") for name, one in environments.items()}
    if PROMOTE not in allowed:
        promotion = replace(promotion, propose="print", credential="")
    return replace(profile, registry=registry, kubernetes=kubernetes, environments=environments, promotion=promotion)


def not_allowed(stage: StageProgram, allowed: Collection[str]) -> tuple[str, ...]:
    """The steps of the stage that have effects outside this machine and are not allowed."""
    asked = {*stage.kinds, *([MAIL] if stage.mail else [])}
    return tuple(step for step in LEAVING if step in asked and step not in allowed)
