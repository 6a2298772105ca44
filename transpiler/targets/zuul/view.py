"""The values for the template of `.zuul.d/transpipe.yaml`: jobs and the project stanza. Knows no shell."""

from __future__ import annotations

import re
from collections.abc import Iterable

from transpiler.graph import notation
from transpiler.ir import EVENTS, Event
from transpiler.profile import Profile
from transpiler.program import CredentialUse, Feature, PipelineProgram, TriggerCall, Use
from transpiler.records import dataclass, replace
from transpiler.targets.zuul import settings
from transpiler.targets.zuul.needs import sensitive
from transpiler.targets.zuul.playbook import Secret, secret_keys
from transpiler.targets.zuul.sources import harmless


@dataclass(frozen=True, slots=True)
class Job:
    """A job stanza. `run` is "" for an abstract job; `teardown` is a playbook that runs after those in `post_run`, ""
    if the parent job has it; `nodes`: it sets the nodes and the time limit; `note` are comment lines above it;
    `timeout` are the seconds that it may need; `queue` is the semaphore of what it deploys, "" for none."""

    name: str
    parent: str
    description: str
    run: str
    post_run: tuple[str, ...]
    teardown: str = ""
    secrets: tuple[Secret, ...] = ()
    post_review: bool = False
    abstract: bool = False
    nodes: bool = False
    semaphore: str = ""
    queue: str = ""
    note: tuple[str, ...] = ()
    timeout: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A job in one of the project's pipelines. `variables` are (name, Ansible text); a job that is not `voting` does
    not fail the pipeline; `started_by` is the slug of the stage that triggers it; `branches` is the pattern of the
    branches that it runs for, "" for all."""

    job: str
    dependencies: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    voting: bool = True
    started_by: str = ""
    branches: str = ""

    @property
    def plain(self) -> bool:
        """Whether the entry is no more than the job's name."""
        return not (self.dependencies or self.variables or self.branches) and self.voting

    @property
    def short(self) -> bool:
        """Whether the entry is no more than the job's name and branches."""
        return replace(self, branches="").plain and not self.started_by


@dataclass(frozen=True, slots=True)
class Queue:
    """One of the site's pipelines in the project stanza: the events that it is for, and the project's jobs in it."""

    name: str
    events: tuple[Event, ...]
    entries: tuple[Entry, ...]

    @property
    def plain(self) -> bool:
        """Whether the jobs can be written as names on one line."""
        return all(entry.plain for entry in self.entries) and sum(len(entry.job) + 2 for entry in self.entries) < 100


def secrets(uses: Iterable[CredentialUse], profile: Profile, aliases: dict[str, str]) -> tuple[Secret, ...]:
    """The secrets with these credentials, in order of their first use."""
    found = {
        name: Secret(aliases[name], name, secret_keys(use))
        for use in uses
        if (name := settings.secret_name(use.id, profile))
    }
    return tuple(found.values())


def logs_in(pipeline: PipelineProgram, profile: Profile) -> bool:
    """Whether a pipeline may hold the secrets of logins that it can do without: it runs only after review anyway."""
    return queues_of(without_logins(pipeline), profile).keys() <= settings.of(profile).post_review


def without_logins(pipeline: PipelineProgram) -> PipelineProgram:
    """The pipeline without the credentials that its stages can do without."""
    stages = (replace(s, credentials=tuple(use for use in s.credentials if not use.optional)) for s in pipeline.stages)
    return replace(pipeline, stages=tuple(stages))


def queues_of(pipeline: PipelineProgram, profile: Profile) -> dict[str, tuple[Event, ...]]:
    """The site's pipelines in which this pipeline runs, and the events that each is for."""
    site = settings.of(profile)
    found: dict[str, tuple[Event, ...]] = {}
    for event in pipeline.events:
        for name in site.pipelines.get(event, ()):
            if name in site.post_review or not sensitive(pipeline):
                found[name] = (*found.get(name, ()), event)
    return found


def left_out_of(pipeline: PipelineProgram, profile: Profile) -> tuple[str, ...]:
    """The site's pipelines for this pipeline's events in which it cannot run, because they run before review."""
    pipelines = settings.of(profile).pipelines
    wanted = {name: None for event in pipeline.events for name in pipelines.get(event, ())}
    return tuple(name for name in wanted if name not in queues_of(pipeline, profile))


def unguarded(pipeline: PipelineProgram, profile: Profile) -> tuple[str, ...]:
    """The site's pipelines that are for both changes and merges, so that branches cannot distinguish the two."""
    return tuple(
        name for name, events in queues_of(pipeline, profile).items() if {Event.CHANGE, Event.MERGE} <= {*events}
    )


def _branches(events: tuple[Event, ...], profile: Profile) -> str:
    """The pattern of the branches on which one of the site's pipelines is for these events; "" for all branches."""
    # Zuul's clock starts a pipeline for every branch, too.
    if not {Event.MERGE, Event.SCHEDULE}.intersection(events) or Event.CHANGE in events:
        return ""
    merged = f"^({'|'.join(re.escape(branch) for branch in profile.branches)})$"
    return f"{merged}|^refs/tags/" if Event.TAG in events else merged


def described(pipeline: PipelineProgram) -> str:
    """A pipeline's graph on one line, for the job's description."""
    text = notation(pipeline.graph)
    return text if len(text) <= 100 else f"{len(pipeline.stages)} stages"


def triggers(
    pipeline: PipelineProgram, ours: tuple[str, ...], profile: Profile, lost: frozenset[Use]
) -> tuple[Entry, ...]:
    """The entries of jobs that a pipeline triggers, which run when its own jobs have succeeded."""
    dropped = {(use.pipeline, use.stage) for use in lost if use.feature is Feature.TRIGGER}
    return tuple(
        Entry(profile.job(call.name, settings.NAME), ours, _parameters(call), call.wait and call.propagate, stage.slug)
        for stage in pipeline.stages
        if (call := stage.trigger) and (pipeline.name, stage.name) not in dropped
    )


def _parameters(call: TriggerCall) -> tuple[tuple[str, str], ...]:
    return tuple((p.name, harmless(p.text)) for p in call.parameters if p.text is not None)


def gather(
    entries: Iterable[tuple[dict[str, tuple[Event, ...]], tuple[Entry, ...]]], profile: Profile
) -> tuple[Queue, ...]:
    """The pipelines of the project stanza. `entries` are, for each pipeline of the config, the site's pipelines in
    which it runs and its jobs there.

    Pipelines for changes have at least the job `noop`: without a job, a gate pipeline never merges a change.
    """
    found: dict[str, Queue] = {}
    for where, named in entries:
        for name, events in where.items():
            jobs = tuple(replace(entry, branches=_branches(events, profile)) for entry in named)
            queue = found.get(name, Queue(name, (), ()))
            all_events = tuple(event for event in EVENTS if event in {*queue.events, *events})
            found[name] = replace(queue, events=all_events, entries=(*queue.entries, *jobs))
    for name in settings.of(profile).pipelines.get(Event.CHANGE, ()):
        found.setdefault(name, Queue(name, (Event.CHANGE,), (Entry("noop"),)))
    return tuple(sorted(found.values(), key=lambda queue: EVENTS.index(queue.events[0])))
