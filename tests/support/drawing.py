"""Cases for the laws: drawn by hypothesis, judged by the thousand in one process of a real interpreter.

To ask an interpreter for each would take an hour; and what a failing law shows is one of its cases, which are short.

A law that needs no engine takes the fixture `count`: few of them in the quick phase, all in the phase of the engines.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

CASES = 2000
"""Of each law, all different."""
FEW = 300
"""In the quick phase. `test_laws_notice` breaks the code under each law, and these have to show it."""
PROPERTY = "law"
T = TypeVar("T")

# What issue 4 names, and what has tripped some reader or other.
NASTY = [
    "",
    "'",
    '"',
    "`",
    "$HOME",
    "$(id)",
    "\\",
    "*",
    "~",
    "\n",
    "\t",
    "{{ x }}",
    "{% raw %}",
    "{% endraw %}",
    "{#",
    "#}",
    "%PATH%",
    "!ref",
    "!unsafe",
    " #c",
    "''' + x + '''",
    '"""',
    "-",
    "-n",
    "--",
    "😀",
    "\u202eשלום",
    "\x01",
    "\x7f",
    "\x85",
    "\u2028",
    "\ufeff",
    "\r",
    "\r\n",
    "${#x}",
    "$${x:-y}",
    "$$",
    "${",
    "}",
    ": ",
    "---",
    "...",
    "<(",
    "\\n",
    "\\u0041",
    "\\u000a",
    "\\\n",
    "*/",
    "/*",
    "//",
    "=",
    "&",
    "|",
    ";",
    "[",
    "]",
    "x" * 300,
    "é",
    " ",
    "  ",
    "\x1b[31m",
]
NO_GROOVY = "\uffff"
"""Groovy's lexer takes it for the end of the source, however it is written."""
PLAIN = st.characters(codec="utf-8", exclude_characters="\0")
texts = st.one_of(
    st.lists(st.one_of(st.sampled_from(NASTY), st.text(PLAIN, max_size=5)), max_size=7).map("".join),
    st.text(PLAIN, max_size=30),
)
"""Texts that a config can hold."""


class _Enough(Exception):
    """Ends the drawing: hypothesis has no word for it."""


def holds(law: Callable[..., None], *strategies: st.SearchStrategy[Any], cases: int) -> None:
    """Asks a law about so many examples, other ones in each run; hypothesis makes the one that fails it shorter."""
    settings(max_examples=cases, deadline=None, suppress_health_check=list(HealthCheck))(given(*strategies)(law))()


def drawn(strategy: st.SearchStrategy[T], told: Callable[[str, object], None], cases: int = CASES) -> list[T]:
    """Different values, so many; the same ones in every run. `told` hands their number to the summary."""
    found: tuple[T, ...] = _drawn(strategy, cases)
    assert len(found) == cases, f"only {len(found)} different cases"
    told(PROPERTY, cases)
    return list(found)


@cache  # drawing takes longer than most judges do
def _drawn(strategy: st.SearchStrategy[T], cases: int) -> tuple[T, ...]:
    found: dict[T, None] = {}

    @settings(
        max_examples=2 * cases,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        report_multiple_bugs=False,
    )
    @given(strategy)
    def collect(value: T) -> None:
        found[value] = None
        if len(found) >= cases:
            raise _Enough

    with suppress(_Enough):
        collect()
    return tuple(found)
