"""The page as a file: it holds everything, loads nothing, and no text of a user's is a part of its HTML."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.command import Command
from support.fleet import HOSTILE_NAME

from transpiler.audit_page import Page, packed


def unpacked(content: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(content)))


class Read(HTMLParser):
    """The elements of a page: name and attributes, with the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: list[str] = []
        self._open = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.raw.append("")
        self._open = True

    def handle_endtag(self, tag: str) -> None:
        self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.raw[-1] += data

    def of(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(found, raw) for (name, found), raw in zip(self.elements, self.raw, strict=True) if name == tag]


@pytest.fixture
def page(in_fleet: tuple[str, ...], transpipe: Command, tmp_path: Path) -> str:
    assert transpipe("audit", *in_fleet, "--html", tmp_path / "page.html").code == 0
    return (tmp_path / "page.html").read_text()


def test_all_data_is_in_it(page: str, in_fleet: tuple[str, ...]) -> None:
    scripts = {found["id"]: raw for found, raw in Read(page).of("script") if "id" in found}
    rows = unpacked(scripts["data-rows"])
    assert [row["name"] for row in rows] == [*in_fleet]
    details = unpacked(scripts["data-0"])
    assert len(details) == len(rows)
    pictures = [p["picture"] for one in details for p in one["pipelines"]]
    assert len(pictures) > 10
    assert all(picture.startswith("<svg ") and "<style>" not in picture for picture in pictures)
    assert unpacked(scripts["data-about"])["codes"]["production-without-test"]["title"]


def test_the_page_shows_every_element_that_pictures_are_drawn_with(page: str) -> None:
    """It leaves out all others, so a new one must be in its list."""
    scripts = {found.get("id"): raw for found, raw in Read(page).of("script")}
    shown = re.search(r"const DRAWN = new Set\(\[(.*?)\]\)", scripts[None], re.DOTALL)
    assert shown
    pictures = [p["picture"] for one in unpacked(scripts["data-0"]) for p in one["pipelines"]]
    used = {part.tag.rpartition("}")[2] for picture in pictures for part in ElementTree.fromstring(picture).iter()}
    assert "text" in used
    assert used <= set(re.findall(r'"(\w+)"', shown[1]))


def test_nothing_of_a_users_is_html(page: str) -> None:
    assert HOSTILE_NAME not in page
    assert "window.hit" not in page
    read = Read(page)
    assert not [name for _, found in read.elements for name in found if name.startswith("on")]
    blocks = [raw for found, raw in read.of("script") if found.get("type") == "application/octet-stream"]
    assert blocks
    assert all(re.fullmatch(r"[A-Za-z0-9+/=]+", raw) for raw in blocks)


def test_it_refers_to_nothing_else(page: str) -> None:
    links = [value for _, found in Read(page).elements for name in ("src", "href") if (value := found.get(name))]
    assert links == ["data:,"]
    assert set(re.findall(r"https?://[^\s\"'`]+", page)) == set()


def test_the_policy_lets_this_script_and_this_style_through_and_nothing_else(page: str) -> None:
    read = Read(page)
    (policy,) = (found["content"] for found, _ in read.of("meta") if found.get("http-equiv"))
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    code = [raw for found, raw in read.of("script") if "type" not in found]
    (style,) = (raw for _, raw in read.of("style"))
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(raw.encode()).digest()).decode()}'" for raw in (*code, style)]
    assert rules == {
        "default-src": "'none'",
        "script-src": hashes[0],
        "style-src": hashes[1],
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@settings(deadline=None)
@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_whatever_data_is_packed_is_base64_and_comes_back(data: object) -> None:
    block = packed(data)
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", block)
    assert json.dumps(unpacked(block)).encode() == json.dumps(data).encode() or "\\ud" in json.dumps(data)


def test_a_repository_with_very_many_diagnostics_is_cut(tmp_path: Path) -> None:
    diagnostic = {"severity": "note", "code": "leading-space"}
    data = dict.fromkeys(("failure", "config", "project", "dialect", "profile", "losses")) | {
        "name": "r",
        "status": "compiled",
        "targets": [],
        "outputs": [],
        "house_rules": [],
        "cost": None,
        "counts": {"error": 0, "warning": 0, "note": 5000},
        "diagnostics": [diagnostic] * 5000,
        "pipelines": [{"name": str(n), "events": [], "stages": [], "edges": []} for n in range(500)],
    }
    page = Page()
    page.add(data, [("", "<svg" + "x" * 400_000)] * 500)
    totals = {"repositories": 1, "diagnostics": {}, "house_rules": {}}
    page.write(tmp_path / "p.html", totals)
    (detail,) = unpacked(
        {f.get("id"): raw for f, raw in Read((tmp_path / "p.html").read_text()).of("script")}["data-0"]
    )
    assert (len(detail["diagnostics"]), detail["moreDiagnostics"]) == (200, 4800)
    assert (len(detail["pipelines"]), detail["morePipelines"]) == (100, 400)
    assert {pipeline["picture"] for pipeline in detail["pipelines"]} == {""}


def test_the_same_audit_gives_the_same_page(
    in_fleet: tuple[str, ...], transpipe: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name, jobs in (("a", 1), ("b", 3)):
        transpipe("audit", *in_fleet, "--html", tmp_path / name, "-j", jobs)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
