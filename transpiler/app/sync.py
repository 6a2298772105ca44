"""What the two commands of `transpipe sync` do: compile, ask the server, compare, and then tell or act."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from transpiler.app import tell
from transpiler.app.place import WrongUsage
from transpiler.app.progress_bar import Progress
from transpiler.app.tell import Exit
from transpiler.app.wanted_jobs import Compiling, compiled
from transpiler.diagnostics import Severity
from transpiler.jenkins_sync import apply as applying
from transpiler.jenkins_sync import plan as planning
from transpiler.jenkins_sync import show
from transpiler.jenkins_sync.apply import Options, Outcome
from transpiler.jenkins_sync.inspect import closer
from transpiler.jenkins_sync.jobs import naming
from transpiler.jenkins_sync.jobs.wanted import Wanted
from transpiler.jenkins_sync.plan import Plan, Scope, State
from transpiler.jenkins_sync.server.account import Unclear, account
from transpiler.jenkins_sync.server.client import Client, Limits
from transpiler.jenkins_sync.server.failures import JenkinsFailure
from transpiler.jenkins_sync.server.listing import read_server
from transpiler.jenkins_sync.server.write import Done, Result
from transpiler.records import dataclass, replace

_LOOKED_AT = frozenset({State.UPDATE, State.RENAME, State.DRIFTED})


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments. `paths` holds None for the repository around the current directory; times are in seconds."""

    paths: tuple[str | None, ...]
    profile: str | None
    project: str
    unsupported: str
    url: str | None
    user: str | None
    token_file: Path | None
    ca_bundle: Path | None
    deadline: float
    timeout: float
    workers: int
    as_json: bool
    verify: bool
    force: bool
    prune: bool
    retired: tuple[str, ...]
    look_in: tuple[str, ...]
    exit_code: bool

    @property
    def options(self) -> Options:
        """What `apply` is told."""
        return Options(self.force, self.prune, self.workers)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """All jobs of all repositories, and how bad their mistakes are; those of the others are not in `scope`."""

    jobs: tuple[Wanted, ...]
    scope: Scope
    code: Exit


def plan(asked: Asked) -> Exit:
    """`sync plan`. Raises WrongUsage and OSError."""
    client = _client(asked)
    wishes = _wishes(asked)
    try:
        made = _plan(asked, client, wishes)
        made = closer(made, client, _LOOKED_AT | _verified(asked), asked.workers, diffs=True)
    except JenkinsFailure as failure:
        return _failed(failure)
    if asked.as_json:
        tell.put(json.dumps(show.plan_data(made), ensure_ascii=False, indent=1) + "\n")
    else:
        tell.put("".join(f"{line}\n" for line in show.table(made)))
        tell.put(f"{show.counts(made.entries)}\n", sys.stderr)
    changes = any(
        applying.to_write(entry, asked.options) or entry.state is State.CONFLICT
        or (asked.prune and entry.state is State.ORPHAN)
        for entry in made.entries
    )  # fmt: skip
    return Exit.FINDINGS if asked.exit_code and changes and wishes.code is Exit.FINE else wishes.code


def apply(asked: Asked) -> Exit:
    """`sync apply`. Raises WrongUsage and OSError."""
    started = time.monotonic()
    client = _client(asked)
    wishes = _wishes(asked)
    try:
        made = _plan(asked, client, wishes)
        made = closer(made, client, _verified(asked), asked.workers, diffs=False)
    except JenkinsFailure as failure:
        return _failed(failure)
    told: list[Result] = []
    progress = Progress(len(made.entries) + len(made.folders))
    if asked.prune:
        for name in applying.named(made):
            progress.talk(f"will delete {name}")

    def hear(result: Result) -> None:
        if asked.as_json or result.done is Done.LEFT:
            told.append(result)
        if asked.as_json:
            progress.talk(show.line(result))
        else:
            progress.line(show.line(result))
        progress.step()

    outcome = applying.apply(made, client, asked.options, hear)
    progress.close()
    _summary(asked, outcome, told, time.monotonic() - started)
    if not outcome.complete:
        return max(Exit.WORLD, wishes.code)
    left = any(result.done is Done.LEFT and result.state is not State.ORPHAN for result in told)
    return max(Exit.FINDINGS if left else Exit.FINE, wishes.code)


def _summary(asked: Asked, outcome: Outcome, told: list[Result], seconds: float) -> None:
    if asked.as_json:
        data = {
            "jobs": [show.result_data(result) for result in told],
            "counts": {done.value: outcome.counts[done] for done in Done},
            "stopped": outcome.stopped,
        }
        tell.put(json.dumps(data, ensure_ascii=False, indent=1) + "\n")
    tell.put(f"{show.summary(outcome.counts, seconds)}\n", sys.stderr)
    if outcome.stopped:
        tell.put(f"transpipe: {outcome.stopped}\nRun it again: what is done stays done.\n", sys.stderr)


def _client(asked: Asked) -> Client:
    try:
        who = account(asked.url, asked.user, asked.token_file, os.environ)
    except Unclear as unclear:
        raise WrongUsage(str(unclear)) from None
    if asked.ca_bundle and not asked.ca_bundle.is_file():
        raise WrongUsage(f"there is no file {asked.ca_bundle}")
    limits = Limits(read=asked.timeout, deadline=asked.deadline, connect=min(asked.timeout, 10.0))
    talk: Callable[[str], None] = lambda words: tell.put(f"{words}\n", sys.stderr)  # noqa: E731
    return Client(who, limits, workers=asked.workers, ca_bundle=str(asked.ca_bundle or ""), tell=talk)


def _wishes(asked: Asked) -> _Wishes:
    loss = Severity.WARNING if asked.unsupported == "warn" else Severity.ERROR
    options = Compiling(asked.profile, asked.project, loss, tell.coloured(sys.stderr))
    jobs: list[Wanted] = []
    owners: set[tuple[str, str]] = set()
    code, failed = Exit.FINE, 0
    for one in compiled(asked.paths, options, asked.workers):
        tell.put(one.talk, sys.stderr)
        code = max(code, one.code)
        if one.code is Exit.FINE:
            owners.add((one.owner, one.source))
            jobs += one.jobs
        failed += one.code is not Exit.FINE
    if failed:
        tell.put(f"{failed} of {len(asked.paths)} repositories have errors: their jobs stay as they are\n", sys.stderr)
    return _Wishes(tuple(jobs), Scope(frozenset(owners), frozenset(asked.retired)), code)


def _plan(asked: Asked, client: Client, wishes: _Wishes) -> Plan:
    folders = {naming.split(job.path)[0] for job in wishes.jobs} | {folder.strip("/") for folder in asked.look_in}
    made = planning.make(wishes.jobs, read_server(client, sorted(folders), asked.workers), wishes.scope)
    return replace(made, emptied=made.emptied if asked.prune else ())


def _verified(asked: Asked) -> frozenset[State]:
    return frozenset({State.UNCHANGED}) if asked.verify else frozenset()


def _failed(failure: JenkinsFailure) -> Exit:
    tell.put(f"transpipe: {failure}\n", sys.stderr)
    return Exit.WORLD
