"""The page of a run: all of it is there, it asks for nothing, and what users wrote stays text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support import run_pages
from support.plans import pipeline, plan, stage

from transpiler import run_page
from transpiler.local.outcome import End, Outcome, StageOutcome

ALONE = frozenset(("meta", "link", "br", "rect", "line"))


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text; an element that is not closed in its turn is
    wrong."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(file.read_text("utf-8"))
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ALONE:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in ALONE:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    def bars(self) -> list[tuple[str, str]]:
        """Where the bars of the time line begin, and how long they are, in percent."""
        return [
            ((a["x"] or "").strip("%"), (a["width"] or "").strip("%"))
            for tag, a in self.elements
            if tag == "rect" and "x" in a
        ]


def test_everything_about_the_run_is_there(tmp_path: Path) -> None:
    text = Page(run_pages.write(tmp_path)).text
    for words in (
        "Run of team/ores",
        "Failed: 2 of 5 stages succeeded",
        "branch main",
        "took 42 s",
        "tests 12 tests, 2 failed, 1 skipped",
        "the teardown was stopped",
        "The pipeline took as long as build (10 s) → unit (30 s), marked ●.",
        "unit failed 30 s from 10 s to 40 s, after build: exit status 1",
        "slow failed, which is allowed 5.0 s from 20 s to 25 s, after lint",
        "report not started after unit, slow: comes after unit",
        "suite / bad test/unit message details more",
        "test/unit suite 12 2 1 3.0 s",
        "test/unit: 87.5 % of lines, 60.0 % of branches covered (coverage)",
        "test/unit: there is no report",
        "pushed",
        "/out/kept",
        "first second",
    ):
        assert words in text
    assert " tag " not in text


def test_bars_lie_where_the_stages_ran(tmp_path: Path) -> None:
    # the fourth is the time in which `slow` could have run: from the end of `lint` to its start
    assert Page(run_pages.write(tmp_path)).bars() == [
        ("0", "24.94"),
        ("25.19", "74.81"),
        ("25.19", "12.47"),
        ("37.66", "12.22"),
        ("49.88", "12.47"),
    ]


def test_the_logs_of_failed_stages_are_open_and_the_others_folded(tmp_path: Path) -> None:
    page = Page(run_pages.write(tmp_path))
    # the first two are failed tests
    assert ["open" in a for tag, a in page.elements if tag == "details"][2:] == [False, True, False, False, False]
    parts = {a["id"] for tag, a in page.elements if tag == "div" and "id" in a}
    assert len(parts) == 5
    assert {a["href"] for tag, a in page.elements if tag == "a"} == {f"#{part}" for part in parts}


TEXT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)></pre></style></title><!-- {{ 7 * 7 }} {% if %} &lt;"
HOSTILE = TEXT + " \x1b[31m\x07\u202e"


def test_what_users_wrote_stays_text(tmp_path: Path) -> None:
    harmless, hostile = (Page(run_pages.write(tmp_path, word)) for word in ("word", HOSTILE))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in harmless.elements]
    assert [sorted(a) for _, a in hostile.elements] == [sorted(a) for _, a in harmless.elements]
    assert hostile.text.count(TEXT) > 20
    assert not set("\x1b\x07\u202e") & set(hostile.text)


def test_it_asks_for_nothing_and_runs_nothing(tmp_path: Path) -> None:
    page = Page(run_pages.write(tmp_path, HOSTILE))
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base", "video", "audio"}
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"style", "src", "srcset", "action"}
    (policy,) = (a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]{43}='; img-src data:; base-uri 'none'; form-action 'none'",
        policy or "",
    )


def test_a_run_in_which_nothing_started(tmp_path: Path) -> None:
    outcome = Outcome((StageOutcome("test", "a", End.NOT_STARTED, why="there is no checkout"),), 0.1, stopped=True)
    run_page.write(tmp_path / "p.html", outcome, plan(pipeline("test", stage("a"))), "a/b", (), tmp_path)
    page = Page(tmp_path / "p.html")
    assert "Stopped: 0 of 1 stage succeeded" in page.text
    assert "there is no checkout" in page.text
    assert page.bars() == []


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "page.html").mkdir()
    with pytest.raises(OSError, match="directory"):
        run_pages.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "page.html"]
