"""The page of an audit in a real browser: what an administrator asks of it, with the mouse, with the keyboard alone, in
a small window, in the dark, on paper; with 10,000 repositories; and with names that want to be obeyed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from engines.browser import Browser
from support.fleet import HOSTILE_NAME, kinds, make_fleet
from tools.pictures import FOLDER, IN_A_BROWSER, ROOT

from transpiler.app.audit import Options, audit
from transpiler.app.audit_totals import nothing
from transpiler.app.audited import plain
from transpiler.audit_page import Page

pytestmark = pytest.mark.engine

MANY = 10_000
TEXT = "{http://www.w3.org/2000/svg}text"
NAMES = "[...document.querySelectorAll('#rows [data-index]')].map((row) => row.querySelector('th').textContent)"
SHOWN = "document.querySelector('#shown').textContent"
ELEMENTS = "document.getElementsByTagName('*').length"
FOCUSED = "document.activeElement.closest('[data-index]')?.querySelector('th').textContent ?? document.activeElement.id"


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a fleet with a repository of each kind."""
    place = tmp_path_factory.mktemp("few")
    os.environ.pop("TRANSPIPE_PROFILE", None)
    with chdir(place):
        names = make_fleet(place)
    return written(place, names)


def written(place: Path, names: Sequence[str], file: str = "page.html", *, cost: bool = False) -> Path:
    """The page of these repositories."""
    page, totals = Page(), nothing()
    with chdir(place):
        for name in names:
            found = audit(name, Options("default" if name == "piper" else None, pictures=True, cost=cost))
            data = plain(found)
            totals.add(data)
            page.add(data, tuple((pipeline.notation, pipeline.picture) for pipeline in found.pipelines))
    page.write(place / file, totals.plain())
    return place / file


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, few: Path) -> Path:
    """The page of 10,000 repositories, of which every tenth is stale."""
    place = tmp_path_factory.mktemp("many")
    with chdir(few.parent):
        fresh, stale = (audit(name, Options(pictures=True)) for name in ("fresh", "stale"))
    page, totals = Page(), nothing()
    for number in range(MANY):
        found = fresh if number % 10 else stale
        data = plain(found) | {"name": f"team-{number // 100}/service-{number}"}
        totals.add(data)
        page.add(data, tuple((pipeline.notation, pipeline.picture) for pipeline in found.pipelines))
    page.write(place / "page.html", totals.plain())
    return place / "page.html"


@pytest.fixture
def opened(browser: Browser, few: Path) -> Iterator[Browser]:
    """The page of the fleet. Whatever a test does with it, it asks for nothing and has no errors."""
    browser.open(few)
    yield browser
    assert browser.requests == [few.absolute().as_uri()]
    assert browser.complaints == []


def choose(browser: Browser, group: str, value: str) -> None:
    browser.click(f'#group-{group} input[value="{value}"]')


# ---- the questions of an administrator ----


def test_which_are_stale(opened: Browser) -> None:
    choose(opened, "outputs", "stale")
    assert sorted(opened.evaluate(NAMES)) == ["orphaned", "stale"]
    assert opened.evaluate(SHOWN) == "2 of 17 repositories"


def test_which_would_lose_something_on_gitlab(opened: Browser) -> None:
    choose(opened, "losses", "gitlab")
    assert opened.evaluate(NAMES) == ["limited"]
    opened.click("#rows [data-index='0']")
    opened.wait("dialog[open]")
    assert "A resource group has one holder" in opened.evaluate("document.querySelector('dialog').textContent")


def test_which_publish_without_a_test(opened: Browser) -> None:
    words = opened.evaluate("document.querySelector('#group-rules').textContent")
    assert "A stage publishes an image that was not tested." in words
    choose(opened, "rules", "production-without-test")
    assert opened.evaluate(NAMES) == ["shop"]


