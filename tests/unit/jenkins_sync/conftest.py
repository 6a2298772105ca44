"""A Jenkins for each test that asks for one: `make_double(context="/ci", …)`, ended with the test."""

import contextlib
from collections.abc import Callable, Iterator

import pytest
from doubles.jenkins.process import Double, double


@pytest.fixture
def make_double() -> Iterator[Callable[..., Double]]:
    """Starts a double with the settings of `doubles.jenkins.settings.Settings`."""
    with contextlib.ExitStack() as running:
        yield lambda **settings: running.enter_context(double(**settings))
