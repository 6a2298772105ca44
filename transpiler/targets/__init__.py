"""The one list of engines that a workflow can be compiled for, and the way to the modules of each.

A line of the list says what must be known of a target without importing it: a hook asks it where outputs are, and can
afford neither a module for each target nor `typing`. So this file must not grow imports. All else that a target says
is in its package, a module for each stem of `protocols.py`, imported when it is first asked for: a run pays only for
the targets that it emits.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from transpiler.profile import Profile
    from transpiler.program import Feature, Plan, ReadPipeline, RenderedFile, Support, Use
    from transpiler.targets.protocols import EmitModule, NeedsModule, ReadModule, SettingsModule, SupportModule


class Target:
    """One engine.

    `name` is what configs, profiles and the command line call it, and the name of its package; `title` what people call
    it; `makes` what it makes, as a noun with its article. `place` is where its output is unless the profile says
    otherwise. `divided`: there may be several outputs instead, named `<place>.<pipeline>`. `beside` is the pattern of
    the files that come and go beside the output, "" if none do. `looks_in` are the places where the engine looks for
    its configuration, in its order, where the first that is there hides the rest; of a folder among them it reads all
    YAML files. `host` is a part of the names of servers that run it for the repositories on them, "" if none do.
    """

    __slots__ = ("beside", "divided", "host", "looks_in", "makes", "name", "place", "title")

    def __init__(
        self,
        name: str,
        title: str,
        makes: str,
        place: str,
        *,
        divided: bool = False,
        beside: str = "",
        looks_in: tuple[str, ...] = (),
        host: str = "",
    ) -> None:
        self.name, self.title, self.makes, self.place = name, title, makes, place
        self.divided, self.beside, self.looks_in, self.host = divided, beside, looks_in, host

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of which the engine reads all files."""
        return tuple(place for place in self.looks_in if not place.endswith(".yaml"))

    def hiding(self, path: str) -> tuple[str, ...]:
        """The places that would hide an output of this path from the engine."""
        top = path.partition("/")[0]
        return self.looks_in[: self.looks_in.index(top)] if top in self.looks_in else ()

    # ---- what imports a module of its package ----

    @property
    def settings(self) -> SettingsModule:
        """Its part of the profile."""
        module: SettingsModule = self._module("settings")
        return module

    @property
    def needs(self) -> NeedsModule:
        """What it needs of a plan and of the profile."""
        module: NeedsModule = self._module("needs")
        return module

    @property
    def supports(self) -> Mapping[Feature, Support]:
        """A sentence for every feature: the target's column of the support table."""
        module: SupportModule = self._module("support")
        return module.SUPPORTS

    def support(self, use: Use, plan: Plan, profile: Profile) -> Support:
        """How well the target says this use: `supports`, where neither the plan nor the profile decides otherwise."""
        module: SupportModule = self._module("support")
        return module.support(use, plan, profile)

    def emit(self, plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[RenderedFile, ...]:
        """The target's files, without those `lost` uses that it cannot say. Raises TargetTooLarge."""
        module: EmitModule = self._module("emit")
        return module.emit(plan, profile, lost)

    def read(self, files: Mapping[str, str]) -> tuple[ReadPipeline, ...]:
        """What the text of emitted files (path to body) says, for translation validation."""
        module: ReadModule = self._module("read")
        return module.read(files)

    def _module(self, stem: str) -> ModuleType:
        from importlib import import_module  # noqa: PLC0415 - a hook, which asks for places, cannot afford it

        return import_module(f"{__name__}.{self.name}.{stem}")


TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        Target("jenkins", "Jenkins", "a Jenkinsfile", "Jenkinsfile", divided=True),
        Target("gitlab", "GitLab", "a .gitlab-ci.yml", ".gitlab-ci.yml", host="gitlab"),
        Target(
            "zuul",
            "Zuul",
            "Zuul jobs",
            ".zuul.d/transpipe.yaml",
            beside=".pipeline/zuul/*.yaml",
            looks_in=("zuul.yaml", "zuul.d", ".zuul.yaml", ".zuul.d"),
        ),
    )
}
