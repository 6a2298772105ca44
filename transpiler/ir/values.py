"""The words and small values of which steps and workflows are made."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from transpiler.diagnostics import Span
from transpiler.expressions import Map, Text
from transpiler.records import dataclass


class Event(StrEnum):
    """When a pipeline runs: a proposed change, a merge to the default branch, a new git tag, the site's clock."""

    CHANGE = "change"
    MERGE = "merge"
    TAG = "tag"
    SCHEDULE = "schedule"


EVENTS = tuple(Event)
"""All events in order; iterating over this takes a third of the time of iterating over the enumeration."""


class CredentialKind(StrEnum):
    """The kind of a credential, which decides the variables that a container gets."""

    SECRET_TEXT = "secret-text"
    USERNAME_PASSWORD = "username-password"
    FILE = "file"
    SSH_KEY = "ssh-key"

    @property
    def is_file(self) -> bool:
        """Whether the credential's variable holds the path of a file."""
        return self in (CredentialKind.FILE, CredentialKind.SSH_KEY)


@dataclass(frozen=True, slots=True)
class Fetch:
    """How the repository is checked out; `depth` counts commits and matters only when `shallow`."""

    shallow: bool = True
    depth: int = 20
    submodules: bool = True
    tags: bool = False


@dataclass(frozen=True, slots=True)
class BuildFile:
    """What an image is built from: a file with named variants (Blubber) or targets (Dockerfile).

    `path` is relative to the repository root; exactly one of `path` and `inline` (a Blubber mapping) is set.
    """

    blubber: bool
    path: Text | None = None
    inline: Map | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that the container gets: `variables` are one name, or user name and password's names."""

    id: str
    kind: CredentialKind
    variables: tuple[str, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a container's environment; if its name is empty at run time, there is no variable."""

    name: Text
    value: Text

    @property
    def values(self) -> tuple[Text, ...]:
        """All values that can contain references."""
        return self.name, self.value


@dataclass(frozen=True, slots=True)
class SecretVariable:
    """A variable that holds a credential: it is passed through the shell's environment, so its name is a shell
    identifier."""

    name: str
    value: Text

    @property
    def values(self) -> tuple[Text, ...]:
        """All that can hold references."""
        return (self.value,)


class When(StrEnum):
    """When something is copied: after which end of the stage's `run`. A stage without a `run` has only SUCCESS."""

    SUCCESS = "success"
    FAILURE = "failure"
    ALWAYS = "always"


class ReportKind(StrEnum):
    """What a report is: test results in JUnit's form, or the coverage of tests in Cobertura's."""

    JUNIT = "junit"
    COBERTURA = "cobertura"
