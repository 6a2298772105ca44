"""What the two commands of `transpipe sync` do: compile, ask the server, compare, and then act."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Protocol

from transpiler.app.place import WrongUsage
from transpiler.app.results import Exit, Report
from transpiler.app.wanted_jobs import Compiling, compiled
from transpiler.diagnostics import Severity
from transpiler.files import is_file
from transpiler.jenkins_sync import apply as applying
from transpiler.jenkins_sync import plan as planning
from transpiler.jenkins_sync.apply import Options, Outcome
from transpiler.jenkins_sync.inspect import closer
from transpiler.jenkins_sync.jobs import naming
from transpiler.jenkins_sync.jobs.wanted import Wanted
from transpiler.jenkins_sync.lacking import lacking
from transpiler.jenkins_sync.ownership import Scope
from transpiler.jenkins_sync.plan import Plan, State
from transpiler.jenkins_sync.server.account import Unclear, account
from transpiler.jenkins_sync.server.client import Client, Limits
from transpiler.jenkins_sync.server.failures import JenkinsFailure
from transpiler.jenkins_sync.server.listing import read_server
from transpiler.jenkins_sync.server.write import Done, Result
from transpiler.records import dataclass, replace

_LOOKED_AT = frozenset({State.UPDATE, State.RENAME, State.DRIFTED})


@dataclass(frozen=True, slots=True)
class Connection:
    """Which server, as whom, and how long to wait for it, in seconds."""

    url: str | None
    user: str | None
    token_file: Path | None
    ca_bundle: Path | None
    deadline: float
    timeout: float


@dataclass(frozen=True, slots=True)
class Asked:
    """The command's arguments. `paths` holds None for the repository around the current directory."""

    paths: tuple[str | None, ...]
    profile: str | None
    project: str
    unsupported: str
    connection: Connection
    workers: int
    verify: bool
    force: bool
    prune: bool
    adopt: bool
    retired: tuple[str, ...]
    look_in: tuple[str, ...]
    exit_code: bool

    @property
    def options(self) -> Options:
        """The options of `apply`."""
        return Options(self.force, self.prune, self.workers)


class Listener(Protocol):
    """Gets the progress of the command while it works."""

    def waiting(self, why: str) -> None:
        """A request is tried again."""

    def compiled(self, report: Report) -> None:
        """A repository has been compiled."""

    def starting(self, plan: Plan) -> None:
        """The plan is about to be carried out."""

    def done(self, result: Result) -> None:
        """A job or folder has been processed."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The jobs of all repositories, and the worst severity of their mistakes; jobs of `failed` repositories are not in
    `scope`."""

    jobs: tuple[Wanted, ...]
    scope: Scope
    status: Exit
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Planned:
    """What `apply` would do. `plan` is None if the server did not answer; `failure` then says why. `lacking` are lines
    about plugins that the server does not have."""

    wishes: Wishes
    plan: Plan | None
    failure: str = ""
    changes: bool = False
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What `apply` did. `left` are the results for jobs that were left unchanged; `outcome` is None if the server did
    not answer; `failure` then says why. `lacking` is as in Planned."""

    wishes: Wishes
    outcome: Outcome | None
    failure: str = ""
    seconds: float = 0.0
    left: tuple[Result, ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def status(self) -> Exit:
        """The exit status of the command."""
        if not self.outcome or not self.outcome.complete:
            return max(Exit.WORLD, self.wishes.status)
        left = any(result.state is not State.ORPHAN for result in self.left)
        return max(Exit.FINDINGS if left else Exit.FINE, self.wishes.status)


def plan(asked: Asked, listener: Listener) -> Planned:
    """`sync plan`. Raises WrongUsage and OSError."""
    client = _client(asked, listener)
    wishes = _wishes(asked, listener)
    try:
        made = _plan(asked, client, wishes)
        made = closer(made, client, _LOOKED_AT | _verified(asked), asked.workers, diffs=True)
        lacks = lacking(wishes.jobs, client)
    except JenkinsFailure as failure:
        return Planned(wishes, None, str(failure))
    changes = any(
        applying.to_write(entry, asked.options)
        or entry.state is State.CONFLICT
        or (asked.prune and entry.state is State.ORPHAN)
        for entry in made.entries
    )
    return Planned(wishes, made, changes=changes, lacking=lacks)


def apply(asked: Asked, listener: Listener) -> Applied:
    """`sync apply`. Raises WrongUsage and OSError."""
    started = time.monotonic()
    client = _client(asked, listener)
    wishes = _wishes(asked, listener)
    try:
        made = _plan(asked, client, wishes)
        made = closer(made, client, _verified(asked), asked.workers, diffs=False)
        lacks = lacking(wishes.jobs, client)
    except JenkinsFailure as failure:
        return Applied(wishes, None, str(failure))
    listener.starting(made)
    left: list[Result] = []

    def hear(result: Result) -> None:
        if result.done is Done.LEFT:
            left.append(result)
        listener.done(result)

    outcome = applying.apply(made, client, asked.options, hear)
    return Applied(wishes, outcome, seconds=time.monotonic() - started, left=tuple(left), lacking=lacks)


def _client(asked: Asked, listener: Listener) -> Client:
    server = asked.connection
    try:
        who = account(server.url, server.user, server.token_file, os.environ)
    except Unclear as unclear:
        raise WrongUsage(str(unclear)) from None
    if server.ca_bundle and not is_file(server.ca_bundle):
        raise WrongUsage(f"there is no file {server.ca_bundle}")
    limits = Limits(read=server.timeout, deadline=server.deadline, connect=min(server.timeout, 10.0))
    return Client(who, limits, workers=asked.workers, ca_bundle=str(server.ca_bundle or ""), tell=listener.waiting)


def _wishes(asked: Asked, listener: Listener) -> Wishes:
    loss = Severity.WARNING if asked.unsupported == "warn" else Severity.ERROR
    jobs: list[Wanted] = []
    owners: set[tuple[str, str, str]] = set()
    status, failed = Exit.FINE, 0
    for one in compiled(asked.paths, Compiling(asked.profile, asked.project, loss), asked.workers):
        listener.compiled(one.report)
        status = max(status, one.report.status)
        if one.report.status is Exit.FINE:
            owners.add((one.owner, one.source, one.origin.name))
            jobs += one.jobs
        else:
            failed += 1
    return Wishes(tuple(jobs), Scope(frozenset(owners), frozenset(asked.retired), asked.adopt), status, failed)


def _plan(asked: Asked, client: Client, wishes: Wishes) -> Plan:
    folders = {naming.split(job.path)[0] for job in wishes.jobs} | {folder.strip("/") for folder in asked.look_in}
    made = planning.make(wishes.jobs, read_server(client, sorted(folders), asked.workers), wishes.scope)
    return replace(made, emptied=made.emptied if asked.prune else ())


def _verified(asked: Asked) -> frozenset[State]:
    return frozenset({State.UNCHANGED}) if asked.verify else frozenset()
