"""The time line of a pipeline: where a stage's bar is, what kept it waiting, and which stages took the longest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from transpiler.graph import Graph
from transpiler.local.lines import duration
from transpiler.local.outcome import End, StageOutcome
from transpiler.records import dataclass

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800)
_TICKS = 6
_SHORTEST_WAIT = 0.2
"""Seconds: less than this is how long it takes to make a checkout or to start a program."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the time line: `x` in percent of its width, and `anchor`, which keeps the label within it."""

    x: str
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of the time line, in percent of its width."""

    x: str
    width: str


def ran(outcome: StageOutcome) -> bool:
    """Whether a stage was started."""
    return outcome.end is not End.NOT_STARTED


def ends(outcome: StageOutcome) -> float:
    """When a stage ended, in seconds after the run started."""
    return outcome.began + outcome.seconds


def ticks(whole: float) -> tuple[Tick, ...]:
    """Marks for a time line of so many seconds."""
    step = next((step for step in _STEPS if whole / step <= _TICKS), whole / _TICKS)
    return tuple(_tick(step * number, whole) for number in range(int(whole / step + 1e-9) + 1))


def _tick(mark: float, whole: float) -> Tick:
    anchor = "" if mark == 0 else "end" if mark > whole * 0.95 else "middle"
    return Tick(_percent(mark, whole), duration(mark) if mark else "0", anchor)


def bar(start: float, end: float, whole: float) -> Bar:
    """The bar from one time to another."""
    return Bar(_percent(start, whole), _percent(max(end - start, whole / 500), whole))


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f}".rstrip("0").rstrip(".")


def wait(name: str, graph: Graph, outcomes: Mapping[str, StageOutcome], whole: float) -> Bar | None:
    """The time in which a stage could have run and did not, if that is worth mentioning."""
    ready = max((ends(outcomes[other]) for other in graph.before(name)), default=0.0)
    began = outcomes[name].began
    return bar(ready, began, whole) if began - ready > _SHORTEST_WAIT else None


def last_before(name: str, graph: Graph, outcomes: Mapping[str, StageOutcome]) -> str:
    """The stage that a stage waited for to the end; "" if it waited for none."""
    before = [other for other in graph.before(name) if ran(outcomes[other])]
    return max(before, key=lambda other: ends(outcomes[other]), default="")


def longest(graph: Graph, outcomes: Mapping[str, StageOutcome]) -> tuple[str, ...]:
    """The stages that decided how long the pipeline took, one after another."""
    started: Iterable[str] = [name for name in outcomes if ran(outcomes[name])]
    name = max(started, key=lambda other: ends(outcomes[other]), default="")
    path: list[str] = []
    while name:
        path.append(name)
        name = last_before(name, graph, outcomes)
    return tuple(reversed(path))
