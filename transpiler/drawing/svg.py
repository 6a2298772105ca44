"""Pipelines as SVG: readable in light and in dark, with text that can be selected and read aloud.

Names come from users: they are only ever text, escaped for XML. A picture has no script, no link, and nothing that is
loaded from elsewhere.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from transpiler.cells import width
from transpiler.drawing.labels import CELL, LINE, SMALL_CELL, label, visible
from transpiler.drawing.layers import TooManyLines, layered
from transpiler.drawing.layout import MARGIN, Box, Layout, Line, laid_out
from transpiler.graph import notation
from transpiler.ir import Pipeline
from transpiler.records import dataclass

STYLE = """\
.transpipe { --ink: #1f2328; --faint: #59636e; --line: #818b98; --box: #f6f8fa; --edge: #d1d9e0; --ground: #ffffff;
  font: 13px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; }
@media (prefers-color-scheme: dark) {
  .transpipe { --ink: #f0f6fc; --faint: #9198a1; --line: #7d8590; --box: #151b23; --edge: #3d444d; --ground: #0d1117; }
}
.transpipe .ground { fill: var(--ground); }
.transpipe .box { fill: var(--box); stroke: var(--edge); }
.transpipe .name, .transpipe .pipeline { fill: var(--ink); }
.transpipe .pipeline { font-weight: bold; }
.transpipe .note { fill: var(--faint); font-size: 11px; }
.transpipe .line { fill: none; stroke: var(--line); stroke-width: 1.3; }
.transpipe .tip, .transpipe .junction { fill: var(--line); }
"""
"""The style of all pictures. A page that has several of them needs it once."""

_HEADING = 34
_TIP = 6
_LONG_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """A pipeline with the layout of its graph; None for a graph with too many lines to draw."""

    pipeline: Pipeline
    layout: Layout | None


def drawn(pipeline: Pipeline) -> Drawn:
    """Lays out a pipeline. The same pipeline gives the same layout."""
    try:
        layers = layered(pipeline.graph)
    except TooManyLines:
        return Drawn(pipeline, None)
    labels = {stage.name: label(stage) for stage in pipeline.stages}
    return Drawn(pipeline, laid_out(layers, [labels[name] for name in layers.stages]))


def svg(pipelines: Sequence[Pipeline], *, prefix: str = "transpipe", style: str = STYLE, ground: bool = True) -> str:
    """The pipelines, one below the other, as one SVG document, which can also be put into HTML as it is.

    `prefix` begins the ids in it: give each picture of a page its own, of ASCII letters, digits and `-`. A page that
    contains STYLE itself passes `style=""`. `ground`: the picture has a background. A graph with too many lines to draw
    is replaced by a sentence.
    """
    pieces: list[str] = []
    top, wide = 0.0, 0.0
    for number, pipeline in enumerate(pipelines):
        found = drawn(pipeline)
        pieces.append(_pipeline(found, top, number))
        height, across = _size(found)
        top, wide = top + height, max(wide, across)
    size = f'width="{_number(wide)}" height="{_number(top)}" viewBox="0 0 {_number(wide)} {_number(top)}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="transpipe" {size} role="img" '
            f'aria-labelledby="{prefix}-title {prefix}-text">',
            f'<title id="{prefix}-title">{_text(_title(pipelines))}</title>',
            f'<desc id="{prefix}-text">{_text(described(pipelines))}</desc>',
            *([f"<style>{style}</style>"] if style else []),
            *(['<rect class="ground" width="100%" height="100%"/>'] if ground else []),
            *pieces,
            "</svg>\n",
        ]
    )


def described(pipelines: Sequence[Pipeline]) -> str:
    """What the picture shows, in words, for people who cannot see it."""
    words = "; ".join(
        f"{visible(p.name)} ({', '.join(p.events) or 'no events'}): {visible(notation(p.graph)) or 'no stages'}"
        for p in pipelines
    )
    return words if len(words) <= _LONG_TEXT else f"{words[:_LONG_TEXT]}…"


def _title(pipelines: Sequence[Pipeline]) -> str:
    if len(pipelines) == 1:
        return f"The stages of the pipeline {visible(pipelines[0].name)}"
    return f"The stages of {len(pipelines)} pipelines"


def _size(found: Drawn) -> tuple[float, float]:
    """The height and the width that a pipeline takes, with its heading."""
    head = 2 * MARGIN + width(_heading(found.pipeline)) * CELL
    if not found.layout or not found.layout.boxes:
        return _HEADING + 2.0 * LINE, max(head, 2 * MARGIN + len(_instead(found)) * CELL)
    return _HEADING + found.layout.height, max(head, found.layout.width)


def _heading(pipeline: Pipeline) -> str:
    return f"{visible(pipeline.name)}  {', '.join(pipeline.events) or 'no events'}"


def _instead(found: Drawn) -> str:
    """What stands in the place of a picture."""
    if found.layout:
        return "no stages"
    return f"{len(found.pipeline.stages)} stages, too many lines to draw"


def _pipeline(found: Drawn, top: float, number: int) -> str:
    pipeline = found.pipeline
    name, events = visible(pipeline.name), ", ".join(pipeline.events) or "no events"
    baseline = MARGIN + 12
    lines = [
        f'<g class="graph" transform="translate(0 {_number(top)})">',
        f'<text x="{MARGIN}" y="{baseline}"><tspan class="pipeline">{_text(name)}</tspan>'
        f'<tspan class="note" dx="{_number(2 * CELL)}">{_text(events)}</tspan></text>',
    ]
    if not found.layout or not found.layout.boxes:
        lines.append(f'<text class="note" x="{MARGIN}" y="{_HEADING + LINE}">{_text(_instead(found))}</text>')
        return "\n".join([*lines, "</g>"])
    layout = found.layout
    lines.append(f'<g transform="translate(0 {_HEADING - MARGIN // 2})">')
    lines += (_drawn_line(line) for line in layout.lines)
    lines += (f'<circle class="junction" cx="{_number(x)}" cy="{_number(y)}" r="3"/>' for x, y in layout.junctions)
    lines += (_box(box, f"{number}.{i}") for i, box in enumerate(layout.boxes))
    return "\n".join([*lines, "</g>", "</g>"])


def _box(box: Box, key: str) -> str:
    """One stage. `data-stage` has the numbers of its pipeline and of the stage, for a page that shows more of it."""
    place = f'x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" height="{_number(box.height)}"'
    lines = [
        f'<g class="stage" data-stage="{key}">',
        f"<title>{_text(box.label.whole)}</title>",
        f'<rect class="box" {place} rx="6"/>',
    ]
    middle = box.x + box.width / 2
    baseline = box.y + (box.height - box.label.lines * LINE) / 2 + 12.5
    for i, line in enumerate(box.label.name):
        lines.append(_words(line, "name", middle, baseline + i * LINE, CELL))
    if box.label.note:
        lines.append(_words(box.label.note, "note", middle, baseline + len(box.label.name) * LINE, SMALL_CELL))
    return "\n".join([*lines, "</g>"])


def _words(words: str, kind: str, x: float, y: float, cell: float) -> str:
    """A centred line of text. `textLength` makes it as wide as the layout takes it to be, whatever the font."""
    length = _number(width(words) * cell)
    fitted = f'textLength="{length}" lengthAdjust="spacingAndGlyphs"'
    return f'<text class="{kind}" x="{_number(x)}" y="{_number(y)}" text-anchor="middle" {fitted}>{_text(words)}</text>'


def _drawn_line(line: Line) -> str:
    """A line, level where it crosses a column and curved between columns, with a tip if it ends at a stage."""
    points = line.points
    (x, y), tip = points[0], bool(line.end)
    path = [f"M{_number(x)} {_number(y)}"]
    for i in range(1, len(points), 2):
        (a, b), (c, d) = points[i - 1], points[i]
        c -= _TIP if tip and i == len(points) - 1 else 0
        half = (a + c) / 2
        path.append(f"C{_number(half)} {_number(b)} {_number(half)} {_number(d)} {_number(c)} {_number(d)}")
        if i + 1 < len(points):
            path.append(f"H{_number(points[i + 1][0])}")
    drawn = f'<path class="line" d="{"".join(path)}"/>'
    if not tip:
        return drawn
    x, y = points[-1]
    corner = f"M{_number(x)} {_number(y)}l-{_TIP + 2} -4v8z"
    return f'{drawn}<path class="tip" d="{corner}"/>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(words: str) -> str:
    return html.escape(words)
