"""The pictures of the documentation are what the commands make, and each is shown on a page."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from tools.pictures import FOLDER, IN_A_BROWSER, PICTURES, ROOT


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_fresh(name: str, update_golden: bool) -> None:
    made = PICTURES[name]()
    ElementTree.fromstring(made)
    if update_golden:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / name).write_text(made, encoding="utf-8")
    assert (FOLDER / name).read_text(encoding="utf-8") == made


def test_every_picture_is_shown_with_words_for_those_who_cannot_see_it() -> None:
    pages: list[Path] = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    for path in FOLDER.iterdir():
        assert path.name in (*PICTURES, IN_A_BROWSER)
        assert f"pictures/{path.name})" in text
    assert "![]" not in text
