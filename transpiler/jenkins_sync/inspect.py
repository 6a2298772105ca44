"""Reads the config.xml of single jobs: whether it was changed by hand, and what would change. It writes nothing."""

from __future__ import annotations

import difflib
from concurrent.futures import ThreadPoolExecutor

from transpiler.jenkins_sync.jobs import canonical, marker
from transpiler.jenkins_sync.jobs.canonical import Node
from transpiler.jenkins_sync.jobs.marker import Mark
from transpiler.jenkins_sync.jobs.wanted import Wanted
from transpiler.jenkins_sync.plan import Entry, Plan, State
from transpiler.jenkins_sync.server.client import Client
from transpiler.jenkins_sync.server.failures import JenkinsFailure, ServerLost
from transpiler.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Found:
    """A job on the server: the canonical form of its config.xml, and the site's text and the marker in its
    description. If the job is to stay disabled or enabled, that is not part of the form, but only in `disabled`."""

    node: Node
    text: str
    mark: Mark | None
    disabled: bool = False

    @property
    def drifted(self) -> bool:
        """Whether the job differs from what transpipe wrote, by the digest in its marker."""
        return bool(self.mark and self.mark.claims and self.mark.digest != canonical.digest(self.node, self.text))


def found(client: Client, path: str, wanted: Wanted) -> Found:
    """Reads a job, to compare it with the one that is wanted. Raises JenkinsFailure."""
    root = client.config(path, canonical.parsed)
    description = root.findtext("description")
    disabled = (root.findtext("disabled") or "").strip() == "true"
    for element in root.findall("disabled") if wanted.keeps_disabled else ():
        root.remove(element)
    return Found(canonical.canonical(root), marker.text(description), marker.read(description), disabled)


def inspected(entry: Entry, client: Client) -> Entry:
    """Returns the entry with its diff, and with the state `drifted` if the job was changed by hand. Raises
    JenkinsFailure."""
    if entry.wanted is None or entry.item is None or entry.state is State.CONFLICT:
        return entry
    there = found(client, entry.item.path, entry.wanted)
    diff = difference(there, entry.wanted)
    if there.drifted and entry.state is not State.DRIFTED:
        why = "its configuration was edited by hand"
        if entry.state is State.RENAME:
            why += f"; it was {entry.item.path}"
        return replace(entry, state=State.DRIFTED, why=why, diff=diff)
    return replace(entry, diff=diff)


def closer(plan: Plan, client: Client, states: frozenset[State], workers: int, *, diffs: bool) -> Plan:
    """Returns the plan with all entries in these states inspected, without their diffs if `diffs` is false. Raises
    ServerLost."""

    def look(entry: Entry) -> Entry:
        if entry.state not in states:
            return entry
        try:
            seen = inspected(entry, client)
        except ServerLost:
            raise
        except JenkinsFailure as failure:
            return replace(entry, why="; ".join(part for part in (entry.why, str(failure)) if part))
        return seen if diffs else replace(seen, diff=())

    with ThreadPoolExecutor(max(workers, 1)) as pool:
        return replace(plan, entries=tuple(pool.map(look, plan.entries)))


def difference(there: Found, job: Wanted) -> tuple[str, ...]:
    """The changes that posting the job would make, as the lines of a patch without its first two lines."""
    before = [*_text(there.text), *canonical.outline(there.node)]
    after = [*_text(job.text), *canonical.outline(job.node())]
    return tuple(difflib.unified_diff(before, after, n=2, lineterm=""))[2:]


def _text(description: str) -> list[str]:
    return [f"description: {line}" for line in description.split("\n")] if description else []
