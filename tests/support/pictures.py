"""What the tests of pictures ask of a layout: whether things overlap, and where lines run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from transpiler.drawing.layout import Box, Layout, Line
from transpiler.graph import Graph
from transpiler.ir import Event, Fetch, Pipeline, Stage

_STEPS = 16


def pipeline(graph: Graph, name: str = "test") -> Pipeline:
    """A pipeline of stages that do nothing."""
    return Pipeline(name, (Event.CHANGE,), Fetch(), tuple(Stage(n, ".", ()) for n in graph.nodes), graph)


def overlaps(layout: Layout) -> list[str]:
    """What overlaps in a picture: two boxes, a line and a box that it neither leaves nor reaches, a text and its box's
    edge; what lies outside of the picture; and stages that do not lie right of those they wait for."""
    found = [f"{a.name} and {b.name}" for a, b in combinations(layout.boxes, 2) if _meet(a, b)]
    for line in layout.lines:
        path = tuple(points_of(line))
        others = [box for box in layout.boxes if box.name not in (line.start, line.end)]
        hit = [box for box in others if any(_inside(box, point) for point in path)]
        found += [f"line from {line.start} to {line.end} and {box.name}" for box in hit]
        found += [f"line from {line.start} runs back" for (a, _), (b, _) in pairwise(path) if b < a]
    for box in layout.boxes:
        if box.label.pixels > box.width or box.label.lines * 17 > box.height:
            found.append(f"label of {box.name}")
        if box.x < 0 or box.y < 0 or box.x + box.width > layout.width or box.y + box.height > layout.height:
            found.append(f"{box.name} is outside")
    return found


def reached(layout: Layout, ends: Sequence[tuple[float, float]] = ()) -> frozenset[tuple[str, str]]:
    """The pairs of stages that lines connect, directly or through junctions."""
    after: dict[object, set[object]] = {}
    for line in layout.lines:
        after.setdefault(line.start or line.points[0], set()).add(line.end or line.points[-1])
    pairs = set()
    for box in layout.boxes:
        waiting = [*after.get(box.name, ())]
        while waiting:
            end = waiting.pop()
            if isinstance(end, str):
                pairs.add((box.name, end))
            else:
                waiting += after.get(end, ())
    return frozenset(pairs)


def points_of(line: Line) -> Iterator[tuple[float, float]]:
    """Points along a line, curves included."""
    for i, ((a, b), (c, d)) in enumerate(pairwise(line.points)):
        for step in range(_STEPS + 1):
            t = step / _STEPS
            curve = 3 * t * t - 2 * t * t * t if i % 2 == 0 else t
            across = 1.5 * t - 1.5 * t * t + t * t * t if i % 2 == 0 else t  # the handles are in the middle
            yield a + (c - a) * across, b + (d - b) * curve


def _meet(a: Box, b: Box) -> bool:
    beside = a.x + a.width <= b.x or b.x + b.width <= a.x
    return not (beside or a.y + a.height <= b.y or b.y + b.height <= a.y)


def _inside(box: Box, point: tuple[float, float]) -> bool:
    return box.x < point[0] < box.x + box.width and box.y < point[1] < box.y + box.height
