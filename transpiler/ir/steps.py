"""The steps of a stage: what a config means by each, independent of any engine."""

from __future__ import annotations

from dataclasses import field
from typing import Any, TypeAlias

from transpiler.diagnostics import Span
from transpiler.expressions import List, Map, Text
from transpiler.ir.values import (
    BuildFile,
    Credential,
    ReportKind,
    SecretVariable,
    Variable,
    When,
)
from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Build:
    """`docker build` of one variant. `pull`: ask the registry for newer base images. `excludes` empty: none. `args` are
    build arguments, whose names are known. Each variable of `secrets` is a secret of the build, under its name."""

    file: BuildFile
    variant: Text
    context: Text
    excludes: List[Text]
    pull: bool
    args: tuple[Variable, ...] = ()
    secrets: tuple[Credential, ...] = ()
    span: Span | None = field(default=None, compare=False)


READY_WITHIN = 60
"""The seconds that a service may take until it is ready, if its config does not say."""


@dataclass(frozen=True, slots=True)
class Service:
    """A container beside that of `run`, which reaches it by `name`. It is ready when `ready` has succeeded in it;
    without a command when its image's health check has, or, if the image has none, when it runs. `timeout` counts
    seconds."""

    name: str
    image: Text
    arguments: List[Text]
    env: List[Variable]
    credentials: tuple[Credential, ...]
    secret_env: List[SecretVariable]
    ready: List[Text] = List(())
    timeout: int = READY_WITHIN
    span: Span | None = field(default=None, compare=False)

    @property
    def values(self) -> tuple[Text | List[Any], ...]:
        """All that can hold references."""
        return self.image, self.arguments, self.env, self.secret_env, self.ready


@dataclass(frozen=True, slots=True)
class Run:
    """`docker run`. `secret_env` are the variables made of a credential: `ps` must not show their values, so they
    reach the container by name."""

    image: Text
    arguments: List[Text]
    env: List[Variable]
    credentials: tuple[Credential, ...]
    tail: int
    secret_env: List[SecretVariable] = List(())
    span: Span | None = field(default=None, compare=False)
    services: tuple[Service, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyItem:
    """One thing to copy out of the container that `origin` names. If the copy is kept as an artifact, `archived` is its
    destination, which is known at compile time; otherwise it is None. A `report` is always archived."""

    origin: Text
    source: Text
    destination: Text
    archived: str | None
    span: Span | None = field(default=None, compare=False)
    when: When = When.SUCCESS
    report: ReportKind | None = None

    @property
    def values(self) -> tuple[Text, ...]:
        """All that can hold references."""
        return self.origin, self.source, self.destination


@dataclass(frozen=True, slots=True)
class Copy:
    """`docker cp`."""

    items: List[CopyItem]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Publish:
    """Pushes an image under a name with tags: `tag` first, then `tags`. Those that are known have been cleaned."""

    id: Text
    name: Text
    tag: Text
    tags: List[Text]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Promotion:
    """A chart version to propose, for these environments (none: all that the site's command knows)."""

    chart: Text
    environments: List[Text]
    version: Text
    span: Span | None = field(default=None, compare=False)

    @property
    def values(self) -> tuple[Text | List[Text], ...]:
        """All that can hold references."""
        return self.chart, self.environments, self.version


@dataclass(frozen=True, slots=True)
class Promote:
    """Proposes new versions of charts."""

    items: List[Promotion]
    span: Span | None = field(default=None, compare=False)


def is_in_checkout(chart: Text) -> bool:
    """Whether the text names a chart in the repository, by its path from the root."""
    return bool(chart.parts) and isinstance(first := chart.parts[0], str) and first.startswith("./")


@dataclass(frozen=True, slots=True)
class Release:
    """A deployment that stays. `environment` is "" if it has none; `namespace` "" if helm decides; `values` are files
    of the repository, by their paths from its root; `url` is where people find what is deployed, "" if nobody said."""

    name: str
    environment: str
    namespace: str
    values: tuple[Text, ...]
    url: str


RELEASE_BINDS = ("revision", "environmentURL")
"""What a `deploy` with a release binds, beside `releaseName`."""


@dataclass(frozen=True, slots=True)
class Deploy:
    """`helm install` and `helm test`. `chart` with a scheme is a URL, else a name in the site's chart repository.

    `version` is None if the config sets none. `timeout` counts seconds. Without a `release` it is a rehearsal: it has a
    random name, and is taken away again.
    """

    image: Text
    tag: Text
    cluster: str
    chart: Text
    version: Text | None
    test: bool
    timeout: int
    overrides: Map
    span: Span | None = field(default=None, compare=False)
    release: Release | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """Binds a name to a value."""

    name: str
    value: Text
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Trigger:
    """Starts another job. `propagate`: the stage fails if that job fails; `wait`: the stage waits until that job
    ends."""

    name: str
    parameters: tuple[tuple[str, Text], ...]
    propagate: bool
    wait: bool
    span: Span | None = field(default=None, compare=False)


Step: TypeAlias = Build | Run | Copy | Publish | Promote | Deploy | Export | Trigger