def test_filters_are_combined_and_cleared(opened: Browser) -> None:
    choose(opened, "outputs", "stale")
    choose(opened, "outputs", "edited")
    assert sorted(opened.evaluate(NAMES)) == ["edited", "orphaned", "stale"]
    opened.click("#search")
    opened.write("ORPHAN .pipeline/profile")
    assert opened.evaluate(NAMES) == ["orphaned"]
    opened.click("#clear")
    assert len(opened.evaluate(NAMES)) == 17
    assert opened.evaluate("document.querySelectorAll('#groups input:checked').length") == 0


def test_it_is_sorted_by_any_column_both_ways(opened: Browser) -> None:
    for column in ("name", "outputs", "errors", "pipelines"):
        opened.click(f"th.{column} button")
        first, way = opened.evaluate(NAMES), opened.evaluate(f"document.querySelector('th.{column}').ariaSort")
        opened.click(f"th.{column} button")
        second = opened.evaluate(NAMES)
        assert {way, opened.evaluate(f"document.querySelector('th.{column}').ariaSort")} == {"ascending", "descending"}
        assert sorted(first) == sorted(second)
        assert first != second
    opened.click("th.name button")
    assert opened.evaluate(NAMES) == sorted(opened.evaluate(NAMES))


def test_an_opened_repository_shows_snippet_meaning_and_pictures(opened: Browser) -> None:
    opened.click("#search")
    opened.write("errors")
    opened.click("#rows [data-index='0']")
    opened.wait("dialog[open]")
    body = opened.evaluate("document.querySelector('#repository-body').innerText")
    assert "Item 2 of stages has no key nmae." in body
    assert re.search(r"7 \|\s+- nmae: lint\n\s+\| +\^{4}", body)
    hidden = opened.evaluate("document.querySelector('dialog details p').checkVisibility()")
    opened.click("dialog details summary")
    assert (hidden, opened.evaluate("document.querySelector('dialog details p').checkVisibility()")) == (False, True)
    opened.press("Escape")
    opened.click("#clear")
    opened.write("fresh")
    opened.click("#rows [data-index='0']")
    opened.wait("dialog[open] .picture svg")
    assert opened.evaluate("document.querySelector('.picture svg').getBoundingClientRect().width") > 50
    assert "unit" in opened.evaluate("document.querySelector('.picture svg').textContent")
    assert opened.evaluate("document.querySelector('.notation').textContent") == "unit | lint"


def test_what_a_run_costs_is_told_for_each_and_for_all(browser: Browser, few: Path) -> None:
    page = written(few.parent, ["fresh", "stale"], "cost.html", cost=True)
    browser.open(page)
    browser.click("#cost summary")
    assert re.search(r"change\s+GitLab\s+[1-9]\d*\s+\d+\s+at most \d", browser.evaluate("byId('cost').innerText"))
    browser.click("#rows [data-index='0']")
    browser.wait("dialog[open] .costs")
    body = browser.evaluate("document.querySelector('#repository-body').innerText")
    assert re.search(r"What a run costs\s+Event.*change\s+Jenkins\s+1\s+0\s+1: \w+ \(\w+\)", body, re.DOTALL)
    assert browser.complaints == []
    browser.open(few)
    assert browser.evaluate("byId('cost').hidden")


# ---- with the keyboard alone ----


