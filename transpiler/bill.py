"""What the pipelines of a plan cost: jobs, images between jobs and the longest path, for each event and target; with
the times of a run, in minutes, too. Known from the plan alone: nothing is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transpiler.diagnostics import Diagnostics, Severity
from transpiler.graph import order
from transpiler.ir import EVENTS, Event
from transpiler.needs import lost_uses, silent_events, without_lost
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, Plan
from transpiler.records import dataclass, replace
from transpiler.targets import Target

Times = Mapping[tuple[str, str], float]
"""Seconds by the names of pipeline and stage."""


@dataclass(frozen=True, slots=True)
class Path:
    """The stages of a pipeline that take longest, one after the other; `seconds` is None without times."""

    pipeline: str
    stages: tuple[str, ...]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """What a run for an event takes of a target. `seconds` is the time of all stages together, None without times;
    `unknown` are stages that the times do not have, as `pipeline/stage`."""

    event: Event
    target: str
    pipelines: tuple[str, ...]
    jobs: int
    images: int
    path: Path
    seconds: float | None = None
    unknown: tuple[str, ...] = ()


def bills(plan: Plan, profile: Profile, targets: Sequence[Target], times: Times | None = None) -> Iterator[Bill]:
    """A bill for each event on which a pipeline with stages runs, and each target where one runs then."""
    for event in EVENTS:
        for target in targets:
            lost = lost_uses(target, plan, profile, Severity.WARNING, Diagnostics())
            silent = silent_events(target, plan, profile)
            running = tuple(
                pipeline
                for pipeline in plan.pipelines
                if event in pipeline.events and pipeline.stages and (pipeline.name, event) not in silent
            )
            if running:
                own = replace(without_lost(plan, lost), pipelines=_kept(without_lost(plan, lost), running))
                count = target.bill.count(own, profile, lost, event)
                yield _bill(event, target, running, count, times)


def _kept(plan: Plan, running: Sequence[PipelineProgram]) -> tuple[PipelineProgram, ...]:
    names = {pipeline.name for pipeline in running}
    return tuple(pipeline for pipeline in plan.pipelines if pipeline.name in names)


def _bill(
    event: Event, target: Target, running: Sequence[PipelineProgram], count: tuple[int, int], times: Times | None
) -> Bill:
    stages = [(pipeline.name, stage.name) for pipeline in running for stage in pipeline.stages]
    paths = [_longest(pipeline, times) for pipeline in running]
    longest = max(paths, key=lambda path: (path.seconds or 0, len(path.stages)))
    names = tuple(pipeline.name for pipeline in running)
    if times is None:
        return Bill(event, target.name, names, *count, longest)
    unknown = tuple("/".join(stage) for stage in stages if stage not in times)
    return Bill(event, target.name, names, *count, longest, sum(times.get(stage, 0) for stage in stages), unknown)


def _longest(pipeline: PipelineProgram, times: Times | None) -> Path:
    """The path of a pipeline that takes longest; each stage counts as one without times."""
    found: dict[str, tuple[float, tuple[str, ...]]] = {}
    for name in order(pipeline.graph):
        before = max((found[other] for other in pipeline.graph.before(name)), default=(0.0, ()), key=lambda way: way[0])
        own = 1.0 if times is None else times.get((pipeline.name, name), 0.0)
        found[name] = before[0] + own, (*before[1], name)
    length, stages = max(found.values(), key=lambda way: (way[0], len(way[1])))
    return Path(pipeline.name, stages, None if times is None else length)


# ---- as text, and as data ----


def text(found: Sequence[Bill], titles: Mapping[str, str]) -> str:
    """A table, a row for each bill, ending with a newline; `titles` are those of targets."""
    timed = any(bill.seconds is not None for bill in found)
    head = ("event", "target", "jobs", "images", *(("minutes", "wait") if timed else ()), "longest path")
    rows = [head, *(_row(bill, titles, timed=timed) for bill in found)]
    right = {column for column, name in enumerate(head) if name in ("jobs", "images", "minutes", "wait")}
    wide = [max(len(row[column]) for row in rows) for column in range(len(head) - 1)]
    lines = []
    for row in rows:
        cells = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, wide, strict=False))]
        lines.append("   ".join((*cells, row[-1])).rstrip())
    unknown = dict.fromkeys(name for bill in found for name in bill.unknown)
    if unknown:
        lines += ["", f"without a time, and so counted as none: {', '.join(unknown)}"]
    return "".join(f"{line}\n" for line in lines)


def _row(bill: Bill, titles: Mapping[str, str], *, timed: bool) -> tuple[str, ...]:
    path = f"{len(bill.path.stages)}: {' -> '.join(bill.path.stages)} ({bill.path.pipeline})"
    spent = (_minutes(bill.seconds), _minutes(bill.path.seconds)) if timed else ()
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in path)
    return (bill.event, titles[bill.target], str(bill.jobs), str(bill.images), *spent, shown)


def _minutes(seconds: float | None) -> str:
    return f"{(seconds or 0) / 60:.1f}"


def data(found: Sequence[Bill]) -> dict[str, Any]:
    """The bills as JSON has them: by event and target."""
    events: dict[str, dict[str, Any]] = {}
    for bill in found:
        spent = {} if bill.seconds is None else {"seconds": bill.seconds, "unknown": list(bill.unknown)}
        waited = {} if bill.path.seconds is None else {"seconds": bill.path.seconds}
        events.setdefault(bill.event, {})[bill.target] = {
            "pipelines": list(bill.pipelines),
            "jobs": bill.jobs,
            "images": bill.images,
            "path": {"pipeline": bill.path.pipeline, "stages": list(bill.path.stages), **waited},
            **spent,
        }
    return {"cost": events}
