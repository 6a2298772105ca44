"""The result of lowering, from which targets are emitted: a POSIX shell program for each stage, and what it needs.

A program may read only what its engine sets (CONTRIBUTING.md, "The contract of a stage program"):

    run        unique to the run: names containers, labels containers and images; [a-z0-9._-], at most 100 characters
    values     an existing directory outside the checkout; the file <stage slug>.<key slug> holds a value byte for byte
    setup_KEY  ${setup.KEY} for each key in `setup`, as `setup_variable` says; unset or empty mean the same
    NAME       for each name in `environment` (`docs/language.md`, "run", and the profile's `environment`)
    registry   the registry in images' names; `push_registry` the one they are pushed to (if `registry` is true)
    artifacts  the URL below which archived files will be (if `artifacts` is true)
    the variables of `credentials`

It starts in the checkout, under `sh` (dash or busybox), and its first line is `set -eu`. Its text is printable: no
control characters but tab and newline, so a target may put it into any text format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field
from enum import StrEnum

from transpiler.deciding import Deciding
from transpiler.diagnostics import Span
from transpiler.graph import Graph
from transpiler.ir import CredentialKind, Event, Fetch, ReportKind
from transpiler.records import dataclass

_NO_LETTER = re.compile("[^A-Za-z0-9_]")


def setup_variable(key: str) -> str:
    """The shell variable that holds ${setup.KEY}: `setup_tag`, `setup_params_NAME`."""
    return f"setup_{_NO_LETTER.sub('_', key)}"


class Feature(StrEnum):
    """A feature that a config can use; each target's `SUPPORTS` has a cell for it."""

    GRAPH = "graph"
    VALUES = "values"
    BUILD = "build"
    RUN = "run"
    SERVICES = "services"
    COPY = "copy"
    EXPORTS = "exports"
    COPIED_FILES = "copied-files"
    OTHER_CONTAINER = "other-container"
    OTHER_IMAGE_NAME = "other-image-name"
    FETCH = "fetch"
    ARCHIVE = "archive"
    COPY_AFTER_FAILURE = "copy-after-failure"
    TEST_REPORTS = "test-reports"
    ARTIFACT_URLS = "artifact-urls"
    CREDENTIALS = "credentials"
    CREDENTIALS_FOR_CHANGE = "credentials-for-change"
    PULL_LOGIN = "pull-login"
    PUBLISH = "publish"
    PROMOTE = "promote"
    DEPLOY = "deploy"
    SECRETS_FOR_CHANGE = "secrets-for-change"
    TRIGGER = "trigger"
    TRIGGER_VALUES = "trigger-values"
    NOTIFY = "notify"
    CHECKOUT_VALUES = "checkout-values"
    GATE = "gate"
    FORK_CHANGE = "fork-change"
    SCHEDULE = "schedule"
    CHANGES = "changes"
    RELEASE = "release"
    ENVIRONMENT = "environment"
    TIMEOUT = "timeout"
    ATTEMPTS = "attempts"
    ALLOW_FAILURE = "allow-failure"
    CONCURRENCY = "concurrency"


class Level(StrEnum):
    """How well a target supports a feature. Only UNSUPPORTED is a loss."""

    EXACT = "exact"
    EMULATED = "emulated"
    APPROXIMATE = "approximate"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Support:
    """One cell of the capability table: the level, and a sentence that says why or how."""

    level: Level
    why: str


@dataclass(frozen=True, slots=True)
class Use:
    """A place where a config uses a feature. `stage` is "" if the whole pipeline uses it; `pipeline` is "" too if the
    workflow does. `detail` names what is used (a credential's id, a trigger's name), if anything."""

    feature: Feature
    pipeline: str = ""
    stage: str = ""
    detail: str = ""
    span: Span | None = field(default=None, compare=False)


def in_order(uses: Iterable[Use], lost: frozenset[Use]) -> Iterator[Use]:
    """Those of the uses that are lost, in their order."""
    features = {use.feature for use in lost}
    return (use for use in uses if use.feature in features and use in lost)


@dataclass(frozen=True, slots=True)
class ValueFile:
    """A value that one stage passes to another: the stage that binds it, its key, and its file's name in `$values`."""

    stage: str
    key: str
    file: str


