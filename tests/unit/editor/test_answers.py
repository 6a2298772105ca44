"""Hover, definition, outline and actions at the cursor, `^`; and that no place of a text ends any of them."""

from __future__ import annotations

import pytest

from transpiler.diagnostics import Diagnostics
from transpiler.editor.actions import actions
from transpiler.editor.analysis import Analysis
from transpiler.editor.completion import complete
from transpiler.editor.hover import hover
from transpiler.editor.references import definition
from transpiler.editor.symbols import Symbol, symbols
from transpiler.frontend.yaml.reader import read

from .conftest import CONFIG, At

TEXT = """\
project: team/ores
pipelines:
  test:
    dockerfile: Dockerfile
    execution: [[build, unit]]
    stages:
      - name: build
        build: production
        exports: {key: 'the ${.imageID}'}
      - name: unit
        run: {image: '${build.imageID}', arguments: ['${build.key}', '${setup.projectShortName}']}
"""


def said(at: At, before: str, after: str) -> str:
    """What is said at the place between two texts."""
    analysis, _, offset = at(TEXT.replace(before + after, f"{before}^{after}", 1))
    assert analysis.document
    found = hover(analysis, analysis.document, offset)
    return found.markdown if found else ""


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("    execu", "tion", "`execution`: Arcs of a graph"),
        ("run: {ima", "ge", "`image`: "),
        ("[[bui", "ld", "Stage `build`: build production"),
        ("name: un", "it", "docker run --name"),
        ("'${bui", "ld.imageID", "Stage `build`"),
        ("'${build.image", "ID", "`build.imageID`: bound by the step `build` of stage `build`."),
        ("'${build.k", "ey", "`build.key`: bound by the step `exports` of stage `build`."),
        ("${.ima", "geID", "`build.imageID`: bound by"),
        ("${setup.proj", "ect", "`setup.projectShortName`: `ores`."),
        ("${set", "up.proj", "`setup`: what is known before the first stage"),
        ("project: te", "am", ""),
    ],
)
def test_hover(at: At, before: str, after: str, text: str) -> None:
    found = said(at, before, after)
    assert text in found
    assert bool(found) == bool(text)


@pytest.mark.parametrize(
    ("before", "after", "goal"),
    [
        ("[[bui", "ld", (CONFIG, "build")),
        ("'${bui", "ld.imageID", (CONFIG, "build")),
        ("'${build.k", "ey", (CONFIG, "key")),
        ("build: prod", "uction", ("Dockerfile", "production")),
        ("dockerfile: Dock", "erfile", ("Dockerfile", "")),
        ("${setup.proj", "ect", None),
    ],
)
def test_definition(at: At, before: str, after: str, goal: tuple[str, str] | None) -> None:
    analysis, _, offset = at(TEXT.replace(before + after, f"{before}^{after}", 1))
    assert analysis.document
    found = definition(analysis, analysis.document, offset)
    assert (found and (found.file, found.text[found.start : found.end])) == goal


def names(found: tuple[Symbol, ...]) -> list[object]:
    return [[one.name, *names(one.children)] if one.children else one.name for one in found]


def test_outline(at: At) -> None:
    analysis, _, _ = at(TEXT + "^")
    assert analysis.document
    stages = [["build", "build", "exports"], ["unit", "run"]]
    assert names(symbols(analysis.document)) == ["project", ["pipelines", ["test", *stages]]]


def test_actions_are_those_of_the_diagnostics_that_the_range_touches(at: At) -> None:
    analysis, text, _ = at(TEXT.replace("unit]]", "unnit]]") + "^")
    start = text.index("unnit")
    assert [one.title for one in actions(analysis, CONFIG, start, start)] == ["Write `unit`"]
    assert not list(actions(analysis, CONFIG, 0, 3))


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n"), "- {name: a, stage: test}\n", "general: {a: b}\n"])
def test_no_place_of_an_unfinished_text_ends_an_answer(at: At, text: str) -> None:
    """Every prefix is a text that someone types; each is asked about its end, some about every place."""
    for end in range(0, len(text) + 1, 3):
        analysis, typed, offset = at(f"{text[:end]}^")
        complete(analysis, typed, offset)
    analysis, _, _ = at(f"{text}^")
    document = analysis.document or read(text.encode(), CONFIG, Diagnostics())
    assert document
    for offset in range(len(text) + 1):
        hover(analysis, document, offset)
        definition(analysis, document, offset)
    assert isinstance(analysis, Analysis)
