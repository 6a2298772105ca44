"""`sync` without its command line: definitions, plan and apply against a double, as tests of laws want them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from doubles.jenkins.process import Double

from transpiler.jenkins_sync import apply as applying
from transpiler.jenkins_sync import plan
from transpiler.jenkins_sync.apply import Options, Outcome
from transpiler.jenkins_sync.inspect import inspected
from transpiler.jenkins_sync.jobs import naming
from transpiler.jenkins_sync.jobs.definition import Inline, JobDefinition, Parameter
from transpiler.jenkins_sync.jobs.origin import UNKNOWN, Origin
from transpiler.jenkins_sync.jobs.wanted import Wanted, wanted
from transpiler.jenkins_sync.ownership import Scope
from transpiler.jenkins_sync.server.account import Account
from transpiler.jenkins_sync.server.client import Client, Limits
from transpiler.jenkins_sync.server.listing import read_server
from transpiler.jenkins_sync.server.write import Result

OWNER = "team/service"
CONFIG = ".pipeline/config.yaml"
SCOPE = Scope(frozenset({(OWNER, CONFIG, "")}))
QUICK = Limits(connect=5, read=5, deadline=40, first_wait=0.002)


def job(
    name: str,
    version: int = 1,
    *,
    folder: str = "ci",
    owner: str = OWNER,
    made_from: str = "",
    origin: Origin = UNKNOWN,
) -> Wanted:
    """One pipeline job, of a script that says its name and version; of the pipeline of its own name by default."""
    return wanted(
        JobDefinition(
            path=naming.joined(folder, name),
            owner=owner,
            source=f"{CONFIG}#{made_from or name}",
            body=Inline(f"node {{\n    sh 'make {name} VERSION={version}'\n}}\n", sandbox=True),
            description='é & "quoted" <b>',
            parameters=(Parameter("PIPELINE", name, "Which pipeline"),),
            keep_builds=version,
            concurrent=False,
        ),
        origin,
    )


@dataclasses.dataclass(frozen=True)
class Synced:
    """What a run planned and did, and its result."""

    plan: plan.Plan
    outcome: Outcome
    results: tuple[Result, ...]


class Syncing:
    """Runs against one double, each with a client of its own."""

    def __init__(self, to: Double, *, password: bool = False, limits: Limits = QUICK, workers: int = 4) -> None:
        self.to = to
        self.password = password
        self.limits = limits
        self.workers = workers

    def client(self) -> Client:
        secret = self.to.password if self.password else self.to.token
        account = Account(self.to.url, self.to.user, secret, by_password=self.password)
        return Client(account, self.limits, workers=self.workers)

    def plan(self, jobs: Iterable[Wanted], *, verify: bool = False) -> plan.Plan:
        """What is to be done; with `verify` after a look at every job."""
        jobs, client = list(jobs), self.client()
        folders = {naming.split(each.path)[0] for each in jobs}
        made = plan.make(jobs, read_server(client, folders, self.workers), SCOPE)
        if not verify:
            return made
        return dataclasses.replace(made, entries=tuple(inspected(entry, client) for entry in made.entries))

    def apply(self, jobs: Iterable[Wanted], *, verify: bool = False, force: bool = True, prune: bool = True) -> Synced:
        """Plans and does it."""
        made, results = self.plan(jobs, verify=verify), list[Result]()
        options = Options(force=force, prune=prune, workers=self.workers)
        outcome = applying.apply(made, self.client(), options, results.append)
        return Synced(made, outcome, tuple(results))


def pending(made: plan.Plan) -> list[tuple[str, str]]:
    """What a plan would still do, or could not: state and name of every entry but the unchanged."""
    return [(entry.state.value, entry.path) for entry in made.entries if entry.state is not plan.State.UNCHANGED]
