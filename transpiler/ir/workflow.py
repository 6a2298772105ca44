"""A whole config: pipelines, their stages and graphs."""

from __future__ import annotations

from dataclasses import field

from transpiler.diagnostics import Span
from transpiler.expressions import List, Text
from transpiler.graph import Graph
from transpiler.ir.steps import (
    Step,
)
from transpiler.ir.values import (
    Event,
    Fetch,
)
from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail that is sent when the stage fails; `to` is a List of Texts."""

    to: List[Text]
    subject: Text
    body: Text
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Approval:
    """A person who is asked before the stage starts. `message` is the question, "" for none of its own; `by` are the
    users or groups that may answer, none for all whom the engine lets; `timeout` is how many seconds an answer may
    take, None for as long as the engine waits."""

    message: str
    by: tuple[str, ...]
    timeout: int | None
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Stage:
    """One node of the graph: its steps, in the order in which they run. `directory` is relative to the repository
    root, "." for the root itself, normalised. `timeout` is the limit of the whole stage in seconds, if it has one;
    `attempts` how often its `run` is tried, if more than once. `may_fail`: its failure does not fail the pipeline.
    `approval` is None if nobody is asked."""

    name: str
    directory: str
    steps: tuple[Step, ...]
    mail: Mail | None = None
    span: Span | None = field(default=None, compare=False)
    timeout: int | None = None
    attempts: int | None = None
    may_fail: bool = False
    approval: Approval | None = None


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
    """The stages that run, in file order, and their graph; stages that no arc reaches are left out. A stage that a
    person approves comes after all that can run before (`gates.waiting`). `changes` is None if the pipeline runs
    whatever was changed."""

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