def test_everything_can_be_done_with_the_keyboard(opened: Browser) -> None:
    opened.press("/")
    assert opened.evaluate(FOCUSED) == "search"
    opened.press("Tab", "Space")  # the first filter: repositories without errors
    assert "12 of 17" in opened.evaluate(SHOWN)
    opened.press("Space")
    opened.evaluate("document.querySelector('th.name button').focus()")
    opened.press("Enter")
    assert opened.evaluate("document.querySelector('th.name').ariaSort") == "ascending"
    names = opened.evaluate(NAMES)
    for _ in range(20):  # over the other headings to the rows
        opened.press("Tab")
        if opened.evaluate("!!document.activeElement.closest('#rows')"):
            break
    assert opened.evaluate(FOCUSED) == names[0]
    opened.press("ArrowDown", "ArrowDown", "ArrowUp")
    assert opened.evaluate(FOCUSED) == names[1]
    opened.press("End")
    assert opened.evaluate(FOCUSED) == names[-1]
    opened.press("Home", "Enter")
    opened.wait("dialog[open]")
    assert opened.evaluate("document.querySelector('#repository-name').textContent") == names[0]
    opened.evaluate("document.querySelector('#next').focus()")
    opened.press("Enter")
    opened.wait_for(f"document.querySelector('#repository-name').textContent === {names[1]!r}")
    opened.press("Escape")
    opened.wait_for("!document.querySelector('dialog').open")
    assert opened.evaluate(FOCUSED) == names[1]


def test_all_that_can_be_used_has_a_name_and_the_table_its_size(opened: Browser) -> None:
    unnamed = "[...document.querySelectorAll('input')].filter((input) => !input.labels.length).length"
    assert opened.evaluate(unnamed) == 0
    assert opened.evaluate("[...document.querySelectorAll('button')].filter((b) => !b.textContent.trim()).length") == 0
    assert opened.evaluate("document.querySelector('#table').getAttribute('aria-rowcount')") == "18"
    assert opened.evaluate("document.querySelectorAll('#rows [tabindex=\"0\"]').length") == 1


# ---- looks ----


def test_it_is_dark_where_the_browser_is(browser: Browser, few: Path) -> None:
    for scheme, (ground, ink) in {
        "light": (range(600, 766), range(200)),
        "dark": (range(150), range(600, 766)),
    }.items():
        browser.open(few, scheme=scheme)
        for part in ("body", "dialog", "thead th"):
            style = f"getComputedStyle(document.querySelector('{part}'))"
            colours = browser.evaluate(f"[{style}.backgroundColor, {style}.color]")
            back, front = (sum(map(int, re.findall(r"\d+", colour))) for colour in colours)
            assert back in ground, (scheme, part)
            assert front in ink, (scheme, part)


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_no_window_must_be_scrolled_sideways(browser: Browser, few: Path, width: int) -> None:
    browser.open(few, width=width, height=844)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    browser.click("#rows [data-index='2'] button")
    browser.wait("dialog[open]")
    assert browser.evaluate("document.querySelector('#repository-body').scrollWidth") <= width
    assert browser.evaluate("document.querySelector('#close').getBoundingClientRect().right") <= width


def test_filters_unfold_on_a_small_window(browser: Browser, few: Path) -> None:
    browser.open(few, width=390, height=844)
    assert browser.evaluate("document.querySelector('#groups').offsetHeight") == 0
    browser.click("#unfold")
    choose(browser, "outputs", "edited")
    assert browser.evaluate(NAMES) == ["edited"]
    assert browser.evaluate("document.querySelector('#unfold').ariaExpanded") == "true"


def test_the_whole_list_is_printed_or_the_open_repository(browser: Browser, many: Path, tmp_path: Path) -> None:
    browser.open(many)
    noted = f"addEventListener('beforeprint', () => (window.printed = {NAMES}.length))"
    browser.evaluate(noted)
    assert len(re.findall(rb"/Type */Page\b", browser.pdf(tmp_path / "list.pdf"))) > 20
    assert browser.evaluate("window.printed") == 2000
    assert browser.evaluate(f"{NAMES}.length") < 80
    browser.click("#rows [data-index='0'] button")
    browser.wait("dialog[open] .picture svg")
    assert 1 <= len(re.findall(rb"/Type */Page\b", browser.pdf(tmp_path / "one.pdf"))) <= 3


