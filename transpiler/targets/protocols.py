"""The interface of each module of a target. Other modules of its package, such as `view` and `names`, are internal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from transpiler.ir import CredentialKind, Event
from transpiler.profile import Profile, TargetSettings
from transpiler.profile_values import Data
from transpiler.program import Feature, PipelineProgram, Plan, ReadPipeline, RenderedFile, Silence, Support, Use
from transpiler.targets.asking import Asked
from transpiler.targets.counting import Count
from transpiler.targets.folder import NotFound


class SettingsModule(Protocol):
    """`settings.py`: the target's part of the profile. Its class, and `of`, which returns the settings to the target's
    own modules, are internal. It is imported whenever a profile is loaded, so it must not import an emitter."""

    def load(self, profile: Data, output: Data) -> TargetSettings:
        """Loads the target's settings from the data of a profile; `output` has the keys of `targets.<target>`. Raises
        KeyError, TypeError or ValueError if the data does not have the schema's shape."""
        ...

    def credential_names(self, id_: str, credential: Data) -> tuple[str, ...]:
        """The target's names for a credential of the profile: one for each part, or none if the profile has none."""
        ...


class NeedsModule(Protocol):
    """`needs.py`: what the target needs of a plan and of the profile, and the profile lines that hints show."""

    PROJECT: str
    """Why the target must know the project's name, as the beginning of a sentence; "" if it need not."""
    OWN_REGISTRY: bool
    """Whether the engine has an image registry of its own, which is used if the profile names none."""
    NAMES_BY_ID: bool
    """Whether the target uses a credential's id as its name if the profile has no name for it."""
    IN_VARIABLES: bool
    """Whether the names of credentials are names of environment variables."""
    TRIGGER: str
    """The line in a profile's `triggers.<name>` that names a job for this target, with a placeholder for the name."""
    LABEL: str
    """The line of a profile that says on which nodes or runners all jobs run, with the placeholder `LABEL`."""

    def not_found(self, plan: Plan, profile: Profile) -> NotFound | None:
        """Why the engine would not find the target's output, which is in a folder of the repository; None where it
        does."""
        ...

    def carries(self, parameter: str) -> bool:
        """Whether a triggered job can get a parameter of this name."""
        ...

    def is_named(self, kind: CredentialKind, names: tuple[str, ...]) -> bool:
        """Whether these names are enough to find a credential of the kind."""
        ...

    def credential(self, kind: CredentialKind) -> str:
        """The line in a profile's `credentials.<id>` for a credential of this kind, with placeholders for the names."""
        ...

    def silence(self, event: Event, pipeline: PipelineProgram, profile: Profile) -> Silence | None:
        """Why the target never runs the pipeline on this event, one of its own, because of the profile; None if it
        does."""
        ...

    def asked(self, plan: Plan, profile: Profile, lost: frozenset[Use]) -> Iterable[Asked]:
        """The stages before which a person is asked who is a setting of an environment: none where the engine asks
        those whom the config names."""
        ...


class SupportModule(Protocol):
    """`support.py`: which features the target supports, and how."""

    SUPPORTS: Mapping[Feature, Support]
    """A sentence for every feature."""

    def support(self, use: Use, plan: Plan, profile: Profile) -> Support:
        """How well the target supports this use: as `SUPPORTS` says, unless the plan or the profile changes that."""
        ...


class BillModule(Protocol):
    """`bill.py`: what a run takes of the engine."""

    def count(self, plan: Plan, profile: Profile, lost: frozenset[Use], event: Event) -> Count:
        """The jobs and images of a run of the plan's pipelines that have the event, without the `lost` uses."""
        ...


class EmitModule(Protocol):
    """`emit.py`: from the plan to text. The result depends on nothing but the arguments."""

    def emit(self, plan: Plan, profile: Profile, lost: frozenset[Use]) -> tuple[RenderedFile, ...]:
        """Returns the target's files, without the `lost` uses, which it does not support. Raises TargetTooLarge."""
        ...


class ReadModule(Protocol):
    """`read.py`: from text back to pipelines. It shares no quoting code with `emit`."""

    def read(self, files: Mapping[str, str]) -> tuple[ReadPipeline, ...]:
        """Reads the pipelines back from emitted files (path to body), for translation validation."""
        ...
