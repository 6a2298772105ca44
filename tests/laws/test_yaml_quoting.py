"""Every string survives its way through YAML: as a scalar, as an item of a list, as a block, for both readers.

GitLab and Zuul read YAML 1.1 with libyaml; so does the C loader here.
"""

import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transpiler.quoting import sh, yaml_block, yaml_line, yaml_scalar

LOADERS = [yaml.SafeLoader, yaml.CSafeLoader]
CODEPOINTS = st.characters(codec="utf-8", exclude_characters="\0")
TEXTS = st.text(CODEPOINTS)
# Texts made of what YAML might take for something else.
TRAPS = st.text(st.sampled_from(":#-?![]{}&*|>%@`\"',\\ \n\t=<~.0123456789eExXoO_+yYnNtrufalsoNuIif$()\x85\u2028"))
PLAIN_LOOKING = [
    "012", "0o17", "0x1F", "1e3", "1.10", "1_000", "22:30", "190:20:30", "yes", "No", "on", "OFF", "y", "N",
    "true", "null", "Null", "~", "=", "<<", "", " ", "-", "- a", "?", "? a", ":", "a:", "a: b", "a #b", "#a",
    "&a", "*a", "!a", "!!str a", "|", ">", "%YAML", "@a", "`a`", "---", "...", "--- a", "2026-11-23",
    "2026-11-23 08:40:41", ".inf", "-.INF", ".nan", ".", ".5", "+1", "[a]", "{a: b}", "a, b", "a]", "}", "'",
    '"', "it's", 'say "x"', "\\n", "\n", "a\nb", "a\n", "\ta", "a\t", " a", "a ", "\r", "\r\n", "\x7f", "\x85",
    "\u2028", "\ufeff", "\ufffe", "😀", "é", "a: ", ": a", "x:y", "$x: 1",
]  # fmt: skip


def read(text: str, loader: Any) -> Any:
    return yaml.load(text, loader)


def survives(text: str, loader: Any) -> None:
    block = yaml_line(text)
    flow = yaml_scalar(text)
    assert "\n" not in block + flow
    assert read(block, loader) == text
    assert read(f"a:\n  - {block}\n  - {block}\nb: {block}\n", loader) == {"a": [text, text], "b": text}
    assert read(f"{{a: [{flow}, {flow}], b: {flow}}}", loader) == {"a": [text, text], "b": text}
    assert read(f"{flow}: 1", loader) == {text: 1}


@pytest.mark.parametrize("loader", LOADERS, ids=["by the Python reader", "by libyaml"])
@pytest.mark.parametrize("text", PLAIN_LOOKING, ids=repr)
def test_a_text_that_looks_like_something_else_stays_a_text(text: str, loader: Any) -> None:
    survives(text, loader)


@pytest.mark.parametrize("loader", LOADERS, ids=["by the Python reader", "by libyaml"])
@settings(max_examples=1500, deadline=None)
@given(text=TEXTS | TRAPS)
def test_every_text_survives(text: str, loader: Any) -> None:
    survives(text, loader)


@pytest.mark.parametrize("loader", LOADERS, ids=["by the Python reader", "by libyaml"])
@settings(max_examples=1000, deadline=None)
@given(words=st.lists(TEXTS | TRAPS, min_size=1), depth=st.integers(1, 8))
@example(words=["\n", " \n ", "\t", "a\n\n\nb"], depth=6)
def test_a_program_survives_as_a_block(words: list[str], depth: int, loader: Any) -> None:
    lines = ("set -eu", "", "# run", *(f"printf %s {sh(word)}" for word in words), "    true")
    text = "- |\n" + yaml_block(lines, " " * depth) + "\n- end\n"
    assert read(text, loader) == ["\n".join(lines) + "\n", "end"]


@pytest.mark.parametrize(
    "text",
    ["reports/junit.xml", 'echo "a $b" | tr a b', "$CI_COMMIT_TAG", '$CI_PIPELINE_SOURCE == "merge_request_event"',
     "export TOKEN=\"${SITE_TOKEN:?is not set}\"", "take_image test-build"],
)  # fmt: skip
def test_what_needs_no_quotes_has_none_in_a_block(text: str) -> None:
    assert yaml_line(text) == text


@pytest.mark.parametrize("text", ["a", "test-build", "reports/junit.xml", "1 hour", "docker:28"], ids=repr)
def test_scalars_are_short(text: str) -> None:
    assert re.fullmatch('"?' + re.escape(text) + '"?', yaml_scalar(text))
