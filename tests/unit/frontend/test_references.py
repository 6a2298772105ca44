"""How `${…}` is found in a string (`docs/language.md`, "Values")."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transpiler.frontend.values.references import Broken, Reference, parse

TEXTS = st.text(st.sampled_from("$${}|.ab-_0 #'\"\n"), max_size=12) | st.text(max_size=8)


@given(TEXTS)
def test_a_text_with_every_opening_escaped_stands_for_itself(text: str) -> None:
    assert "".join(str(part) for part in parse(text.replace("${", "$${"))) == text


@given(TEXTS)
def test_parsing_loses_no_character_but_the_escapes(text: str) -> None:
    parts = parse(text)
    written = "".join(part if isinstance(part, str) else part.raw for part in parts)
    assert written == text.replace("$${", "${")


@given(TEXTS)
def test_every_reference_is_where_it_says_it_is(text: str) -> None:
    for part in parse(text):
        if not isinstance(part, str):
            assert text[part.start :].startswith(part.raw)


@pytest.mark.parametrize(
    ("text", "stage", "key", "default"),
    [
        ("${build.imageID}", "build", "imageID", None),
        ("${.imageID}", "", "imageID", None),
        ("${imageID}", None, "imageID", None),
        ("${setup.params.ZUUL_BRANCH}", "setup", "params.ZUUL_BRANCH", None),
        ("${a.b|}", "a", "b", ""),
        ("${.x|a default: 'it', \"$y\" {z}", "", "x", "a default: 'it', \"$y\" {z"),
        ("${-x}", None, "-x", None),
    ],
)
def test_a_reference_has_its_parts(text: str, stage: str | None, key: str, default: str | None) -> None:
    assert parse(text) == (Reference(stage, key, default, text, 0),)


@pytest.mark.parametrize("text", ["${#x}", "${}", "${ x}", "$x", "$(x)", "{{ x }}", "$", "${", "${!x}"])
def test_what_does_not_begin_like_a_name_is_plain_text(text: str) -> None:
    assert parse(text) == (text,)


@pytest.mark.parametrize("text", ["${x:-y}", "${x", "${x y}", "${x|y", "${stage.}", "${.}", "${x$y}"])
def test_what_begins_like_a_name_and_breaks_the_rule_is_broken(text: str) -> None:
    assert any(isinstance(part, Broken) for part in parse(text))


def test_the_escape_stands_for_an_opening_and_the_text_goes_on() -> None:
    assert parse("a$${x:-${.y}}") == ("a${x:-", Reference("", "y", None, "${.y}", 7), "}")
