"""Pipelines as one HTML page: the picture can be moved and enlarged, and shows the program of the stage that is chosen.

The page needs no other file and no network, and may use none: its policy allows nothing but the style and the script in
it, by their digests. Without the script it is a picture with all programs below it. Texts of users are only ever text.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterator, Mapping, Sequence

from transpiler.drawing.labels import visible
from transpiler.drawing.svg import STYLE, svg
from transpiler.ir import Pipeline
from transpiler.resources import read_text

_FOLDER = "drawing/page"
_NOTHING = "# This stage has no program: it does nothing on the machine."


def page(title: str, pipelines: Sequence[Pipeline], programs: Mapping[tuple[str, str], str]) -> str:
    """The page; `programs` are the shell programs, by the names of pipeline and stage."""
    style = STYLE + read_text(_FOLDER, "page.css")
    script = read_text(_FOLDER, "page.js")
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'"
    name = _text(title)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}; form-action \'none\'">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{name}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            "<header>",
            f"<h1>{name}</h1>",
            '<p class="hint">Choose a stage to see its program. Drag or arrow keys move, the wheel or + and - zoom, '
            "0 shows all.</p>",
            '<div class="buttons">',
            '<button id="farther" type="button" aria-label="Zoom out">−</button>',
            '<button id="closer" type="button" aria-label="Zoom in">+</button>',
            '<button id="fit" type="button">Show all</button>',
            "</div>",
            "</header>",
            '<main id="picture" tabindex="0" aria-label="The stages">',
            svg(pipelines, style="", ground=False) + "</main>",
            '<div id="programs">',
            *_programs(pipelines, programs),
            "</div>",
            f"<script>{script}</script>",
            "</body>",
            "</html>\n",
        ]
    )


def _programs(pipelines: Sequence[Pipeline], programs: Mapping[tuple[str, str], str]) -> Iterator[str]:
    for p, pipeline in enumerate(pipelines):
        for s, name in enumerate(pipeline.graph.nodes):
            program = programs.get((pipeline.name, name)) or _NOTHING
            yield (
                f'<section id="program-{p}.{s}" aria-label="The program of {_text(name)}"><h2>{_text(pipeline.name)} / '
                f"{_text(name)}</h2>\n<pre>{html.escape(program)}</pre></section>"
            )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _text(words: str) -> str:
    return html.escape(visible(words))
