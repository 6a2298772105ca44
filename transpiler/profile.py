"""What a site provides, so that configs stay portable: the checked form of a profile.

`frontend/profiles/` reads it from YAML; all defaults are in `profiles/default.yaml`, none here. The settings that only
one target reads are in `targets/<target>/settings.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Protocol

from transpiler.diagnostics import Span
from transpiler.ir import CredentialKind, Event
from transpiler.nodes import Document, Node
from transpiler.nodes import Mapping as MappingNode
from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Builder:
    """Which builder reads the file: `buildkit` with a Blubber frontend, or `dockerfile`."""

    kind: str
    frontend: str
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Registry:
    """Where images go. `public` is "" if the site names no registry (some engines have one of their own); `push`
    defaults to `public`.

    `method` is `docker-push` (with `credential`, an id, or "" for none) or `command`, whose last argument will be the
    image.
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
        """Public registry and repository, as images are named in exports."""
        return "/".join(p for p in (self.public, self.repository) if p)

    @property
    def push_name(self) -> str:
        """Push registry and repository."""
        return "/".join(p for p in (self.push or self.public, self.repository) if p)


@dataclass(frozen=True, slots=True)
class Cache:
    """Whether builds use layers that earlier ones have left in the registry (`kind` is `inline`, or `none`); the path
    below the registry where they are; and the events whose runs leave them there, of which a change is never one."""

    kind: str
    repository: str
    write: tuple[Event, ...]

    @property
    def is_on(self) -> bool:
        """Whether builds read it."""
        return self.kind != "none"


@dataclass(frozen=True, slots=True)
class SiteCredential:
    """A credential that configs may name, and its names on each target: target → names, none if it has no name
    there."""

    kind: CredentialKind
    names: Mapping[str, tuple[str, ...]]


class TargetSettings(Protocol):
    """A target's part of the profile. Only the target's own modules know its other fields: they get it, typed, from
    `settings.of` of their package."""

    @property
    def path(self) -> str:
        """The path of the target's output, relative to the repository's root."""
        ...


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where helm deploys: kube config path, namespace."""

    config: str
    namespace: str


@dataclass(frozen=True, slots=True)
class Environment:
    """Where releases are deployed: the name of a cluster, "" for that of the step; the namespace, "" for the cluster's;
    the id of the credential that is the kube config, "" for the cluster's; and the address that people open."""

    cluster: str
    namespace: str
    credential: str
    url: str


@dataclass(frozen=True, slots=True)
class Kubernetes:
    """`repository` is the chart repository; `helm` are the words of the helm command; `timeout` counts seconds.
    `image_values` are the values by which a chart knows the image: path in the values, with dots → text, in which
    `${imageFullName}`, `${imageTag}` and `${registry}` stand for parts of its name; none: as PipelineLib sets them."""

    repository: str
    helm: tuple[str, ...]
    pull_policy: str
    timeout: int
    clusters: Mapping[str, Cluster]
    image_values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Promotion:
    """How a new version is proposed. `update` is the command, as a list of words, that edits the charts repository."""

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

    @property
    def asks_reviewers(self) -> bool:
        """Whether Gerrit is asked who should review."""
        return self.propose == "gerrit" and self.reviewers and bool(self.gerrit)


@dataclass(frozen=True, slots=True)
class Report:
    """Where results are reported; "" if they are not."""

    gerrit: str
    gerrit_credential: str


def place(documents: Sequence[Document], path: Sequence[str]) -> Span | None:
    """The position of the value at this path of keys, in the first of a profile's files that has it. If none has it,
    that of the nearest key above it."""
    above = (path[:length] for length in range(len(path), 0, -1))
    found = (_value(document, keys) for keys in above for document in documents)
    return next((node.span for node in found if node), None)


def _value(document: Document, path: Sequence[str]) -> Node | None:
    node: Node | None = document.root
    for key in path:
        node = node.get(key) if isinstance(node, MappingNode) else None
    return node


@dataclass(frozen=True, slots=True)
class RequiredStage:
    """A stage that each config must have; `by` is the name of the profile that requires it, for people."""

    name: str
    by: str