def test_paper_has_all_columns_and_whole_names(browser: Browser, few: Path) -> None:
    browser.open(few, width=794)  # A4
    browser.media("print")
    cut = "[...document.querySelectorAll('#rows th')].filter((cell) => cell.scrollWidth > cell.clientWidth + 1).length"
    assert browser.evaluate(cut) == 0
    hidden = "[...document.querySelectorAll('#columns th')].filter((cell) => !cell.checkVisibility()).length"
    assert browser.evaluate(hidden) == 0
    assert browser.evaluate("document.documentElement.scrollWidth") <= 794
    assert not browser.evaluate("document.querySelector('#filters').checkVisibility()")


def test_the_address_of_an_open_repository_can_be_sent(browser: Browser, few: Path) -> None:
    browser.open(few)
    browser.click("#search")
    browser.write("hostile")
    browser.click("#rows [data-index='0']")
    browser.wait("dialog[open]")
    fragment = browser.evaluate("location.hash")
    browser.open(few, fragment=fragment)
    browser.wait("dialog[open]")
    assert browser.evaluate("document.querySelector('#repository-name').textContent") == HOSTILE_NAME
    browser.press("Escape")
    assert browser.evaluate("location.hash") == ""
    for wrong in ("#%3Cscript%3Ewindow.hit=1%3C/script%3E", "#%E0%A4%A", "#nowhere-else"):
        browser.open(few, fragment=wrong)
        assert not browser.evaluate("document.querySelector('dialog').open")
    assert browser.evaluate("typeof window.hit") == "undefined"
    assert browser.complaints == []


# ---- 10,000 repositories ----


def test_with_very_many_repositories_only_what_is_seen_is_drawn(browser: Browser, many: Path) -> None:
    """The work of each action is bounded by what it draws: elements are counted, not seconds."""
    browser.open(many)
    counts = {"at first": browser.evaluate(ELEMENTS)}
    browser.evaluate(
        "new MutationObserver((all) => { for (const one of all) window.drawn += one.addedNodes.length; })"
        ".observe(document.querySelector('#rows'), {childList: true})"
    )
    actions: dict[str, Sequence[tuple[Callable[..., None], str]]] = {
        "scrolled": [(browser.evaluate, "document.querySelector('#scroller').scrollTop = 150000")],
        "sorted": [(browser.click, "th.name button")],
        "filtered": [(browser.click, '#group-outputs input[value="stale"]')],
        "at the end": [
            (browser.evaluate, "document.querySelector('#rows [tabindex=\"0\"]').focus()"),
            (browser.press, "End"),
        ],
        "opened": [(browser.press, "Enter"), (browser.wait, "dialog[open] .picture svg")],
    }
    for name, acts in actions.items():
        browser.evaluate("window.drawn = 0")
        for act, argument in acts:
            act(argument)
        browser.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        counts[name] = browser.evaluate(ELEMENTS)
        assert browser.evaluate("window.drawn") < 400, name
        assert 10 < browser.evaluate(f"{NAMES}.length") < 80, name
    assert max(counts.values()) < 1500, counts
    assert browser.evaluate(SHOWN) == "1,000 of 10,000 repositories"
    assert browser.evaluate("blocks.size") == 1
    assert browser.evaluate("document.querySelector('#repository-name').textContent") == "team-99/service-9990"


def test_the_rows_stand_where_the_scroll_bar_says(browser: Browser, many: Path) -> None:
    browser.open(many)
    browser.click("th.name button")
    heights = browser.evaluate("document.querySelector('#scroller').scrollHeight")
    assert abs(heights - MANY * 34) < 100
    for top in (0, 170_000, 10_000_000):
        browser.evaluate(f"document.querySelector('#scroller').scrollTop = {top}")
        browser.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        under = "document.elementFromPoint(500, 300).closest('[data-index]')"
        at = int(browser.evaluate(f"{under}.dataset.index"))
        y = browser.evaluate("document.querySelector('#scroller').scrollTop")
        assert abs(at - (y + 300 - 120) / 34) < 2


# ---- hostile names and snippets ----


