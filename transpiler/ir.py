"""What a config means, independent of any engine: the workflow that every target is compiled from.

All defaults are filled in, all short forms are expanded, everything known at compile time is folded. The same config
gives equal IR: spans do not count in comparisons.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Any, TypeAlias

from transpiler.diagnostics import Span
from transpiler.expressions import List, Map, Text
from transpiler.graph import Graph
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


class When(StrEnum):
    """When something is copied: after which end of the stage's `run`. A stage without a `run` has only SUCCESS."""

    SUCCESS = "success"
    FAILURE = "failure"
    ALWAYS = "always"


class ReportKind(StrEnum):
    """What a report is: test results in JUnit's form, or the coverage of tests in Cobertura's."""

    JUNIT = "junit"
    COBERTURA = "cobertura"


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
    of the repository, by their paths from its root; `credential` is the site's id of the kube config, "" if the cluster
    needs none; `url` is where people find what is deployed, "" if nobody said."""

    name: str
    environment: str
    namespace: str
    values: tuple[Text, ...]
    credential: str
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


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail that is sent when the stage fails; `to` is a List of Texts."""

    to: List[Text]
    subject: Text
    body: Text
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Stage:
    """One node of the graph: its steps, in the order in which they run. `directory` is relative to the repository
    root, "." for the root itself, normalised. `timeout` is the limit of the whole stage in seconds, if it has one;
    `attempts` how often its `run` is tried, if more than once. `may_fail`: its failure does not fail the pipeline."""

    name: str
    directory: str
    steps: tuple[Step, ...]
    mail: Mail | None = None
    span: Span | None = field(default=None, compare=False)
    timeout: int | None = None
    attempts: int | None = None
    may_fail: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """The pipeline runs only if a file was changed that one of the patterns `include` matches (none: every file) and
    none of `exclude`. `fetch` is the checkout that is compared with an earlier commit."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    fetch: Fetch
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The stages that run, in file order, and their graph; stages that no arc reaches are left out. `changes` is None
    if the pipeline runs whatever was changed."""

    name: str
    events: tuple[Event, ...]
    fetch: Fetch
    stages: tuple[Stage, ...]
    graph: Graph
    span: Span | None = field(default=None, compare=False)
    changes: Changes | None = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """A whole config. `project` is the repository's path on its server, if known; `source` the config's path
    relative to the repository root. `folder` is that root's path in the git repository, "" if it is its top."""

    source: str
    project: str | None
    pipelines: tuple[Pipeline, ...]
    concurrency: int | None = None
    concurrency_span: Span | None = field(default=None, compare=False)
    folder: str = ""
