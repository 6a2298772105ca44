"""Fixtures for all tests: the real engines, and the configs that are in use out there."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from conformance import table
from engines import missing
from engines.fixtures import (
    browser,
    docker_engine,
    github_judge,
    gitlab_judge,
    jenkins_judge,
    podman,
    rootless,
    without,
    zuul_judge,
)
from support import corpus as real_configs
from support import drawing
from support.processor_time import BOUND, ProcessorTime

__all__ = [
    "browser",
    "corpus",
    "docker_engine",
    "github_judge",
    "gitlab_judge",
    "jenkins_judge",
    "podman",
    "rootless",
    "zuul_judge",
]

# A shell starts what runs in its background with these ignored, and ignoring is inherited: what is tested would be too.
for ignored in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, signal.default_int_handler if ignored is signal.SIGINT else signal.SIG_DFL)

# Whoever takes one of these needs an engine, marked or not.
ENGINES = frozenset(
    ("browser", "docker_engine", "github_judge", "jenkins_judge", "podman", "rootless", "world", "zuul_judge")
)
PHASES = ("quick", "engines")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """A directory for each project whose config is in use."""
    place = real_configs.corpus()
    if not place.is_dir():
        without(real_configs.MISSING)
    return place


@pytest.fixture(
    params=[
        pytest.param(drawing.FEW, id="few cases"),
        pytest.param(drawing.CASES, id="all cases", marks=pytest.mark.thorough),
    ]
)
def count(request: pytest.FixtureRequest) -> int:
    """How many of its cases a law is asked about: a test of each phase."""
    return int(request.param)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--phase", choices=PHASES, help="only tests that need no engine, or only those that do")
    parser.addoption("--update-golden", action="store_true", help="rewrite goldens and generated documentation")
    parser.addoption(
        "--slow",
        type=float,
        metavar="SECONDS",
        help=f"name tests that use more of the processor than this (with --phase quick: {BOUND:g})",
    )


def pytest_configure(config: pytest.Config) -> None:
    bound = config.getoption("--slow")
    if bound is None and config.getoption("--phase") == "quick":
        bound = BOUND
    if bound is not None:
        config.pluginmanager.register(ProcessorTime(bound))


@pytest.hookimpl(tryfirst=True)  # so that `-m` finds the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks those that take an engine, and leaves out what belongs to the other phase: each test is in exactly one."""
    for item in items:
        if ENGINES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.engine)
    if phase := config.getoption("--phase"):
        other = [item for item in items if _phase(item) != phase]
        items[:] = [item for item in items if _phase(item) == phase]
        config.hook.pytest_deselected(items=other)


def _phase(item: pytest.Item) -> str:
    # `slow` ones start pip and pre-commit, engines of their own; `thorough` ones ask a law about all of its cases.
    return "engines" if any(map(item.get_closest_marker, ("engine", "slow", "thorough"))) else "quick"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    missing.marked.set(item.get_closest_marker("engine") is not None)


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def golden_text(update_golden: bool) -> Callable[[Path, str], None]:
    """Compares a text with a golden file, or writes it."""

    def compare(path: Path, text: str) -> None:
        if update_golden:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), f"{path} is missing: write it with --update-golden, and read it"
        assert text == path.read_bytes().decode()

    return compare


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of cases and engines, and the number of cases of each law; under xdist only this file is known where a
    summary is written."""
    reports = [*terminalreporter.stats.get("passed", ()), *terminalreporter.stats.get("failed", ())]
    properties = [found for report in reports for found in getattr(report, "user_properties", ())]
    lines = list(table.lines(value for name, value in properties if name == table.PROPERTY))
    if lines:
        terminalreporter.section("conformance: case × engine")
        terminalreporter.write("\n".join((*lines, "")))
    laws = [(report.nodeid, report.user_properties) for report in reports if hasattr(report, "user_properties")]
    counts = [(node, value) for node, given in laws for name, value in given if name == "law"]
    if counts:
        terminalreporter.section("laws: cases")
        terminalreporter.write("".join(f"{value:6} {node}\n" for node, value in counts))
