"""The documentation says what the code does: generated parts are up to date, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from product.docs.regions import REGIONS, filled_in

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_generated_parts_are_up_to_date(page: Path, update_golden: bool) -> None:
    text = page.read_text(encoding="utf-8")
    if update_golden:
        page.write_text(filled_in(text), encoding="utf-8")
    assert filled_in(text) == text or update_golden


def test_the_first_page_of_the_site_leads_to_every_other_one() -> None:
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    others = [page.name for page in ROOT.glob("docs/*.md") if page.name != "index.md"]
    assert sorted(re.findall(r"^- \[.*\]\((.*\.md)\)", index, re.MULTILINE)) == sorted(others)


def test_every_table_is_used() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert {name for name in REGIONS if f"<!-- generated: {name} -->" not in text} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
