"""What each module of a target offers, by its stem. `view` and `names` are a target's own affair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from transpiler.ir import CredentialKind, Event
from transpiler.profile import Profile, TargetSettings
from transpiler.profile_values import Data
from transpiler.program import Feature, PipelineProgram, Plan, ReadPipeline, RenderedFile, Silence, Support, Use


class SettingsModule(Protocol):
    """`settings.py`: the target's part of the profile. Its class and `of`, which gives the target's own modules their
    settings, are its own affair. Every profile loads it, so it imports nothing of an emitter."""

    def load(self, profile: Data, output: Data) -> TargetSettings:
        """The settings that a whole profile holds for the target; `output` says where its outputs go, under the keys of
        `targets.<target>`. Raises KeyError, TypeError or ValueError on data of another shape than the schema's."""
        ...

    def credential_names(self, id_: str, credential: Data) -> tuple[str, ...]:
        """What the target calls a credential of the profile: one name, or as many as it takes; none without one."""
        ...


class NeedsModule(Protocol):
    """`needs.py`: what the target needs of a plan and of the profile, and how a profile says it."""

    PROJECT: str
    """Why the target must know the project's name: a sentence's beginning. "" where it need not."""
    OWN_REGISTRY: bool
    """Whether the engine has a registry for images where the profile names none."""
    NAMES_BY_ID: bool
    """Whether the target finds a credential by its id where the profile gives it no name."""
    IN_VARIABLES: bool
    """Whether the names of credentials are names of variables that hold them."""
    TRIGGER: str
    """The line of a profile's `triggers.<name>` that names a job for this target, with a word for the name."""

    def carries(self, parameter: str) -> bool:
        """Whether a job that is started can get a parameter of that name."""
        ...

    def is_named(self, kind: CredentialKind, names: tuple[str, ...]) -> bool:
        """Whether these names are enough to find a credential of the kind."""
        ...

    def credential(self, kind: CredentialKind) -> str:
        """The line of a profile's `credentials.<id>` that names one of the kind, with words for the names."""
        ...

    def silence(self, event: Event, pipeline: PipelineProgram, profile: Profile) -> Silence | None:
        """Why the target never runs the pipeline on this event, one of its own, because of the profile; None if it
        does."""
        ...


class SupportModule(Protocol):
    """`support.py`: what the target can say."""

    SUPPORTS: Mapping[Feature, Support]
    """A sentence for every feature."""

    def support(self, use: Use, plan: Plan, profile: Profile) -> Support:
        """How well the target says this use: `SUPPORTS`, where neither the plan nor the profile decides otherwise."""
        ...


class EmitModule(Protocol):
    """`emit.py`: from the plan to text. It may read nothing but what it is given."""

    def emit(self, plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[RenderedFile, ...]:
        """The target's files, without those `lost` uses that it cannot say. Raises TargetTooLarge."""
        ...


class ReadModule(Protocol):
    """`read.py`: from text back to what it says. It shares no quoting code with `emit`."""

    def read(self, files: Mapping[str, str]) -> tuple[ReadPipeline, ...]:
        """What the text of emitted files (path to body) says, for translation validation."""
        ...
