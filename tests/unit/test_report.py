"""How diagnostics look: the place, the snippet with its caret, and that no text of a user's is obeyed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transpiler import report
from transpiler.diagnostics import Diagnostic, Severity, Span


def at(line: int, column: int, end: int, end_line: int | None = None) -> Span:
    return Span("f.yaml", line, column, end_line or line, end)


def shown(source: str, span: Span, message: str = "It is wrong.", hint: str = "") -> list[str]:
    diagnostic = Diagnostic("some-code", Severity.ERROR, message, span, hint)
    return report.text([diagnostic], {"f.yaml": source}).split("\n")[:-1]


def test_a_diagnostic_shows_place_severity_message_code_snippet_and_hint() -> None:
    assert shown("a: 1\nbb: two\n", at(2, 5, 8), hint="Write `bb: 2`.") == [
        "f.yaml:2:5: error: It is wrong. [some-code]",
        "    2 | bb: two",
        "      |     ^^^",
        "  hint: Write `bb: 2`.",
    ]


@pytest.mark.parametrize(
    ("source", "span", "line", "carets"),
    [
        pytest.param("日本: x", at(1, 5, 6), "日本: x", "      ^", id="wide characters take two columns"),
        pytest.param("é̂: x", at(1, 5, 6), "é̂: x", "   ^", id="combining characters take none"),
        pytest.param("\ta\tb", at(1, 4, 5), "    a   b", "        ^", id="tabs go to the next stop"),
        pytest.param("a: 日本", at(1, 4, 6), "a: 日本", "   ^^^^", id="carets are as wide as what they cover"),
        pytest.param("abc", at(1, 4, 4), "abc", "   ^", id="an empty span gets one caret"),
        pytest.param("a: |\n  b\n", at(1, 4, 3, 2), "a: |", "   ^", id="a span over lines is marked on its first"),
        pytest.param("a\x1b[31mb", at(1, 7, 8), "a\\x1b[31mb", "         ^", id="an escape is shown, not obeyed"),
        pytest.param("x\u2028y: 1", at(1, 3, 4), "x\\u2028y: 1", "       ^", id="odd line ends are shown"),
        pytest.param("a: 1\r\nb: 2\r\n", at(2, 1, 2), "b: 2", "^", id="a carriage return is no text"),
    ],
)
def test_the_caret_stands_under_the_place(source: str, span: Span, line: str, carets: str) -> None:
    lines = shown(source, span)
    assert lines[1:] == [f"    {span.line} | {line}", f"      | {carets}"]


def test_a_long_line_is_cut_on_both_sides_of_the_place() -> None:
    _, line, carets = shown("x" * 300 + "HERE" + "y" * 300, at(1, 301, 305))
    assert len(line) <= 110
    assert line.startswith("    1 | …x")
    assert line.endswith("y…")
    assert line[carets.index("^") : carets.rindex("^") + 1] == "HERE"


def test_a_long_place_is_cut_at_its_end() -> None:
    _, line, carets = shown("a: " + "z" * 500, at(1, 4, 504))
    assert line.endswith("z…")
    assert len(carets) == len(line)


def test_a_place_that_is_not_there_has_no_snippet() -> None:
    assert len(shown("a\n", at(9, 1, 2))) == 1


def test_without_the_source_there_is_no_snippet() -> None:
    diagnostic = Diagnostic("c", Severity.NOTE, "m", at(1, 1, 2))
    assert report.text([diagnostic], {}) == "f.yaml:1:1: note: m [c]\n"


def test_without_a_place_there_is_only_the_message() -> None:
    assert report.text([Diagnostic("c", Severity.WARNING, "m")], {}) == "warning: m [c]\n"


def test_colours_only_when_asked() -> None:
    diagnostic = Diagnostic("c", Severity.ERROR, "m", at(1, 1, 2))
    assert "\x1b[1;31m^\x1b[0m" in report.text([diagnostic], {"f.yaml": "a"}, colour=True)
    assert "\x1b" not in report.text([diagnostic], {"f.yaml": "a"})


def test_the_lines_of_a_hint_stay_together() -> None:
    assert shown("a", at(1, 1, 2), hint="Write\na: b")[-2:] == ["  hint: Write", "  a: b"]


def test_the_summary_counts_by_severity() -> None:
    error, note = (Diagnostic("c", s, "m") for s in (Severity.ERROR, Severity.NOTE))
    assert report.summary([error, note, error]) == "2 errors, 1 note"
    assert report.summary([]) == ""


def test_json_has_every_part() -> None:
    diagnostics = [Diagnostic("c", Severity.ERROR, "é", at(2, 3, 4), "h"), Diagnostic("d", Severity.NOTE, "m")]
    array = json.loads("".join(report.json_array(diagnostics)))
    assert array[0] == {
        "severity": "error",
        "code": "c",
        "message": "é",
        "hint": "h",
        "file": "f.yaml",
        "line": 2,
        "column": 3,
        "end_line": 2,
        "end_column": 4,
        "fix": None,
    }
    assert array[1]["file"] is None
    assert "".join(report.json_array(diagnostics)) == json.dumps(array, ensure_ascii=False, indent=2) + "\n"
    assert "".join(report.json_array([])) == "[]\n"


@given(st.text(), st.text(), st.integers(1, 9), st.integers(1, 90), st.integers(1, 9), st.integers(1, 90))
def test_whatever_the_text_and_place_no_control_character_is_printed(
    source: str, message: str, line: int, column: int, more: int, end: int
) -> None:
    span = Span("f.yaml", line, column, line + more - 1, end)
    printed = report.text([Diagnostic("c", Severity.ERROR, message, span)], {"f.yaml": source})
    assert all(c.isprintable() or c in "\n \u200c\u200d" or c.isspace() for c in printed)
    assert not any(c in printed for c in "\x1b\x07\x08\r\x00\u202e")


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("- name: candidate # build it", "- name: candidate"),
        ("- name: 'issue #3' # build it", "- name: 'issue #3'"),
        ("- name: candidate#1", "- name: candidate#1"),
    ],
)
def test_a_span_of_several_lines_leaves_out_the_comment(line: str, marked: str) -> None:
    """Where a mapping goes on below, carets stand under its first line, not under what is said of it."""
    found = Diagnostic("x", Severity.ERROR, "m", Span("f", 1, 1, 2, 1))
    assert report.text([found], {"f": f"{line}\n  build: x\n"}).split("\n")[2].count("^") == len(marked)