@dataclass(frozen=True, slots=True)
class CredentialUse:
    """A credential that the engine binds to shell variables around the program.

    `id` is the profile's; "" is the registry that comes with the engine (GitLab's own). Kinds FILE and SSH_KEY bind
    the path of a file. `exported`: the variables must be exported (a container takes them by `--env NAME`).
    `optional`: a run that may not have it, such as one for a fork's change, leaves the variables unset or empty, and
    the program does without.
    """

    id: str
    kind: CredentialKind
    variables: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Deployment:
    """A release that a program deploys and that stays: `place` tells it from all other releases (cluster, namespace and
    name), `environment` is what people call the place ("" if it has no name), `url` where they find what is deployed
    ("" if nobody said)."""

    place: str
    environment: str
    url: str

    @property
    def shown(self) -> str:
        """The environment and its address as one line for people; "" if it has no name."""
        return f"{self.environment}: {self.url}" if self.environment and self.url else self.environment


def environment_of(stages: Iterable[StageProgram]) -> Deployment | None:
    """What a job of several stages deploys to: that of the last stage that has an environment."""
    found = [stage.deployment for stage in stages if stage.deployment and stage.deployment.environment]
    return found[-1] if found else None


@dataclass(frozen=True, slots=True)
class Archive:
    """A file that becomes a build artifact: `path` in the checkout, relative to its root, `/`-separated.

    `directory` True: the program packs it as `<path>.tar.gz`, and that is what to keep; None: known only when it
    runs, so either `path` (a file) or `<path>.tar.gz` (it was a directory) is what to keep. `late`: it is kept even if
    the program has failed, and need not be there.
    """

    path: str
    directory: bool | None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A report for the engine to show: `path` in the checkout, as in `Archive`. `directory` True: each `.xml` file
    below the path is one; None: known only when the program runs. It need not be there."""

    kind: ReportKind
    path: str
    directory: bool | None

    @property
    def patterns(self) -> tuple[str, ...]:
        """The paths of its files as patterns in which `**` stands for any directories and `*` for a part of a name;
        what else is in the path is not quoted."""
        below = f"{self.path}/**/*.xml" if self.path != "." else "**/*.xml"
        if self.directory is None and self.path.endswith(".xml"):
            return (self.path,)
        return (below,) if self.directory else (self.path, below)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a triggered job: its known value, or else the file in `$values` that the program writes it to."""

    name: str
    text: str | None
    file: str


@dataclass(frozen=True, slots=True)
class TriggerCall:
    """Another job to start after the program has succeeded; `name` is a key of the profile's `triggers`."""

    name: str
    parameters: tuple[Parameter, ...]
    propagate: bool
    wait: bool


@dataclass(frozen=True, slots=True)
class MailProgram:
    """Composes the mail for a failed stage: shell lines that set `to` (addresses joined by ", "), `subject` and `body`.

    It has the same contract as a stage's program, but values that were not bound are empty. `files` writes the three to
    `$values/<slug>.mail.to`, `.subject` and `.body` for engines with a mail step; `send` pipes a whole message into the
    profile's mail command, and is empty if the profile has none.
    """

    compose: tuple[str, ...]
    files: tuple[str, ...]
    send: tuple[str, ...]
    setup: tuple[str, ...]
    reads: tuple[ValueFile, ...]
    literal: tuple[str, str, str] | None  # to, subject, body, if all three are known at compile time


