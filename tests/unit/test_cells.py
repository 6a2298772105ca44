"""How wide texts are."""

from __future__ import annotations

import pytest

from transpiler.cells import first, last, width


@pytest.mark.parametrize(
    ("text", "cells"),
    [("abc", 3), ("漢字", 4), ("e\u0301", 1), ("\u200b", 0), ("😀", 2), ("é", 1), ("", 0)],
)
def test_width(text: str, cells: int) -> None:
    assert width(text) == cells


def test_a_wide_character_that_would_not_fit_is_left_out() -> None:
    assert first("a漢字", 4) == "a漢"
    assert last("漢字a", 4) == "字a"
    assert first("abc", 3) == last("abc", 3) == "abc"
