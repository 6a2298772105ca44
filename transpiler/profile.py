"""What a site provides, so that configs stay portable: the checked form of a profile.

`frontend/profiles/` reads it from YAML; every default stands in `profiles/default.yaml`, none here. What a target alone
reads is that target's: `targets/<target>/settings.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Protocol

from transpiler.diagnostics import Span
from transpiler.ir import CredentialKind, Event
from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Builder:
    """Which builder reads the file: `buildkit` with a Blubber frontend, or `dockerfile`."""

    kind: str
    frontend: str
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Registry:
    """Where images go. `public` "" where the site names none (some engines have one of their own); `push` defaults to
    it.

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
    """A credential that configs may name, and what each target calls it: target → names, none where it has no name."""

    kind: CredentialKind
    names: Mapping[str, tuple[str, ...]]


class TargetSettings(Protocol):
    """A target's part of the profile, whose other fields its own modules alone know: they get it, typed, from
    `settings.of` of their package."""

    @property
    def path(self) -> str:
        """Where its output goes, relative to the repository's root."""
        ...


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

    @property
    def asks_reviewers(self) -> bool:
        """Whether Gerrit is asked who should review."""
        return self.propose == "gerrit" and self.reviewers and bool(self.gerrit)


@dataclass(frozen=True, slots=True)
class Report:
    """Where results are reported; "" where they are not."""

    gerrit: str
    gerrit_credential: str


class Pull(StrEnum):
    """When images are pulled: newer ones before each build, those that are missing, or none."""

    ALWAYS = "always"
    MISSING = "missing"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole profile. `name` is a built-in's name or the file's path as the header shows it; `span` its top.
    `targets` are those to compile for; `settings` has those of every target, by its name. `triggers` are the jobs that
    configs may start: name → target → what that target calls it, "" where it has no such job. `actions` are those that
    are allowed for an event; an event without a list allows all. `branches` are those whose changes count as merged: on
    every engine where the profile says them (`branches_said`), else only on engines that do not tell a job its default
    branch.

    `pull` no file says: it is what a person at a machine asks for.
    `places` are where it says where a target's outputs go, by the target's name.
    `sources` are the files that it was merged from, itself first: name as the header shows it, content.
    """

    name: str
    project: str
    targets: tuple[str, ...]
    settings: Mapping[str, TargetSettings]
    builder: Builder
    container: str
    run_timeout: int
    registry: Registry
    images: str
    credentials: Mapping[str, SiteCredential]
    triggers: Mapping[str, Mapping[str, str]]
    environment: tuple[str, ...]
    publishing_events: tuple[Event, ...]
    other_events: tuple[Event, ...]
    kubernetes: Kubernetes
    promotion: Promotion
    mail_command: str
    mail_from: str
    report: Report
    proxy: str
    policy: Mapping[str, str]
    actions: Mapping[Event, tuple[str, ...]]
    unsupported: frozenset[str]
    branches: tuple[str, ...]
    branches_said: bool
    pull: Pull = Pull.ALWAYS
    sources: tuple[tuple[str, bytes], ...] = field(default=(), compare=False)
    places: Mapping[str, Span | None] = field(default_factory=dict, compare=False)
    span: Span | None = field(default=None, compare=False)

    def names(self, credential: str, target: str) -> tuple[str, ...]:
        """What the target calls a credential, none where it has no name for it."""
        site = self.credentials.get(credential)
        return site.names.get(target, ()) if site else ()

    def job(self, trigger: str, target: str) -> str:
        """What the target calls a job that configs may start, "" where it has no such job."""
        return self.triggers.get(trigger, {}).get(target, "")

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
