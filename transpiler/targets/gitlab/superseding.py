"""Which jobs a newer commit of the same merge request ends: all of a change, but those that publish or deploy, and
those that clean up after others. A merge, a tag and what the clock has started always run to their end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transpiler.ir import Event
from transpiler.program import StageProgram
from transpiler.steps import STEPS
from transpiler.targets.gitlab.events import anchors, conditions
from transpiler.targets.gitlab.shared import Site

_LASTING = frozenset(kind.name for kind in STEPS if kind.leaves)


def template(site: Site) -> dict[str, Any]:
    """The rules of a pipeline's jobs, and whether they can be interrupted, as fields of a job."""
    events, used = site.pipeline.events, {event for pipeline in site.plan.pipelines for event in pipeline.events}
    if not site.profile.supersede or Event.CHANGE not in events:
        return {"rules": anchors(events, site.profile)}
    if tuple(events) == (Event.CHANGE,):
        return {"rules": anchors(events, site.profile), "interruptible": True}
    others = tuple(event for event in events if event is not Event.CHANGE)
    found = conditions(Event.CHANGE, site.profile, used)
    return (
        {"yields": found, "rules": anchors(others, site.profile)} if found else {"rules": anchors(events, site.profile)}
    )


def kept(site: Site) -> dict[str, Any]:
    """What a job that runs to its end has in place of that."""
    usual = template(site)
    if usual.get("interruptible"):
        return {"interruptible": False}
    return {"rules": anchors(site.pipeline.events, site.profile)} if "yields" in usual else {}


def lasts(group: Sequence[StageProgram]) -> bool:
    """Whether a job of these stages changes something outside."""
    return any(_LASTING.intersection(stage.kinds) for stage in group)