@dataclass(frozen=True, slots=True)
class StageProgram:
    """One stage, lowered. `lines` are logical lines: a line may contain newlines inside a quoted literal, and then
    continues at column 0."""

    name: str
    slug: str  # [a-z0-9._-], unique in the pipeline; names files, containers, jobs
    label: str  # for people: "build test, run"
    lines: tuple[str, ...]  # empty: nothing to do (a stage that only triggers, say)
    kinds: tuple[str, ...]  # the steps it takes, in order: build, run, …
    reads: tuple[ValueFile, ...]  # of ancestors
    binds: tuple[ValueFile, ...]  # files that it writes and a descendant, a mail or a report reads
    images: tuple[str, ...]  # ancestors whose image must be in the local store
    gives_image: bool  # a descendant needs the image; <slug>.imageID has its id
    containers: tuple[str, ...]  # ancestors whose container must still exist
    copies: tuple[str, ...]  # paths in the checkout that descendants must find; "." all
    archives: tuple[Archive, ...]
    credentials: tuple[CredentialUse, ...]
    setup: tuple[str, ...]  # keys of `setup` that it reads
    environment: tuple[str, ...]  # variables of the CI job that it reads
    registry: bool
    push_registry: bool  # images are pushed to another registry than they are named after
    artifacts: bool
    publishes: str  # file in `$values` with a line `<image>:<tag>` for each push, or ""
    releases: str  # file in `$values` with the helm release to uninstall in teardown, or ""
    trigger: TriggerCall | None
    mail: MailProgram | None
    span: Span | None = field(default=None, compare=False)
    uninstall: tuple[str, ...] = ()  # the lines of the pipeline's `teardown` that uninstall that release
    takes: bool = False  # it runs what another stage has published, maybe from another daemon
    logins: tuple[str, ...] = ()  # the registries' hosts that it logs in to, if it may, before it pulls
    timeout: int | None = None  # the seconds after which the program ends itself, if it has a limit
    may_fail: str = ""  # the file in `$values` that is there if it has failed, which is allowed; then it ends with 0
    reports: tuple[Report, ...] = ()  # which the program leaves in the checkout, if it gets so far
    deployment: Deployment | None = None  # the release that it deploys, if that stays
    services: tuple[str, ...] = ()  # the names of the services of its `run`, whose network teardown removes


@dataclass(frozen=True, slots=True)
class PipelineProgram:
    """One pipeline, lowered. `teardown` needs `run` and `values`, ignores errors, and removes everything that the
    stages made. `deciding` is None if the pipeline runs whatever was changed."""

    name: str
    slug: str  # [a-z0-9._-], unique in the workflow
    events: tuple[Event, ...]
    fetch: Fetch
    graph: Graph  # of stage names
    stages: tuple[StageProgram, ...]  # in file order
    teardown: tuple[str, ...]
    span: Span | None = field(default=None, compare=False)
    deciding: Deciding | None = None

    def stage(self, name: str) -> StageProgram:
        """The stage of that name; raises StopIteration if there is none."""
        return next(s for s in self.stages if s.name == name)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole workflow, lowered: the input of every target's `emit`. `folder` is the folder of the git repository that
    the config is in, "" for its top: outputs are written below it, and the programs change into it."""

    source: str
    project: str | None
    pipelines: tuple[PipelineProgram, ...]
    concurrency: int | None
    uses: tuple[Use, ...]  # in file order
    folder: str = ""

    @property
    def lanes(self) -> int | None:
        """How many pipelines may run at a time; None if there is no limit."""
        return self.concurrency if self.concurrency and self.concurrency < len(self.pipelines) else None


@dataclass(frozen=True, slots=True)
class Silence:
    """Why a target never runs a pipeline on one of its events: the keys of the profile that keep it from running, the
    rest of a sentence, and what to write instead. `meant`: the profile says so itself."""

    keys: tuple[tuple[str, ...], ...]
    why: str
    hint: str
    meant: bool


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One output. `path` is relative to the repository root. `intro` are the lines that the header shows people
    (the graph of each pipeline, what was lost), without comment signs; `body` is everything after the header."""

    path: str
    comment: str  # "#" or "//"
    intro: tuple[str, ...]
    body: str


@dataclass(frozen=True, slots=True)
class ReadPipeline:
    """What translation validation finds in an output's text for one pipeline, by slugs.

    `events` is None if the output does not contain conditions. `deciding` is the program that decides whether the
    pipeline runs, lines joined by newlines, "" if it always runs. `scripts` maps a stage's slug to its shell program,
    lines joined by newlines, without what the engine wraps around it.
    """

    slug: str
    events: frozenset[Event] | None
    stages: tuple[str, ...]
    edges: frozenset[tuple[str, str]]
    scripts: tuple[tuple[str, str], ...]
    deciding: str = ""


class TargetTooLarge(Exception):
    """The workflow exceeds a limit of the target; the message names the limit and a fix. The driver turns it into a
    diagnostic."""

    def __init__(self, limit: str, hint: str) -> None:
        super().__init__(limit)
        self.limit = limit
        self.hint = hint
