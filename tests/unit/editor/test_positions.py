"""Positions as editors count them, against what Python's codecs count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transpiler.diagnostics import Span
from transpiler.editor.positions import Position, Positions

TEXTS = st.text("aé\U0001f600\n\r\u2028\x85 ", max_size=30)
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


@given(TEXTS, st.sampled_from(sorted(CODECS)))
def test_each_offset_has_a_position_and_each_position_its_offset(text: str, encoding: str) -> None:
    positions = Positions(text, encoding)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] == "\r\n":
            continue  # between these two there is no position
        line, character = positions.position(offset)
        before = text[:offset].replace("\r\n", "\n").replace("\r", "\n").split("\n")
        codec, width = CODECS[encoding]
        assert (line, character) == (len(before) - 1, len(before[-1].encode(codec)) // width)
        assert positions.offset(Position(line, character)) == offset


@pytest.mark.parametrize("position", [Position(9, 0), Position(0, 99), Position(1, 99)])
def test_a_position_outside_is_the_nearest_end(position: Position) -> None:
    assert Positions("ab\r\nc").offset(position) in (2, 5)


def test_a_byte_order_mark_takes_a_place_in_the_editor_but_not_in_spans() -> None:
    found = Positions("\ufeffab").range(Span("", 1, 2, 1, 3))
    assert (found.start, found.end) == (Position(0, 2), Position(0, 3))


def test_a_line_of_yaml_may_be_a_part_of_an_editors_line() -> None:
    assert Positions("a\u2028b: c\nd").position(Positions("a\u2028b: c\nd").offsets(Span("", 2, 4, 2, 5))[0]) == (0, 5)
