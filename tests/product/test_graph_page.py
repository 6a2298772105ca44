"""The page of a graph in a real browser: a stage's program by mouse and by keyboard, moving and enlarging, in a small
window, and names that want to be obeyed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engines.browser import Browser
from support.pictures import pipeline
from unit.drawing.test_svg import NASTY, VISIBLE

from transpiler.drawing.html_page import page
from transpiler.graph import from_arcs

pytestmark = pytest.mark.engine

NAMES = [f"stage-{i}" for i in range(60)]
VIEW = "document.querySelector('svg').viewBox.baseVal"
SHOWN = "[...document.querySelectorAll('section')].filter((s) => s.offsetParent).map((s) => s.innerText)"
FOCUSED = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline of 60 stages, and one of stages whose names want to be obeyed."""
    made = tmp_path_factory.mktemp("page") / "page.html"
    wide = pipeline(from_arcs(NAMES, [(NAMES[i], NAMES[i + 6]) for i in range(54)]))
    hostile = pipeline(from_arcs(NASTY, [NASTY]), NASTY[0])
    programs = {("test", name): f"echo {name}" for name in NAMES}
    programs |= {(NASTY[0], name): name for name in VISIBLE}
    made.write_text(page("Pipelines", [wide, hostile], programs), encoding="utf-8")
    return made


@pytest.fixture
def opened(browser: Browser, file: Path) -> Iterator[Browser]:
    """The page; whatever a test does with it, it asks for nothing and has no errors."""
    browser.open(file)
    yield browser
    assert browser.requests == [file.absolute().as_uri()]
    assert browser.complaints == []


def test_a_click_shows_the_program_of_a_stage(opened: Browser) -> None:
    assert opened.evaluate(SHOWN) == []
    opened.click('[data-stage="0.1"] .box')
    assert [text.split("\n")[-1] for text in opened.evaluate(SHOWN)] == ["echo stage-1"]
    opened.click('[data-stage="0.2"] .box')
    assert [text.split("\n")[-1] for text in opened.evaluate(SHOWN)] == ["echo stage-2"]
    opened.click("section:not([hidden]) .close")
    assert opened.evaluate(SHOWN) == []


def test_with_the_keyboard_alone(opened: Browser) -> None:
    opened.press("Tab", "Tab", "Tab", "Tab", "Tab")
    assert opened.evaluate(FOCUSED) == "stage-0"
    opened.press("Tab", "Enter")
    assert "echo stage-1" in opened.evaluate(SHOWN)[0]
    assert opened.evaluate("document.activeElement.tagName") == "H2"
    assert opened.evaluate("document.querySelector('[data-stage=\"0.1\"]').getAttribute('aria-expanded')") == "true"
    opened.press("Escape")
    assert opened.evaluate(SHOWN) == []
    assert opened.evaluate(FOCUSED) == "stage-1"


def test_a_stage_that_gets_the_focus_is_in_view(opened: Browser) -> None:
    opened.evaluate("document.getElementById('picture').focus()")
    opened.press(*["+"] * 8)
    opened.press(*["Tab"] * 50)
    inside = """(() => {
        const box = document.activeElement.querySelector('.box').getBoundingClientRect();
        const around = document.getElementById('picture').getBoundingClientRect();
        return box.left >= around.left && box.top >= around.top && box.left < around.right && box.top < around.bottom;
    })()"""
    assert opened.evaluate(inside)


def test_it_moves_and_grows(opened: Browser) -> None:
    first = opened.evaluate(f"[{VIEW}.x, {VIEW}.width]")
    opened.evaluate("document.getElementById('picture').focus()")
    opened.press("+")
    assert opened.evaluate(f"{VIEW}.width") < first[1]
    before = opened.evaluate(f"{VIEW}.x")
    opened.press("ArrowRight")
    assert opened.evaluate(f"{VIEW}.x") > before
    opened.press("0")
    assert opened.evaluate(f"[{VIEW}.x, {VIEW}.width]") == first
    opened.click("#closer")
    assert opened.evaluate(f"{VIEW}.width") < first[1]
    opened.click("#farther")
    assert opened.evaluate(f"{VIEW}.width") == pytest.approx(first[1])


def test_all_of_it_is_in_view_at_first(opened: Browser) -> None:
    inside = """[...document.querySelectorAll('.box')].every((box) => {
        const place = box.getBoundingClientRect();
        return place.left >= 0 && place.right <= innerWidth && place.top >= 0 && place.bottom <= innerHeight;
    })"""
    assert opened.evaluate(inside)


def test_text_can_be_selected(opened: Browser) -> None:
    chosen = """(() => {
        getSelection().selectAllChildren(document.querySelector('[data-stage="0.3"] .name'));
        return String(getSelection());
    })()"""
    assert opened.evaluate(chosen) == "stage-3"


def test_no_label_is_wider_than_its_box(opened: Browser) -> None:
    """As the browser draws it, whatever fonts there are."""
    wide = """[...document.querySelectorAll('.stage')].filter((stage) => {
        const box = stage.querySelector('.box').getBBox();
        return [...stage.querySelectorAll('text')].some((text) => {
            const place = text.getBBox();
            return place.x < box.x || place.x + place.width > box.x + box.width;
        });
    }).length"""
    assert opened.evaluate(wide) == 0


def test_a_small_window_in_the_dark(browser: Browser, file: Path) -> None:
    browser.open(file, width=360, height=640, scheme="dark")
    browser.click('[data-stage="0.1"] .box')
    assert "echo stage-1" in browser.evaluate(SHOWN)[0]
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    light = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert light == "rgb(13, 17, 23)"


def test_names_are_not_obeyed(opened: Browser) -> None:
    assert opened.evaluate("document.querySelectorAll('script, img, iframe, a').length") == 1
    for number, name in enumerate(VISIBLE):
        opened.evaluate(f"document.querySelector('[data-stage=\"1.{number}\"]').focus()")
        opened.press("Enter")
        assert opened.evaluate("document.querySelector('section:not([hidden]) pre').textContent") == name
