"""Why a pipeline with `changes` does not use GitLab's own `rules:changes`: given the same names, its patterns could do,
but GitLab does not promise to ask about the names that count, and about the same commits.

The model is written from GitLab's documentation of `rules:changes`: patterns are those of Ruby's `File.fnmatch` with
`FNM_PATHNAME`, `FNM_DOTMATCH` and `FNM_EXTGLOB`, in which CI variables are expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from hypothesis import strategies as st
from support.drawing import drawn
from support.histories import Case, cases

from transpiler.changes import Changes, Matcher

SEEDS = st.integers(0, 2**32)
MOST_PATTERNS = 50


def runs(patterns: Sequence[str], changed: Iterable[bytes]) -> bool:
    """GitLab's verdict about a push or a merge request in which these files were changed."""
    names = [name.strip(b"/").decode(errors="surrogateescape") for name in changed]
    return any(_fnmatch(pattern).fullmatch(name) for pattern in patterns for name in names)


@cache
def _fnmatch(pattern: str) -> re.Pattern[str]:
    assert "$" not in pattern, "GitLab would expand a variable"
    return re.compile("".join(_pieces(pattern)), re.DOTALL)


def _pieces(pattern: str) -> Iterator[str]:
    token = re.compile(r"(?:(?<=/)|^)\*\*/|\*+|\?|\\(.)|.", re.DOTALL)
    for found in token.finditer(pattern):
        text = found[0]
        assert text not in "[]{}", "a set or a choice"
        if text == "**/":
            yield "(?:[^/]+/)*"
        elif text[0] == "*":
            yield "[^/]*"
        else:
            yield "[^/]" if text == "?" else re.escape(found[1] or text)


def globs(rules: Changes) -> list[str]:
    """Patterns of GitLab's that match each file which counts, and maybe more: what is excluded is not left out, and a
    character that GitLab would read in its own way may be any."""
    found = [name for pattern in rules.include or ("**",) for name in _with_folders(pattern)]
    below = f"{rules.folder}/" if rules.folder else ""
    submodule = [rules.folder] if rules.folder else []
    return list(dict.fromkeys([*(_glob(below + name) for name in found), *submodule, *rules.always]))


def _with_folders(pattern: str) -> Iterator[str]:
    """The pattern, and the folders in which a file that it matches can be: a submodule is known by its own path."""
    names = pattern.split("/")
    names = names if names[-1] else [*names[:-1], "**"]
    yield "/".join([*names, "*"] if names[-1] == "**" else names)
    for length in range(1, len(names)):
        if names[length - 1] == "**":
            yield "/".join([*names[:length], "*"])
            return
        yield "/".join(names[:length])


def _glob(pattern: str) -> str:
    names = (name if name == "**" else re.sub(r"\*+", "*", name) for name in pattern.split("/"))
    return re.sub(r"[\[\]{}\\$]", "?", "/".join(names))


def counts(case: Case) -> bool:
    return any(map(Matcher(case.rules).counts, case.changed))


def test_given_the_names_that_count_gitlab_runs_at_least_what_the_law_runs(count: int, record_property: object) -> None:
    (seed,) = drawn(SEEDS, record_property, 1)  # type: ignore[arg-type]
    asked = [case for case in cases(seed, count if count < 1000 else 10_000) if case.changed]
    skipped = 0
    for case in asked:
        patterns = globs(case.rules)
        assert len(patterns) <= MOST_PATTERNS
        told = runs(patterns, case.changed)
        assert told or not counts(case), (case.rules, patterns, case.changed)
        skipped += not told
    assert skipped > len(asked) / 20, "a filter that lets everything through is none"


def test_the_new_name_of_a_renamed_file_is_not_enough() -> None:
    """The documentation does not say that the old name counts, and a list of what a push has changed has the new one
    alone."""
    rules = Changes(("web/",), (), ())
    assert any(map(Matcher(rules).counts, (b"lib/money.js", b"web/money.js")))
    assert not runs(globs(rules), (b"lib/money.js",))


def test_what_a_forced_push_took_back_is_not_all_that_was_never_built() -> None:
    """GitLab compares a forced push with the commit before, which may be one that another push has left unbuilt: of
    `one` and `two`, pushed one after the other, only the second is told after `two` was taken back."""
    rules = Changes(("web/",), (), ())
    one, two = (b"web/a.js",), (b"README.md",)
    assert not runs(globs(rules), two)
    assert any(map(Matcher(rules).counts, (*one, *two)))
