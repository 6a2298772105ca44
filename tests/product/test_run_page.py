"""The page of a run in a real browser: on a small window and a large one, light and dark, with the keyboard alone, and
with names that want to be obeyed."""

from __future__ import annotations

from pathlib import Path

import pytest
from engines.browser import Browser
from support import run_pages

pytestmark = pytest.mark.engine

HOSTILE = "</pre></style></title><script>document.title = 'x'</script><img src=x onerror=\"document.title = 'x'\">"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GROUND = "getComputedStyle(document.body).backgroundColor"
# The contrast of WCAG 2 between the text of each element that has some and the ground below it: 4.5 is enough.
CONTRAST = """(() => {
    const light = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
            .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        const colour = getComputedStyle(element).backgroundColor;
        return colour !== 'rgba(0, 0, 0, 0)' || !element.parentElement ? colour : ground(element.parentElement);
    };
    const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    return Math.min(...[...document.querySelectorAll('body *:not(svg *)')].filter(own).map((element) => {
        const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    }));
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_can_be_read(width: int, scheme: str, browser: Browser, tmp_path: Path) -> None:
    page = run_pages.write(tmp_path, "-with-a-long-name-that-does-not-end-soon")
    browser.open(page, width=width, scheme=scheme, ready="main")
    assert browser.evaluate(WIDER) == 0
    assert (browser.evaluate(GROUND) == "rgb(255, 255, 255)") is (scheme == "light")
    assert browser.evaluate(CONTRAST) >= 4.5
    assert browser.requests == [page.as_uri()]
    assert browser.complaints == []


def test_bars_are_drawn_and_nothing_lies_over_them(browser: Browser, tmp_path: Path) -> None:
    browser.open(run_pages.write(tmp_path), ready="main")
    bars = browser.evaluate(
        "[...document.querySelectorAll('.bar rect')].map((bar) => { const box = bar.getBoundingClientRect(); return "
        "[box.width > 0, bar === document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)]; })"
    )
    assert bars == [[True, True]] * 5


def test_a_stage_of_the_time_line_leads_to_its_log(browser: Browser, tmp_path: Path) -> None:
    browser.open(run_pages.write(tmp_path), ready="main")
    folded = "document.querySelector('#stage-1-1').closest('details').open"
    assert browser.evaluate(folded) is False
    browser.press("Tab", "Enter")
    browser.wait_for(folded)


def test_what_users_wrote_is_not_obeyed(browser: Browser, tmp_path: Path) -> None:
    page = run_pages.write(tmp_path, HOSTILE)
    browser.open(page, ready="main")
    assert browser.evaluate("[document.scripts.length, document.images.length]") == [0, 0]
    assert browser.evaluate("document.title").startswith("Failed: 2 of 5 stages succeeded: team/ores</pre>")
    assert browser.evaluate("document.body.innerText").count(HOSTILE) > 10
    assert browser.requests == [page.as_uri()]


def test_on_paper_it_has_pages(browser: Browser, tmp_path: Path) -> None:
    browser.open(run_pages.write(tmp_path), ready="main")
    assert browser.pdf(tmp_path / "page.pdf").startswith(b"%PDF")
