"""What Zuul's own manager of pipelines does with what is in its queues when something new comes, in Zuul's Python: one
line of JSON in, one out.

    {"queued": [[kind, number, patch set or commit], …], "new": […]}  →  {"cancelled": [[item, job], …], "left": […]}

A `change` is one of Gerrit's, a `branch` what was merged. The manager is Zuul's, with its scheduler and its store left
out: they need ZooKeeper and a database.
"""

import json
import logging
import sys
from types import SimpleNamespace

from zuul.driver.gerrit.gerritmodel import GerritChange
from zuul.manager import PipelineManager
from zuul.model import Branch

PROJECT = SimpleNamespace(name="p", canonical_name="example.org/p")


def made(kind, number, version):
    """What is in a queue."""
    if kind == "branch":
        branch = Branch(PROJECT)
        branch.branch, branch.ref, branch.newrev = number, f"refs/heads/{number}", version
        return branch
    change = GerritChange(PROJECT)
    change.number, change.patchset = number, version
    return change


def superseded(queued, new):
    """The jobs that are cancelled, by the places of their items, and the places of the items that stay."""
    cancelled, left = [], list(range(len(queued)))

    def item(place, change):
        build_set = SimpleNamespace(ref=None, place=place)
        return SimpleNamespace(
            live=True,
            changes=[change],
            event=None,
            current_build_set=build_set,
            getJobs=lambda: ["job"],
            items_behind=[],
            place=place,
        )

    items = [item(place, made(*one)) for place, one in enumerate(queued)]
    manager = object.__new__(
        type("Manager", (PipelineManager,), {"state": None, "pipeline": None, "getChangeQueue": None})
    )
    manager.log = logging.getLogger("zuul")
    manager.pipeline = SimpleNamespace(dequeue_on_new_patchset=True)
    manager.state = SimpleNamespace(getAllItems=lambda: items)
    manager.sched = SimpleNamespace(cancelJob=lambda builds, job, **_: cancelled.append([builds.place, job]))
    manager.dequeueItem = lambda item: left.remove(item.place)
    manager.reportStats = lambda _: None
    manager.reEnqueueChanges = lambda *_: None
    manager.removeOldVersionsOfChange(made(*new), None)
    return {"cancelled": cancelled, "left": left}


for line in sys.stdin:
    print(json.dumps(superseded(**json.loads(line))), flush=True)
