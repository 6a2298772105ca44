"""Every string survives its way through YAML: as a scalar, as an item of a list, as a block, for both readers.

GitLab and Zuul read YAML 1.1 with libyaml; so does the C loader here.
"""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import strategies as st
from support.drawing import drawn, texts

from transpiler.quoting import sh, yaml_block, yaml_line, yaml_scalar

Told = Callable[[str, object], None]
by_each_reader = pytest.mark.parametrize(
    "loader", [yaml.SafeLoader, yaml.CSafeLoader], ids=["by the Python reader", "by libyaml"]
)
# Texts made of what YAML might take for something else.
TRAPS = st.text(st.sampled_from(":#-?![]{}&*|>%@`\"',\\ \n\t=<~.0123456789eExXoO_+yYnNtrufalsoNuIif$()\x85\u2028"))
TEXTS = TRAPS | texts
PLAIN_LOOKING = [
    "012",
    "0o17",
    "0x1F",
    "1e3",
    "1.10",
    "1_000",
    "22:30",
    "190:20:30",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "N",
    "true",
    "null",
    "Null",
    "~",
    "=",
    "<<",
    "",
    " ",
    "-",
    "- a",
    "?",
    "? a",
    ":",
    "a:",
    "a: b",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "!!str a",
    "|",
    ">",
    "%YAML",
    "@a",
    "`a`",
    "---",
    "...",
    "--- a",
    "2026-11-23",
    "2026-11-23 08:40:41",
    ".inf",
    "-.INF",
    ".nan",
    ".",
    ".5",
    "+1",
    "[a]",
    "{a: b}",
    "a, b",
    "a]",
    "}",
    "'",
    '"',
    "it's",
    'say "x"',
    "\\n",
    "\n",
    "a\nb",
    "a\n",
    "\ta",
    "a\t",
    " a",
    "a ",
    "\r",
    "\r\n",
    "\x7f",
    "\x85",
    "\u2028",
    "\ufeff",
    "\ufffe",
    "😀",
    "é",
    "a: ",
    ": a",
    "x:y",
    "$x: 1",
]


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


@by_each_reader
@pytest.mark.parametrize("text", PLAIN_LOOKING, ids=repr)
def test_a_text_that_looks_like_something_else_stays_a_text(text: str, loader: Any) -> None:
    survives(text, loader)


@by_each_reader
def test_every_text_survives(loader: Any, count: int, record_property: Told) -> None:
    """All of them in one document: as items, as values and keys of a block, inside brackets."""
    cases = ["x" * 100_000, "'" * 20_000, '"' * 20_000, *PLAIN_LOOKING, *drawn(TEXTS, record_property, count)]
    document = "items:\n" + "".join(f"  - {yaml_line(text)}\n" for text in cases)
    document += "values:\n" + "".join(f"  a{i}: {yaml_line(text)}\n" for i, text in enumerate(cases))
    document += f"flow: [{', '.join(map(yaml_scalar, cases))}]\n"
    document += "keys:\n" + "".join(f"  {yaml_scalar(text)}: 1\n" for text in dict.fromkeys(cases) if len(text) < 300)
    found = read(document, loader)
    assert found["items"] == list(found["values"].values()) == found["flow"] == cases
    assert list(found["keys"]) == [text for text in dict.fromkeys(cases) if len(text) < 300]


@by_each_reader
def test_a_program_survives_as_a_block(loader: Any, count: int, record_property: Told) -> None:
    cases = ["\n", " \n ", "\t", "a\n\n\nb", *drawn(TEXTS, record_property, count)]
    for depth in (1, 6):
        programs = [
            ("set -eu", "", "# run", f"printf %s {sh(a)}", f"  echo {sh(b)}", "    true") for a, b in pairwise(cases)
        ]
        text = "".join(f"- |\n{yaml_block(lines, ' ' * depth)}\n" for lines in programs)
        assert read(text, loader) == ["\n".join(lines) + "\n" for lines in programs]


@pytest.mark.parametrize(
    "text",
    [
        "reports/junit.xml",
        'echo "a $b" | tr a b',
        "$CI_COMMIT_TAG",
        '$CI_PIPELINE_SOURCE == "merge_request_event"',
        'export TOKEN="${SITE_TOKEN:?is not set}"',
        "take_image test-build",
    ],
)
def test_what_needs_no_quotes_has_none_in_a_block(text: str) -> None:
    assert yaml_line(text) == text


@pytest.mark.parametrize("text", ["a", "test-build", "reports/junit.xml", "1 hour", "docker:28"], ids=repr)
def test_scalars_are_short(text: str) -> None:
    assert re.fullmatch('"?' + re.escape(text) + '"?', yaml_scalar(text))
