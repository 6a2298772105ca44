"""The features that a config can use, how well a target supports each, and where a config uses one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from enum import StrEnum

from transpiler.diagnostics import Span
from transpiler.records import dataclass


class Feature(StrEnum):
    """A feature that a config can use; each target's `SUPPORTS` has a cell for it."""

    GRAPH = "graph"
    VALUES = "values"
    BUILD = "build"
    CACHE = "cache"
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
    APPROVAL = "approval"
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
