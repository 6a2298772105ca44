"""A test that takes longer than anybody waits."""

import time


def test_slow() -> None:
    time.sleep(300)
