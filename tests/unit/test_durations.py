"""A duration is written in the largest unit that divides it."""

from __future__ import annotations

import pytest

from transpiler.durations import shown


@pytest.mark.parametrize(
    ("seconds", "days", "hours"),
    [(59, "59s", "59s"), (90, "90s", "90s"), (120, "2m", "2m"), (129_600, "36h", "36h"), (172_800, "2d", "48h")],
)
def test_the_largest_unit_that_divides_it(seconds: int, days: str, hours: str) -> None:
    assert shown(seconds) == days
    assert shown(seconds, "h") == hours
