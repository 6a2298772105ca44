"""What goes through the Groovy quoting comes out of Groovy as it was: the law that every Jenkinsfile rests on.

One JVM reads all the texts at once; and the reader of our own files, which shares no code with the quoting, must agree
with Groovy.
"""

from __future__ import annotations

import re

import pytest
from engines.fixtures import JenkinsJudge
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from transpiler.quoting import groovy, groovy_lines, sh
from transpiler.targets.jenkins.tokens import Sort, program, tokens

pytestmark = pytest.mark.engine

CASES = 2000
INDENT = " " * 12
AWKWARD = ["'", "''", "'''", "''''", "\\", "\\\\", "\\u0041", "\\uuuu0041", "$", "${x}", "\n", "\r", "\t", "\x00",
           "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\ud800", "\U0001f600", "é", "/*", "*/", "//", '"', '"""', " ",
           INDENT, "\f", "\v", "\x1a", "\\\n"]  # fmt: skip
NO_GROOVY = "\uffff"  # the lexer takes it for the end of the source, however it is written

texts = st.lists(
    st.one_of(st.sampled_from(AWKWARD), st.text(st.characters(exclude_characters=NO_GROOVY), max_size=6)), max_size=8
).map("".join)
# What no argument of a program's can hold.
NO_ARGUMENT = re.compile("[\0\ud800-\udfff]")
lines = st.lists(
    texts.map(lambda text: NO_ARGUMENT.sub("", text)).map(lambda text: f"echo {sh(text)}"), max_size=5
).map(lambda echoes: ("set -eu", *echoes))


def collected(strategy: st.SearchStrategy[object]) -> list[object]:
    """CASES different values: asking the JVM for each would take an hour."""
    found: dict[object, None] = {}

    @settings(
        max_examples=CASES, phases=[Phase.generate], database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), deadline=None,
    )  # fmt: skip
    @given(strategy)
    def collect(value: object) -> None:
        found[value] = None

    collect()
    assert len(found) > CASES / 2
    return list(found)


def test_a_string_comes_out_of_groovy_as_it_was(jenkins_judge: JenkinsJudge) -> None:
    cases = [*AWKWARD, *(str(text) for text in collected(texts))]
    literals = [groovy(text) for text in cases]
    for text, literal, answer in zip(cases, literals, jenkins_judge.decode(literals), strict=True):
        assert answer == {"value": text}, (text, literal)
        (token,) = tokens(literal)
        assert (token.sort, token.text) == (Sort.TEXT, text)


def test_a_program_comes_out_of_groovy_as_it_was(jenkins_judge: JenkinsJudge) -> None:
    cases = [case for case in collected(lines) if isinstance(case, tuple)]
    literals = [f"'''#!/bin/sh\n{groovy_lines(case, INDENT)}\n        '''" for case in cases]
    for case, literal, answer in zip(cases, literals, jenkins_judge.decode(literals), strict=True):
        wanted = "".join(f"{INDENT}{line}\n" for line in case)
        assert answer == {"value": f"#!/bin/sh\n{wanted}        "}, (case, literal)
        (token,) = tokens(literal)
        assert (token.sort, program(token.text)) == (Sort.SHELL, "\n".join(case))


def test_what_groovy_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="U\\+FFFF"):
        groovy(f"a{NO_GROOVY}b")
