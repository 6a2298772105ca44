"""The difference between two versions of a config, as data; how it is written is decided in `report`."""

from __future__ import annotations

from enum import StrEnum

from transpiler.ir import Workflow
from transpiler.profile import Profile
from transpiler.program import Plan, Silence, Use
from transpiler.records import dataclass


class Meaning(StrEnum):
    """Whether two versions mean the same.

    Of the whole, `identical` says that no byte of what transpipe reads has changed (of a build file, its variants); of
    a pipeline, stage or target, that not one byte of what is generated for it would change. `same` says that the bytes
    differ, but not what is done when.
    """

    IDENTICAL = "identical"
    SAME = "same"
    DIFFERENT = "different"


class How(StrEnum):
    """What happened to a thing."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Topic(StrEnum):
    """What a change is about, in the order in which a reviewer must see them."""

    APPROVAL = "approval"
    DEPLOYED = "deployed"
    CREDENTIAL = "credential"
    PUBLISHED = "published"
    PROMOTED = "promoted"
    TRIGGERED = "triggered"
    EVENT = "event"
    CHANGES = "changes"
    TARGET = "target"
    PIPELINE = "pipeline"
    STAGE = "stage"
    EDGE = "edge"
    PROGRAM = "program"
    LIMIT = "limit"
    ARTIFACT = "artifact"
    MAIL = "mail"
    HANDOVER = "handover"
    CHECKOUT = "checkout"
    PROJECT = "project"
    LOSS = "loss"
    RULE = "rule"
    BREACH = "breach"
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was added, removed or changed.

    `name` is the thing's: a credential's id, a published image, an event, a house rule. `pipeline`, `stage` and
    `target` say where it is, "" where that does not apply. `before` and `after` are what it was and is, for people.
    `patch` is a unified diff of a program.
    """

    topic: Topic
    how: How
    name: str
    pipeline: str = ""
    stage: str = ""
    target: str = ""
    before: str = ""
    after: str = ""
    patch: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a pipeline, a stage or a target. `how` is None if it is there on both sides."""

    name: str
    meaning: Meaning
    how: How | None = None


@dataclass(frozen=True, slots=True)
class PipelineVerdict:
    """What became of a pipeline and of its stages."""

    name: str
    meaning: Meaning
    how: How | None
    stages: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two versions of a config, with the changes in their order."""

    meaning: Meaning
    changes: tuple[Change, ...]
    pipelines: tuple[PipelineVerdict, ...]
    targets: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One version of a config: what it means, the uses that each target loses with the reasons, the events on which a
    target never runs a pipeline, and the breaches of house rules (rule and message)."""

    workflow: Workflow
    plan: Plan
    profile: Profile
    lost: tuple[tuple[str, Use, str], ...]
    silent: tuple[tuple[str, str, str, Silence], ...]
    breaches: tuple[tuple[str, str], ...]
