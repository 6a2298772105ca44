"""The lines in every output's header that show people each pipeline's graph and when it runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from transpiler.durations import shown
from transpiler.graph import notation
from transpiler.ir import EVENTS, Event
from transpiler.program import PipelineProgram, Use
from transpiler.targets.asking import Asked

_LONGEST = 90


def table(pipelines: Iterable[tuple[PipelineProgram, Collection[Event]]]) -> tuple[str, ...]:
    """A line for each pipeline, such as `test   build -> unit   on change`. The events are those for which the pipeline
    runs on this target."""
    rows = [(pipeline.name, _graph(pipeline), _occasion(events)) for pipeline, events in pipelines]
    name, graph = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    return tuple(f"{row[0]:<{name}}   {row[1]:<{graph}}   {row[2]}" for row in rows)


def _graph(pipeline: PipelineProgram) -> str:
    if not pipeline.stages:
        return "no stages"
    text = notation(pipeline.graph)
    return text if len(text) <= _LONGEST else f"{len(pipeline.stages)} stages"


def _occasion(events: Collection[Event]) -> str:
    words = [event for event in EVENTS if event in events]
    if not words:
        return "never"
    return f"on {', '.join(words[:-1])} and {words[-1]}" if words[1:] else f"on {words[0]}"


def approvals(asked: Iterable[Asked], tell: Callable[[str], str], unlimited: str) -> Iterator[str]:
    """A line for each stage before which a person is asked, with what only the site can set up (`tell`, of the
    environment) and, if the answer has a limit, that the engine keeps none (`unlimited`)."""
    for one in asked:
        approval = one.stage.approval
        by = f" by {', '.join(approval.by)}" if approval and approval.by else ""
        within = f" within {shown(approval.timeout)}" if approval and approval.timeout else ""
        more = f"; {unlimited}" if within else ""
        yield f"  approval of {one.pipeline}/{one.stage.name}{by}{within}: {tell(one.environment)}{more}"


def loss(use: Use, pipeline: str = "") -> str:
    """The line about a use that was left out, in the output of all pipelines or of this one."""
    what = " ".join(part for part in (use.feature.value, use.detail) if part)
    where = "/".join(part for part in ("" if use.pipeline == pipeline else use.pipeline, use.stage) if part)
    return f"  left out: {what}{f' ({where})' if where else ''}"