class Pull(StrEnum):
    """When images are pulled: newer ones before each build, those that are missing, or none."""

    ALWAYS = "always"
    MISSING = "missing"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole profile. `name` is that of a built-in profile, or the file's path as the header shows it; `span` is the
    top of the file. `targets` are those to compile for; `settings` has the settings of every target, by name.
    `triggers` are the jobs that configs may start: name → target → the job's name on that target, "" if it has no such
    job. `mail_command` are the words of a command; there may be none. `actions` are the actions that are allowed for
    each event; an event without a list allows all. Changes to `branches` count as merged: on every engine if the
    profile sets them (`branches_said`), else only on engines that do not tell a job its default branch.
    `supersede`: a newer commit of a change ends the run of the one before.
    `registries` are those that need a login before a pull: host → credential.

    `required_stages` are the stages that each config must have.

    `pull` is not in any file: the user of a local run chooses it. `sources` are the files that it was merged from,
    itself first: name as the header shows it, content; `shared` is the name of that which is a copy of shared profiles,
    "" if there is none. `documents` are the profiles that it was merged from, itself first, and `titles` their names
    for people; a copy may hold several of them.
    """

    name: str
    project: str
    targets: tuple[str, ...]
    settings: Mapping[str, TargetSettings]
    builder: Builder
    container: str
    run_timeout: int
    registry: Registry
    cache: Cache
    registries: Mapping[str, str]
    images: str
    credentials: Mapping[str, SiteCredential]
    triggers: Mapping[str, Mapping[str, str]]
    environment: tuple[str, ...]
    publishing_events: tuple[Event, ...]
    other_events: tuple[Event, ...]
    kubernetes: Kubernetes
    environments: Mapping[str, Environment]
    promotion: Promotion
    mail_command: tuple[str, ...]
    mail_from: str
    report: Report
    proxy: str
    policy: Mapping[str, str]
    actions: Mapping[Event, tuple[str, ...]]
    unsupported: frozenset[str]
    branches: tuple[str, ...]
    branches_said: bool
    supersede: bool
    required_stages: tuple[RequiredStage, ...] = ()
    pull: Pull = Pull.ALWAYS
    sources: tuple[tuple[str, bytes], ...] = field(default=(), compare=False)
    shared: str = field(default="", compare=False)
    documents: tuple[Document, ...] = field(default=(), compare=False)
    titles: tuple[str, ...] = field(default=(), compare=False)
    span: Span | None = field(default=None, compare=False)

    def place(self, *path: str) -> Span | None:
        """The position of the value at this path of keys, or of the nearest key above it; else the top of the
        profile."""
        return place(self.documents, path) or self.span

    def nearest(self, *path: str) -> int:
        """The number of the first of the files that has a value at this path of keys, counted from the profile itself;
        that of the last one if none has."""
        found = (i for i, document in enumerate(self.documents) if _value(document, path))
        return next(found, len(self.documents) - 1)

    def first_place(self, paths: Sequence[Sequence[str]]) -> Span | None:
        """The position of the value at one of these paths of keys, in the first of the files that has any of them."""
        found = (_value(document, path) for document in self.documents for path in paths)
        return next((node.span for node in found if node), self.span)

    def names(self, credential: str, target: str) -> tuple[str, ...]:
        """The names of a credential on the target; none if it has no name there."""
        site = self.credentials.get(credential)
        return site.names.get(target, ()) if site else ()

    def job(self, trigger: str, target: str) -> str:
        """The name on the target of a job that configs may start; "" if the target has no such job."""
        return self.triggers.get(trigger, {}).get(target, "")

    @property
    def own_credentials(self) -> frozenset[str]:
        """The ids that the site's own steps use: listed for their kinds and names, but no config may read them."""
        own = (
            self.registry.credential,
            *self.registries.values(),
            self.promotion.credential,
            self.report.gerrit_credential,
            *(environment.credential for environment in self.environments.values()),
        )
        return frozenset(id_ for id_ in own if id_)

    @property
    def where_to_add(self) -> str:
        """Where a user can add lines to the profile, for hints: a built-in profile cannot be edited, but extended."""
        built_in = "/" not in self.name and "." not in self.name
        return f"`.pipeline/profile.yaml`, with `extends: {self.name}`" if built_in else "the profile"
