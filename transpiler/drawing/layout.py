"""Where everything of a picture is, in pixels: boxes of stages, junctions, and lines between them.

All boxes of a column are equally wide, and lines bend only between columns, so no line runs through a box. From top to
bottom, each item is moved as near to the middle of its neighbours as the order of its column allows, a few times in
each direction; bends count more than stages, so that long lines are straight.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from transpiler.drawing.labels import LINE, Label
from transpiler.drawing.layers import Layers
from transpiler.records import dataclass

MARGIN = 16
"""Around the picture."""

_BESIDE = 12
_ABOVE = 8
_BETWEEN = 14
_GAP = 44
_STEEP = 2.0
_WIDEST = 140
_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Box:
    """One stage: its name, its label, and the place of its box's left upper corner."""

    name: str
    label: Label
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line from a stage or junction to another, as the points through which it goes, two for each column that it
    crosses: it is level there. `start` and `end` are the stages' names, "" for a junction."""

    points: tuple[tuple[float, float], ...]
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole picture, which begins at 0, 0."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    junctions: tuple[tuple[float, float], ...]


def laid_out(layers: Layers, labels: Sequence[Label]) -> Layout:
    """The picture of a graph; `labels` are those of its stages, in their order."""
    stages = range(len(labels))
    heights = {i: labels[i].lines * LINE + 2 * _ABOVE for i in stages}
    middles = _middles(layers, heights)
    widths = [
        max((labels[i].pixels + 2 * _BESIDE for i in column if i in stages), default=0.0) for column in layers.columns
    ]
    lefts = _lefts(layers, widths, middles)
    at: dict[int, tuple[float, float]] = {
        item: (lefts[i], lefts[i] + widths[i]) for i, column in enumerate(layers.columns) for item in column
    }
    boxes = tuple(
        Box(
            layers.stages[i],
            labels[i],
            at[i][0],
            middles[i] - heights[i] / 2,
            at[i][1] - at[i][0],
            heights[i],
        )
        for i in stages
    )
    lines = tuple(_line(layers, line, at, middles) for line in layers.lines)
    junctions = tuple((sum(at[i]) / 2, middles[i]) for i in sorted(layers.junctions))
    lowest = max((box.y + box.height for box in boxes), default=0.0)
    lowest = max([lowest, *(y for line in lines for _, y in line.points)])
    return Layout((lefts[-1] + widths[-1] if lefts else MARGIN) + MARGIN, lowest + MARGIN, boxes, lines, junctions)


def _line(layers: Layers, line: tuple[int, ...], at: dict[int, tuple[float, float]], middles: dict[int, float]) -> Line:
    first, *bends, last = line
    middle = {i: sum(at[i]) / 2 for i in (first, last) if i in layers.junctions}
    points = [(middle.get(first, at[first][1]), middles[first])]
    for bend in bends:
        points += [(at[bend][0], middles[bend]), (at[bend][1], middles[bend])]
    points.append((middle.get(last, at[last][0]), middles[last]))
    names = [layers.stages[i] if i not in layers.junctions else "" for i in (first, last)]
    return Line(tuple(points), *names)


def _lefts(layers: Layers, widths: Sequence[float], middles: dict[int, float]) -> list[float]:
    """The left edges of the columns: the gap between two is wider where lines are steep."""
    steepest = [0.0] * len(widths)
    column_of = {item: i for i, column in enumerate(layers.columns) for item in column}
    for line in layers.lines:
        for a, b in pairwise(line):
            steepest[column_of[b]] = max(steepest[column_of[b]], abs(middles[a] - middles[b]))
    lefts, left = [], float(MARGIN)
    for i, width in enumerate(widths):
        left += max(_GAP, min(_WIDEST, steepest[i] / _STEEP)) if i else 0
        lefts.append(left)
        left += width
    return lefts


def _middles(layers: Layers, heights: dict[int, int]) -> dict[int, float]:
    """The height of each item's middle, counted from the top."""
    middles: dict[int, float] = {}
    apart = [_apart(column, heights) for column in layers.columns]
    for column, distances in zip(layers.columns, apart, strict=True):
        y = -sum(distances) / 2
        for item, distance in zip(column, distances, strict=True):
            y += distance
            middles[item] = y
    near = _neighbours(layers, heights)
    turns = [*range(len(layers.columns)), *reversed(range(len(layers.columns)))]
    for i in turns * _ROUNDS:
        _settle(layers.columns[i], apart[i], near, middles)
    top = min((middles[item] - heights.get(item, 0) / 2 for item in middles), default=0.0)
    return {item: round(middle - top + MARGIN, 1) for item, middle in middles.items()}


def _apart(column: Sequence[int], heights: dict[int, int]) -> list[float]:
    """The least distance of each item's middle from the one above it; 0 for the first."""
    halves = [heights.get(item, 0) / 2 for item in column]
    return [0.0, *(above + below + _BETWEEN for above, below in pairwise(halves))][: len(column)]


def _neighbours(layers: Layers, heights: dict[int, int]) -> dict[int, list[tuple[int, float]]]:
    """The neighbours of each item, with how much each counts."""
    near: dict[int, list[tuple[int, float]]] = {}
    for line in layers.lines:
        for a, b in pairwise(line):
            weight = (1.0, 3.0, 9.0)[(a not in heights) + (b not in heights)]
            near.setdefault(a, []).append((b, weight))
            near.setdefault(b, []).append((a, weight))
    return near


def _settle(
    column: Sequence[int],
    apart: Sequence[float],
    near: dict[int, list[tuple[int, float]]],
    middles: dict[int, float],
) -> None:
    """Moves the items of a column to where the sum of the squares of their distances from the wanted places is least,
    with the distances between them kept: items that would overlap move as one block (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []  # sum of weighted places, sum of weights, number of items
    offsets, offset = [], 0.0
    for item, distance in zip(column, apart, strict=True):
        offset += distance
        offsets.append(offset)
        pulls = near.get(item, ())
        weight = sum(pull for _, pull in pulls)
        wanted = sum(middles[other] * pull for other, pull in pulls) / weight if weight else middles[item]
        block = ((wanted - offset) * (weight or 0.1), weight or 0.1, 1)
        while blocks and blocks[-1][0] / blocks[-1][1] >= block[0] / block[1]:
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    i = 0
    for places, weights, count in blocks:
        for _ in range(count):
            middles[column[i]] = places / weights + offsets[i]
            i += 1