def test_hostile_names_and_snippets_stay_text(browser: Browser, few: Path) -> None:
    browser.open(few)
    browser.click("#search")
    browser.write("hostile")
    assert browser.evaluate(NAMES) == [HOSTILE_NAME]
    browser.click("#rows [data-index='0'] button")
    browser.wait("dialog[open]")
    body = browser.evaluate("document.querySelector('#repository-body').textContent")
    assert "nmae</pre><svg onload=window.hit=3>" in body
    assert browser.evaluate("typeof window.hit") == "undefined"
    assert (
        browser.evaluate("document.querySelectorAll('img, #repository-body script, #repository-body pre svg').length")
        == 0
    )
    assert browser.requests == [few.absolute().as_uri()]


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>window.hit = 1</script>",
        "<!--<script>window.hit = 1",
        "\u2028\u2029]]>*/window.hit = 1;/*",
        '"><img src=x onerror="window.hit = 1">',
        "${window.hit = 1}`'\\",
        "javascript:window.hit = 1",
    ],
)
def test_whatever_the_data_holds_is_shown_as_it_is(browser: Browser, few: Path, tmp_path: Path, text: str) -> None:
    """Every text of the data, also those that no repository could have."""
    with chdir(few.parent):
        data = plain(audit("limited", Options()))
        broken = plain(audit("errors", Options()))

    def replaced(value: Any) -> Any:
        if isinstance(value, list):
            return [replaced(part) for part in value]
        if isinstance(value, dict):
            kept = ("status", "state", "severity", "code", "rule", "target", "targets")
            return {key: part if key in kept else replaced(part) for key, part in value.items()}
        return text if isinstance(value, str) else value

    page, totals = Page(), nothing()
    bad = replaced(data) | {"diagnostics": replaced(broken["diagnostics"]), "failure": text}
    svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="window.hit=1"><script>window.hit = 1</script></svg>'
    totals.add(data)
    page.add(bad, [(text, svg + text), (text, svg), (text, "")])
    page.write(tmp_path / "page.html", totals.plain())
    browser.open(tmp_path / "page.html")
    browser.click("#rows [data-index='0'] button")
    browser.wait("dialog[open]")
    shown = browser.evaluate("document.querySelector('dialog').textContent")
    assert shown.count(text) > 5
    assert browser.evaluate("typeof window.hit") == "undefined"
    assert browser.evaluate("document.querySelectorAll('img, dialog script').length") == 0
    assert browser.requests == [(tmp_path / "page.html").absolute().as_uri()]


def test_the_policy_refuses_scripts_and_requests(browser: Browser, few: Path) -> None:
    """If something of a user's became a part of the page after all, the browser would not obey it."""
    browser.open(few)
    browser.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.hit = 1'}))")
    browser.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=http://127.0.0.1:9/ onerror=\"window.hit=1\">')"
    )
    assert browser.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')") == "refused"
    assert browser.evaluate("typeof window.hit") == "undefined"
    assert sum("Content Security Policy" in complaint for complaint in browser.complaints) >= 3


# ---- the documentation ----


def test_the_picture_in_the_documentation_is_what_the_page_shows(
    browser: Browser, few: Path, update_golden: bool
) -> None:
    """Its texts, for where they stand depends on the fonts of the machine."""
    names = [name for name in kinds() if name not in (HOSTILE_NAME, "empty")]
    browser.open(written(few.parent, names, "docs.html"), width=1180, height=600)
    browser.evaluate("document.querySelector('#made').remove()")
    made = browser.evaluate((ROOT / "tests/tools/page_picture.js").read_text(encoding="utf-8"))
    picture = FOLDER / IN_A_BROWSER
    if update_golden:
        picture.write_text(made, encoding="utf-8")
    shown, kept = (ElementTree.fromstring(text).iter(TEXT) for text in (made, picture.read_text(encoding="utf-8")))
    whole = [[text.text for text in found if text.text and "…" not in text.text] for found in (shown, kept)]
    assert whole[0] == whole[1]
    assert {f"Audit of {len(names)} repositories", "House rules", "fresh", "stale"} <= {*whole[0]}
