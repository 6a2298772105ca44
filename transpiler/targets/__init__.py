"""`TARGETS`, the list of engines that a workflow can be compiled for, and access to the modules of each.

An entry of the list has what other modules must know about a target without importing it. A git hook reads it to find
the outputs, and importing a module for each target, or `typing`, would make the hook too slow. So do not add imports to
this file. Everything else about a target is in its package, in the modules that `protocols.py` describes. They are
imported at first use, so that a run imports only the targets that it emits.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

    from transpiler.profile import Profile
    from transpiler.program import Feature, Plan, ReadPipeline, RenderedFile, Support, Use
    from transpiler.targets.protocols import (
        BillModule,
        EmitModule,
        NeedsModule,
        ReadModule,
        SettingsModule,
        SupportModule,
    )


class Target:
    """One engine.

    `name` is its name in configs, profiles and on the command line, and the name of its package; `title` is its name in
    messages and documents; `makes` is what it makes, as a noun with its article. `place` is the path of its output
    unless the profile sets another. `divided`: there may be several outputs instead, named `<place>.<pipeline>`.
    `beside` is a pattern for further files that the target may generate, "" if there are none. `looks_in` are the paths
    where the engine looks for its configuration: it uses the first that exists, and if that is a folder, reads all YAML
    files in it. A `*` in `place` stands for the name of a pipeline, each of which has an output of its own. `usual`: a
    profile that names no targets is for this one too. `host` is a part of the names of servers that run it for the
    repositories on them, "" if none do. `flavours` are other servers that run what the target makes: a part of their
    names, which is also the name of the hidden folder where they look, and what a profile then says. `elsewhere` is the
    way to have its outputs written elsewhere, for a hint.
    """

    __slots__ = (
        "beside",
        "divided",
        "elsewhere",
        "flavours",
        "host",
        "looks_in",
        "makes",
        "name",
        "place",
        "title",
        "usual",
    )

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
        usual: bool = True,
        host: str = "",
        flavours: Mapping[str, str] | None = None,
        elsewhere: str = "Give the output another path in the profile",
    ) -> None:
        self.name, self.title, self.makes, self.place = name, title, makes, place
        self.divided, self.beside, self.looks_in = divided, beside, looks_in
        self.usual, self.host, self.flavours = usual, host, flavours or {}
        self.elsewhere = elsewhere

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders in which the engine reads all files."""
        return tuple(place for place in self.looks_in if not place.endswith(".yaml"))

    def hiding(self, path: str) -> tuple[str, ...]:
        """The paths which, if they exist, make the engine ignore an output at `path`."""
        top = path.partition("/")[0]
        return self.looks_in[: self.looks_in.index(top)] if top in self.looks_in else ()

    # ---- these import a module of the target's package ----

    @property
    def settings(self) -> SettingsModule:
        """The module that loads the target's part of the profile."""
        module: SettingsModule = self._module("settings")
        return module

    @property
    def needs(self) -> NeedsModule:
        """The module that says what the target needs of a plan and of the profile."""
        module: NeedsModule = self._module("needs")
        return module

    @property
    def supports(self) -> Mapping[Feature, Support]:
        """A sentence for every feature: the target's column of the support table."""
        module: SupportModule = self._module("support")
        return module.SUPPORTS

    def support(self, use: Use, plan: Plan, profile: Profile) -> Support:
        """How well the target supports this use: as `supports` says, unless the plan or the profile changes that."""
        module: SupportModule = self._module("support")
        return module.support(use, plan, profile)

    @property
    def bill(self) -> BillModule:
        """The module that counts what a run takes of the engine."""
        module: BillModule = self._module("bill")
        return module

    def emit(self, plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[RenderedFile, ...]:
        """Returns the target's files, without the `lost` uses, which it does not support. Raises TargetTooLarge."""
        module: EmitModule = self._module("emit")
        return module.emit(plan, profile, lost)

    def read(self, files: Mapping[str, str]) -> tuple[ReadPipeline, ...]:
        """Reads the pipelines back from emitted files (path to body), for translation validation."""
        module: ReadModule = self._module("read")
        return module.read(files)

    def _module(self, stem: str) -> ModuleType:
        from importlib import import_module  # noqa: PLC0415 - too slow for a hook, which never calls this

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
        Target(
            "github",
            "GitHub",
            "GitHub workflows",
            ".github/workflows/pipeline-*.yml",
            looks_in=(".github/workflows", ".forgejo/workflows", ".gitea/workflows"),
            usual=False,
            host="github",
            flavours={
                "forgejo": "github: {flavour: forgejo}",
                "codeberg": "github: {flavour: forgejo}",
                "gitea": "github: {flavour: gitea}",
            },
            # These servers read no other folder, so another path would be one where nothing runs.
            elsewhere="Give the workflows other names with `github: {prefix: …}` in the profile",
        ),
    )
}
