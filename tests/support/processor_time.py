"""Which tests use the processor most: a plugin that names them after a run, and fails none of them.

Elapsed time means little if other programs run too. Processor time is about the same in each run; that of the processes
which a test starts is part of it.
"""

from __future__ import annotations

import os
import resource
from collections import defaultdict
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

BOUND = 5.0
"""Seconds. A quick test that needs more has too many cases, starts too many processes or makes the same thing again."""
_PROPERTY = "processor"


def used() -> float:
    """Seconds that this process and its children have used so far."""
    ended = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in ended) + _used_by_living_children()


def _used_by_living_children() -> float:
    """That of children which have ended is known once they are waited for; so is that of their own children."""
    ticks = 0
    for child in children():
        with suppress(FileNotFoundError):
            # After the name, which is in parentheses and may have any character.
            fields = Path("/proc", str(child), "stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def children() -> frozenset[int]:
    """The processes that this one has started and not yet waited for."""
    found: set[int] = set()
    for each in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError):  # a thread that has ended
            found.update(map(int, each.read_text().split()))
    return frozenset(found)


class ProcessorTime:
    """Measures in the worker, adds up in the process that writes the summary; without xdist these are the same."""

    def __init__(self, bound: float) -> None:
        self._bound = bound
        self._before = used()
        self._seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_logstart(self) -> None:
        """What came before, such as collecting, is no test's."""
        self._before = used()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Called after the setup, the call and the teardown of each test: what a fixture needs, its first user pays."""
        report = yield
        before, self._before = self._before, used()
        report.user_properties.append((_PROPERTY, self._before - before))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == _PROPERTY and isinstance(value, float):
                self._seconds[report.nodeid] += value

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("processor time")
        total = sum(self._seconds.values())
        slow = sorted(((found, node) for node, found in self._seconds.items() if found > self._bound), reverse=True)
        terminalreporter.write(f"{total:7.2f} s for all tests; more than {self._bound:g} s each for:\n")
        terminalreporter.write("".join(f"{seconds:7.2f} s {node}\n" for seconds, node in slow) or "      none\n")
