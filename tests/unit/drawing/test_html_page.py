"""The page of a graph: one file that loads nothing, with every program in it, and names that stay text."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

from support.pictures import pipeline

from transpiler.drawing.html_page import page
from transpiler.graph import from_arcs
from unit.drawing.test_svg import NASTY, VISIBLE

ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "header", "h1", "p", "div", "button", "main", "section", "h2"),
    *("pre", "script", "svg", "desc", "g", "rect", "text", "tspan", "path", "circle"),
}


class Read(HTMLParser):
    """The elements of a page with their attributes, and the text in each."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))


def made() -> str:
    hostile = pipeline(from_arcs(NASTY, [NASTY]), NASTY[0])
    return page(NASTY[1], [hostile, pipeline(from_arcs("ab", ["ab"]))], {("test", "a"): "echo </script> & '<b>'"})


def test_names_and_programs_stay_text() -> None:
    read = Read(made())
    assert {tag for tag, _ in read.elements} <= ALLOWED
    shown = {text for _, text in read.texts}
    assert set(VISIBLE) <= shown
    assert "echo </script> & '<b>'" in shown
    assert not [name for _, attributes in read.elements for name in attributes if name.startswith("on")]


def test_nothing_but_its_own_style_and_script_may_run() -> None:
    text = made()
    read = Read(text)
    policy = next(a["content"] or "" for tag, a in read.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert len(bodies) == 1
        digest = base64.b64encode(hashlib.sha256(bodies[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    links = [value for _, attributes in read.elements for name, value in attributes.items() if name in ("src", "href")]
    assert links == []
    assert "url(" not in text


def test_every_stage_has_its_program() -> None:
    read = Read(made())
    stages = [a["data-stage"] for _, a in read.elements if a.get("class") == "stage"]
    programs = [a["id"] for tag, a in read.elements if tag == "section"]
    assert programs == [f"program-{stage}" for stage in stages]
    assert len(stages) == len(NASTY) + 2
    ids = [a["id"] for _, a in read.elements if "id" in a]
    assert len(ids) == len(set(ids))
