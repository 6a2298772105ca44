"""The lines about the results of tests that are printed after a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transpiler.local.lines import duration, one_line
from transpiler.local.results import Coverage, Results, Suite

_MOST_SUITES = 20
_MOST_FAILED = 10
_LONG = 300


def counted(tests: int, failed: int, skipped: int) -> str:
    """Counts in words: `12 tests, 2 failed, 1 skipped`."""
    words = [f"{tests} test{'s' if tests != 1 else ''}", f"{failed} failed"]
    return ", ".join([*words, f"{skipped} skipped"] if skipped else words)


def covered(coverage: Coverage) -> str:
    """A coverage in words: `87.5 % of lines, 60.0 % of branches`."""
    parts = ((coverage.lines, "lines"), (coverage.branches, "branches"))
    return ", ".join(f"{100 * part:.1f} % of {what}" for part, what in parts if part is not None) or "not said"


def shown(name: str, results: Results, *, colour: bool) -> Iterator[str]:
    """The lines about the results of a stage, which people call `name`."""
    total = results.total
    if results.suites:
        spent = f" in {duration(total.seconds)}" if total.seconds else ""
        counts = counted(total.tests, total.failed, total.skipped)
        yield f"{name}: {_marked(counts, total.failed, colour=colour)}{spent}"
        yield from _suites(results.suites)
        for test in results.failed[:_MOST_FAILED]:
            message = f": {one_line(test.message)[:_LONG]}" if test.message else ""
            yield f"    {_marked('failed', 1, colour=colour)}  {one_line(test.full_name)}{message}"
        if total.failed > _MOST_FAILED:
            yield f"    and {total.failed - _MOST_FAILED} more failed tests"
    for coverage in results.coverage:
        yield f"{name}: {covered(coverage)} covered ({one_line(coverage.file)})"
    for problem in results.problems:
        yield f"{name}: {one_line(problem)}"


def _suites(suites: Iterable[Suite]) -> Iterator[str]:
    """A table of the suites; if there are many, of those with failed tests first."""
    chosen = list(suites)
    more = len(chosen) - _MOST_SUITES
    if more > 0:
        chosen = sorted(chosen, key=lambda suite: not suite.failed)[:_MOST_SUITES]
    names = [one_line(suite.name)[:_LONG] or "(no name)" for suite in chosen]
    wide = max(map(len, [*names, "suite"]))
    yield f"    {'suite':<{wide}}  tests  failed  skipped"
    for name, suite in zip(names, chosen, strict=True):
        yield f"    {name:<{wide}}  {suite.tests:>5}  {suite.failed:>6}  {suite.skipped:>7}"
    if more > 0:
        yield f"    and {more} more suites"


def _marked(words: str, failed: int, *, colour: bool) -> str:
    return f"\x1b[{'1;31' if failed else '32'}m{words}\x1b[0m" if colour else words
