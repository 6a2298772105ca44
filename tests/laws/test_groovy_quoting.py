"""What goes through the Groovy quoting comes out of Groovy as it was: the law that every Jenkinsfile rests on.

One JVM reads all the texts at once; and the reader of our own files, which shares no code with the quoting, must agree
with Groovy.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from engines.fixtures import JenkinsJudge
from hypothesis import strategies as st
from support.drawing import NASTY, NO_GROOVY, drawn

from transpiler.quoting import groovy, groovy_lines, sh
from transpiler.targets.jenkins.tokens import Sort, program, tokens

pytestmark = pytest.mark.engine

INDENT = " " * 12
AWKWARD = [
    "'",
    "''",
    "'''",
    "''''",
    "\\",
    "\\\\",
    "\\u0041",
    "\\uuuu0041",
    "$",
    "${x}",
    "\n",
    "\r",
    "\t",
    "\x00",
    "\x7f",
    "\x85",
    "\u2028",
    "\ufeff",
    "\ufffe",
    "\ud800",
    "\U0001f600",
    "é",
    "/*",
    "*/",
    "//",
    '"',
    '"""',
    " ",
    INDENT,
    "\f",
    "\v",
    "\x1a",
    "\\\n",
    *NASTY,
]
Told = Callable[[str, object], None]

texts = st.lists(
    st.one_of(st.sampled_from(AWKWARD), st.text(st.characters(exclude_characters=NO_GROOVY), max_size=6)), max_size=8
).map("".join)
# What no argument of a program's can hold.
NO_ARGUMENT = re.compile("[\0\ud800-\udfff]")


def test_a_string_comes_out_of_groovy_as_it_was(jenkins_judge: JenkinsJudge, record_property: Told) -> None:
    cases = [*AWKWARD, "x" * 60_000, "'" * 20_000, *drawn(texts, record_property)]
    literals = [groovy(text) for text in cases]
    for text, literal, answer in zip(cases, literals, jenkins_judge.decode(literals), strict=True):
        assert answer == {"value": text}, (text, literal)
        (token,) = tokens(literal)
        assert (token.sort, token.text) == (Sort.TEXT, text)


def test_a_program_comes_out_of_groovy_as_it_was(jenkins_judge: JenkinsJudge, record_property: Told) -> None:
    found = [NO_ARGUMENT.sub("", text) for text in drawn(texts, record_property)]
    # Each with the one before it, so that programs have lines of several kinds.
    cases = [("set -eu", f"echo {sh(a)}", f"echo {sh(b)}") for a, b in zip([*found[-1:], *found], found, strict=False)]
    literals = [f"'''#!/bin/sh\n{groovy_lines(case, INDENT)}\n        '''" for case in cases]
    for case, literal, answer in zip(cases, literals, jenkins_judge.decode(literals), strict=True):
        wanted = "".join(f"{INDENT}{line}\n" for line in case)
        assert answer == {"value": f"#!/bin/sh\n{wanted}        "}, (case, literal)
        (token,) = tokens(literal)
        assert (token.sort, program(token.text)) == (Sort.SHELL, "\n".join(case))


def test_what_groovy_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="U\\+FFFF"):
        groovy(f"a{NO_GROOVY}b")
