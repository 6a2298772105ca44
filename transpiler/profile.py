"""What a site provides, so that configs stay portable: the checked form of a profile (CLI.md, "Profile").

`frontend/profiles.py` reads it from YAML; every default stands in `profiles/default.yaml`, none here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from transpiler.diagnostics import Span
from transpiler.ir import CredentialKind, Event
from transpiler.records import dataclass

Rules = Mapping[Event, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Builder:
    """Which builder reads the file: `buildkit` with a Blubber frontend, or `dockerfile`."""

    kind: str
    frontend: str
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Registry:
    """Where images go. `public` "" where the site names none (GitLab then uses its own); `push` defaults to it.

    `method` is `docker-push` (with `credential`, an id, or "" for none) or `command`, whose last argument will be
    the image.
    """

    public: str
    push: str
    repository: str
    method: str
    command: tuple[str, ...]
    credential: str
    prefixes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Public registry and repository: what exports name."""
        return "/".join(p for p in (self.public, self.repository) if p)

    @property
    def push_name(self) -> str:
        """Push registry and repository."""
        return "/".join(p for p in (self.push or self.public, self.repository) if p)


@dataclass(frozen=True, slots=True)
class SiteCredential:
    """A credential that configs may name, and what each engine calls it.

    `gitlab` has one CI variable, or two for a user name and password.
    """

    kind: CredentialKind
    jenkins: str
    gitlab: tuple[str, ...]
    zuul: str


@dataclass(frozen=True, slots=True)
class SiteTrigger:
    """A job that configs may start: its name on each engine, "" where there is none."""

    jenkins: str
    gitlab: str
    zuul: str


@dataclass(frozen=True, slots=True)
class JenkinsSource:
    """Where a Jenkins job that is not `inline` finds the Jenkinsfile. `url` is a pattern; `scan` is how often a
    multibranch job looks for branches, such as `1h`, "" for never."""

    url: str
    branch: str
    credential: str
    lightweight: bool
    scan: str


@dataclass(frozen=True, slots=True)
class Jenkins:
    """`events` are the Zuul v2 pipelines that start a build, for checkout `zuul`.

    From `kind` on it says how `transpipe sync` makes jobs: `kind` is `inline`, `scm` or `multibranch`; `trigger_name`
    the pattern of the names of jobs that start them, "" for none; `quiet_period` counts seconds; `orphan_days` and
    `orphan_builds` say how long a multibranch job keeps a branch that is gone.
    """

    label: str
    labels: Mapping[str, str]
    checkout: str
    layout: str
    jobs: str
    name: str
    folder: str
    parameters: tuple[tuple[str, str, str], ...]
    cron: str
    poll: str
    upstream: tuple[str, ...]
    keep_days: int | None
    keep_builds: int | None
    events: Rules
    kind: str
    source: JenkinsSource
    trigger_name: str
    description: str
    sandbox: bool
    concurrent: bool
    disabled: bool
    quiet_period: int | None
    orphan_days: int | None
    orphan_builds: int | None


@dataclass(frozen=True, slots=True)
class Gitlab:
    """`image` None on shell runners. `rules` are `rules:if` expressions; `tags` by kind of step, and `all`."""

    tags: Mapping[str, tuple[str, ...]]
    image: str | None
    services: tuple[str, ...]
    timeout: str
    rules: Rules
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Zuul:
    """`nodeset` is a name, or `label` the label of a one-node nodeset. `url` is the tenant's web address, "" where it
    is not known. `timeout` counts seconds."""

    nodeset: str
    label: str
    url: str
    parent: str
    pipelines: Rules
    post_review: frozenset[str]
    granularity: str
    timeout: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where helm deploys: kube config path, namespace."""

    config: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Kubernetes:
    """`repository` is the chart repository; `timeout` counts seconds."""

    repository: str
    helm: str
    pull_policy: str
    timeout: int
    clusters: Mapping[str, Cluster]


@dataclass(frozen=True, slots=True)
class Promotion:
    """How a new version is proposed. `update` are the words of the command that edits the charts repository."""

    repository: str
    branch: str
    update: tuple[str, ...]
    propose: str
    credential: str
    topic: str
    author_name: str
    author_email: str
    reviewers: bool
    gerrit: str


@dataclass(frozen=True, slots=True)
class Report:
    """Where results are reported; "" where they are not."""

    gerrit: str
    gerrit_credential: str
    gitlab_token: str


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where each target's file goes, relative to the repository root."""

    jenkins: str
    gitlab: str
    zuul: str
    zuul_playbooks: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole profile. `name` is a built-in's name or the file's path as the header shows it; `span` its top.
    `actions` are those that are allowed for an event; an event without a list allows all.

    `sources` are the files that it was merged from, itself first: name as the header shows it, content.
    """

    name: str
    project: str
    targets: tuple[str, ...]
    outputs: Outputs
    builder: Builder
    container: str
    run_timeout: int
    registry: Registry
    images: str
    credentials: Mapping[str, SiteCredential]
    triggers: Mapping[str, SiteTrigger]
    environment: tuple[str, ...]
    publishing_events: tuple[Event, ...]
    other_events: tuple[Event, ...]
    jenkins: Jenkins
    gitlab: Gitlab
    zuul: Zuul
    kubernetes: Kubernetes
    promotion: Promotion
    mail_command: str
    mail_from: str
    report: Report
    proxy: str
    policy: Mapping[str, str]
    actions: Mapping[Event, tuple[str, ...]]
    unsupported: frozenset[str]
    sources: tuple[tuple[str, bytes], ...] = field(default=(), compare=False)
    span: Span | None = field(default=None, compare=False)

    @property
    def own_credentials(self) -> frozenset[str]:
        """The ids that the site's own steps use: listed for their kinds and names, but no config may read them."""
        own = (self.registry.credential, self.promotion.credential, self.report.gerrit_credential)
        return frozenset(id_ for id_ in own if id_)

    @property
    def where_to_add(self) -> str:
        """Where a user adds lines to it, for hints: a built-in profile cannot be edited, but extended."""
        built_in = "/" not in self.name and "." not in self.name
        return f"`.pipeline/profile.yaml`, with `extends: {self.name}`" if built_in else "the profile"
