"""The engines that a workflow can be compiled for, by name. A new one is a module here and a line in `TARGETS`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Protocol

from transpiler.profile import Profile
from transpiler.program import Feature, Plan, ReadPipeline, RenderedFile, Support, Use


class Target(Protocol):
    """What a target's module offers."""

    NAME: str
    SUPPORTS: Mapping[Feature, Support]

    def support(self, use: Use, plan: Plan, profile: Profile) -> Support:
        """How well the target says this use: `SUPPORTS`, where neither the plan nor the profile decides otherwise."""
        ...

    def emit(self, plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[RenderedFile, ...]:
        """The target's files, without those `lost` uses that it cannot say. Raises TargetTooLarge."""
        ...

    def read(self, files: Mapping[str, str]) -> tuple[ReadPipeline, ...]:
        """What the text of emitted files (path to body) says, for translation validation."""
        ...


TARGETS: Mapping[str, str] = {
    "jenkins": "transpiler.targets.jenkins",
    "gitlab": "transpiler.targets.gitlab",
    "zuul": "transpiler.targets.zuul",
}


@cache
def target(name: str) -> Target:
    """The target of that name, imported now: a run pays only for those that it emits. Raises KeyError."""
    module: Target = import_module(TARGETS[name])
    return module
