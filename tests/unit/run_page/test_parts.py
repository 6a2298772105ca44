"""The parts of the page of a run: marks of the time line, the stages that decided, the end of a log."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transpiler.graph import Graph
from transpiler.local.outcome import End, StageOutcome
from transpiler.run_page import logs, times


@pytest.mark.parametrize(
    ("whole", "labels"),
    [
        (0.3, ["0", "0.1 s", "0.2 s", "0.3 s"]),
        (4.2, ["0", "1.0 s", "2.0 s", "3.0 s", "4.0 s"]),
        (57.9, ["0", "10 s", "20 s", "30 s", "40 s", "50 s"]),
        (1000, ["0", "5 min 0 s", "10 min 0 s", "15 min 0 s"]),
    ],
)
def test_marks_are_at_round_times(whole: float, labels: list[str]) -> None:
    assert [tick.label for tick in times.ticks(whole)] == labels


@given(st.floats(0.001, 1e6))
def test_there_are_a_few_marks_and_all_are_on_the_line(whole: float) -> None:
    found = times.ticks(whole)
    assert 1 <= len(found) <= 8
    assert all(0 <= float(tick.x) <= 100.01 for tick in found)


def ran(name: str, began: float, seconds: float, end: End = End.SUCCEEDED) -> StageOutcome:
    return StageOutcome("test", name, end, seconds, began=began)


def test_the_stages_that_decided_are_those_that_the_next_one_waited_for() -> None:
    graph = Graph(tuple("abcde"), (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e")))
    outcomes = {o.stage: o for o in (ran("a", 0, 1), ran("b", 1, 2), ran("c", 1, 5), ran("d", 6, 1, End.FAILED))}
    outcomes["e"] = StageOutcome("test", "e", End.NOT_STARTED)
    assert times.longest(graph, outcomes) == ("a", "c", "d")
    assert times.last_before("d", graph, outcomes) == "c"
    assert times.longest(graph, {"e": outcomes["e"]}) == ()


def test_a_wait_is_shown_if_it_is_long_enough() -> None:
    graph = Graph(("a", "b"), (("a", "b"),))
    assert times.wait("b", graph, {"a": ran("a", 0, 1), "b": ran("b", 1.1, 1)}, 10) is None
    assert times.wait("b", graph, {"a": ran("a", 0, 1), "b": ran("b", 3, 1)}, 10) == times.Bar("10", "20")


def test_a_log_is_what_a_terminal_would_show_in_the_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\n\x1b[1;31mred\x1b[0m\n10 %\r20 %\r100 %\r\ntab\there \xff\x00\n\n")
    assert logs.read(log) == logs.Log("red\n100 %\ntab     here \ufffd\\x00", str(log), "")


def test_of_a_long_log_the_end_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {i}\n" for i in range(3_000)))
    found = logs.read(log)
    assert (found.text.split("\n")[0], found.text.split("\n")[-1]) == ("line 1000", "line 2999")
    assert found.left_out == "1000 lines"
    log.write_text("".join(f"line {i} {'x' * 1000}\n" for i in range(1_000)))
    found = logs.read(log)
    assert found.text.startswith("line ")
    assert len(found.text) < 300_000
    assert found.left_out == "0.7 MB"


def test_a_log_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert logs.read(tmp_path / "none").text == logs.read(None).text == ""
