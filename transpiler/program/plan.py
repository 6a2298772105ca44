"""The plan itself: a program for each stage, pipelines with their graphs and teardowns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from transpiler.deciding import Deciding
from transpiler.diagnostics import Span
from transpiler.gates import Part, parts
from transpiler.graph import Graph
from transpiler.ir import Approval, Event, Fetch
from transpiler.program.features import Feature, Use
from transpiler.program.parts import (
    EVENT,
    Archive,
    CredentialUse,
    MailProgram,
    Report,
    TriggerCall,
    ValueFile,
)
from transpiler.records import dataclass


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
    approval: Approval | None = None  # the person whom the engine asks before it runs the program
    layers: bool = False  # its build takes layers of earlier builds from the registry
    services: tuple[str, ...] = ()  # the names of the services of its `run`, whose network teardown removes

    @property
    def leaves_layers(self) -> bool:
        """Whether its build leaves layers in the registry, if the event of the run may."""
        return self.layers and EVENT in self.setup


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

    def gates(self, lost: Iterable[Use] = ()) -> frozenset[str]:
        """The stages before which a person is asked, but for the lost uses."""
        given_up = {use.stage for use in lost if use.feature is Feature.APPROVAL and use.pipeline == self.name}
        return frozenset(stage.name for stage in self.stages if stage.approval and stage.name not in given_up)

    def parts(self, lost: Iterable[Use] = ()) -> tuple[Part, ...]:
        """The parts into which these stages divide the pipeline."""
        return parts(self.graph, self.gates(lost))

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
