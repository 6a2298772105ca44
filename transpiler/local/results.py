"""The results that the reports of a stage hold: tests and coverage."""

from __future__ import annotations

from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one suite, counted. `failed` are also those that could not be carried out; `seconds` is what the
    report says, 0 if it says nothing."""

    name: str
    tests: int
    failed: int
    skipped: int
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class FailedTest:
    """A test that has failed. `message` is what it says of that in short, `details` the rest, such as a traceback; both
    may be cut, or empty."""

    suite: str
    name: str
    message: str
    details: str

    @property
    def full_name(self) -> str:
        """The name of the test, after that of its suite if it has one."""
        return f"{self.suite} / {self.name}" if self.suite else self.name


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the code the tests have executed, from 0 to 1; None if the report does not say."""

    file: str
    lines: float | None
    branches: float | None


@dataclass(frozen=True, slots=True)
class Results:
    """What the reports of one stage hold. `failed` are the first failed tests. `problems` are lines about reports that
    are missing or cannot be read."""

    suites: tuple[Suite, ...] = ()
    failed: tuple[FailedTest, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def total(self) -> Suite:
        """All suites together."""
        return Suite(
            "",
            sum(suite.tests for suite in self.suites),
            sum(suite.failed for suite in self.suites),
            sum(suite.skipped for suite in self.suites),
            sum(suite.seconds for suite in self.suites),
        )
