"""Reports as test tools write them, and as somebody would who wants to harm: what is read, and what is only told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from transpiler.ir import ReportKind
from transpiler.local import report_files
from transpiler.local.result_lines import shown
from transpiler.local.results import Coverage, FailedTest, Results, Suite
from transpiler.program import Report

PYTEST = """\
<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="1,200.5">
<testcase classname="tests.test_a" name="test_good" time="0.1" />
<testcase classname="tests.test_a" name="test_bad" time="0.2"><failure message="assert 1 == 2">def test_bad():
&gt;       assert 1 == 2</failure></testcase>
<testcase classname="tests.test_b" name="test_broken" time="0"><error message="failed on setup">no fixture</error>
</testcase>
<testcase classname="tests.test_b" name="test_later" time="0"><skipped type="pytest.skip" message="later" /></testcase>
</testsuite></testsuites>
"""
NESTED = """\
<testsuites><testsuite name="outer"><testsuite name="inner"><testcase name="a" time="1"/><testcase name="b" time="2">
<failure type="AssertionError">

expected it
  at line 4
</failure><failure message="and again"/></testcase></testsuite><testsuite name="empty"/></testsuite></testsuites>
"""
LONE = '<testsuite name="go"><testcase name="T"/></testsuite>'
GCOVR = """\
<?xml version="1.0"?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="0.875" branch-rate="0.6" version="x"><packages/></coverage>
"""


def read(checkout: Path, *paths: str, kind: ReportKind = ReportKind.JUNIT) -> Results:
    return report_files.read([Report(kind, path, None) for path in paths], checkout)


def results(checkout: Path, text: str, kind: ReportKind = ReportKind.JUNIT) -> Results:
    (checkout / "r.xml").write_text(text)
    return read(checkout, "r.xml", kind=kind)


def test_tests_are_counted_and_failed_ones_kept(tmp_path: Path) -> None:
    found = results(tmp_path, PYTEST)
    assert found.suites == (Suite("pytest", 4, 2, 1, 1200.5),)
    assert found.failed == (
        FailedTest("pytest", "tests.test_a.test_bad", "assert 1 == 2", "def test_bad():\n>       assert 1 == 2"),
        FailedTest("pytest", "tests.test_b.test_broken", "failed on setup", "no fixture"),
    )
    assert found.problems == ()


def test_suites_in_suites_and_a_suite_alone(tmp_path: Path) -> None:
    found = results(tmp_path, NESTED)
    assert found.suites == (Suite("inner", 2, 1, 0, 3.0), Suite("empty", 0, 0, 0))
    assert [(test.suite, test.name, test.message) for test in found.failed] == [("inner", "b", "expected it")]
    assert results(tmp_path, LONE).suites == (Suite("go", 1, 0, 0),)


def test_counts_come_from_the_tests_not_from_what_the_file_claims(tmp_path: Path) -> None:
    claimed = '<testsuite name="x" tests="-5" failures="many" time="nan"><testcase/></testsuite>'
    assert results(tmp_path, claimed).suites == (Suite("x", 1, 0, 0),)


@pytest.mark.parametrize(
    ("text", "coverage"),
    [
        pytest.param(GCOVR, Coverage("r.xml", 0.875, 0.6), id="with a document type"),
        pytest.param("<coverage line-rate='1'/>", Coverage("r.xml", 1.0, None), id="without branches"),
        pytest.param("<coverage line-rate='x' branch-rate='7'/>", Coverage("r.xml", None, None), id="nonsense"),
    ],
)
def test_coverage(text: str, coverage: Coverage, tmp_path: Path) -> None:
    assert results(tmp_path, text, ReportKind.COBERTURA) == Results(coverage=(coverage,))


def test_a_directory_has_a_report_in_each_xml_file(tmp_path: Path) -> None:
    for name in ("out/b/2.xml", "out/a.xml", "out/notes.txt", "other.xml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f'<testsuite name="{name}"/>')
    assert [suite.name for suite in read(tmp_path, "out").suites] == ["out/a.xml", "out/b/2.xml"]


LAUGHS = """\
<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<testsuite><testcase name="&b;"/></testsuite>
"""
FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite name="&a;"/>'
PARAMETER = '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:1/x"> %a;]><testsuite/>'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("", "it is not well-formed XML (no element found: line 1, column 0)", id="empty"),
        pytest.param("<testsuite><testcase>", "it is not well-formed XML", id="cut off"),
        pytest.param("<html/>", "its element is `html`, not `testsuites` or `testsuite`", id="something else"),
        pytest.param(LAUGHS, "it declares entities", id="entities of entities"),
        pytest.param(FILE, "it declares entities", id="an entity that is a file"),
        pytest.param(PARAMETER, "it declares entities", id="an entity of the document type"),
        pytest.param("<testsuite>" * 101, "its elements are more than 100 deep", id="deep"),
        pytest.param('<?xml version="1.0" encoding="no-such"?><testsuite/>', "not well-formed XML", id="encoding"),
        pytest.param("<testsuite name='&undeclared;'/>", "it is not well-formed XML", id="undeclared"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, why: str, tmp_path: Path) -> None:
    found = results(tmp_path, text)
    (problem,) = found.problems
    assert problem.startswith("the report r.xml cannot be read: ")
    assert why in problem
    assert found.suites == ()


def test_other_reports_are_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_text(LONE)
    (tmp_path / "bad.xml").write_text("<")
    found = read(tmp_path, "none.xml", "bad.xml", "good.xml")
    assert found.suites == (Suite("go", 1, 0, 0),)
    assert [problem.partition(": ")[0] for problem in found.problems] == [
        "there is no report none.xml",
        "the report bad.xml cannot be read",
    ]


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    checkout, outside = tmp_path / "checkout", tmp_path / "outside"
    for directory in (checkout / "out", outside):
        directory.mkdir(parents=True)
    (outside / "r.xml").write_text(LONE)
    (checkout / "out/link.xml").symlink_to(outside / "r.xml")
    os.mkfifo(checkout / "out/pipe.xml")
    (checkout / "folder").symlink_to(outside)
    found = read(checkout, "out", "folder", "folder/r.xml")
    assert found.problems == (
        "the report out/link.xml cannot be read: it is a link",
        "the report out/pipe.xml cannot be read: it is not a file",
        "there is no report folder",
        "there is no report folder/r.xml",
    )
    assert found.suites == ()


def test_large_files_and_many_files_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_files, "_LARGEST", 1_000_000)
    monkeypatch.setattr(report_files, "_MOST_FILES", 3)
    (tmp_path / "out").mkdir()
    for number in range(5):
        (tmp_path / f"out/{number}.xml").write_text(LONE)
    with (tmp_path / "large.xml").open("wb") as file:
        file.truncate(1_000_001)
    found = read(tmp_path, "out", "large.xml")
    assert len(found.suites) == 3
    assert found.problems == (
        "2 more reports in out were not read",
        "the report large.xml cannot be read: it is larger than 1 MB",
    )


def test_many_failed_tests_are_counted_and_some_kept(tmp_path: Path) -> None:
    case = f'<testcase name="t"><failure message="{"m" * 5000}">{"d" * 50_000}</failure></testcase>'
    found = results(tmp_path, f'<testsuite name="x">{case * 250}</testsuite>')
    assert found.total.failed == 250
    assert len(found.failed) == 200
    assert (len(found.failed[0].message), len(found.failed[0].details)) == (2_000, 20_000)


def test_the_lines_show_suites_and_the_first_messages(tmp_path: Path) -> None:
    lines = list(shown("test/unit", results(tmp_path, PYTEST), colour=False))
    assert lines == [
        "test/unit: 4 tests, 2 failed, 1 skipped in 20 min 0 s",
        "    suite   tests  failed  skipped",
        "    pytest      4       2        1",
        "    failed  pytest / tests.test_a.test_bad: assert 1 == 2",
        "    failed  pytest / tests.test_b.test_broken: failed on setup",
    ]
    coverage = results(tmp_path, GCOVR, ReportKind.COBERTURA)
    assert list(shown("a/b", coverage, colour=False)) == ["a/b: 87.5 % of lines, 60.0 % of branches covered (r.xml)"]


def test_of_many_suites_those_with_failed_tests_are_shown(tmp_path: Path) -> None:
    good, bad = '<testsuite name="good"/>', '<testsuite name="bad"><testcase><failure/></testcase></testsuite>'
    lines = list(shown("a/b", results(tmp_path, f"<testsuites>{good * 40}{bad * 12}</testsuites>"), colour=False))
    assert [line.split()[0] for line in lines[2:22]] == ["bad"] * 12 + ["good"] * 8
    assert lines[22] == "    and 32 more suites"
    assert lines[-1] == "    and 2 more failed tests"


def test_what_is_in_a_report_is_shown_as_text(tmp_path: Path) -> None:
    hostile = "\x1b]0;title\x07"
    text = LONE.replace("go", "a&#10;b").replace("<testcase", '<testcase classname="&#x9b;31m"')
    found = results(tmp_path, text.replace("/></", '><failure message="x&#10;y&#x202e;z"/></testcase></'))
    shown_lines = "\n".join(shown(hostile, found, colour=False))
    assert "\x9b" not in shown_lines
    assert "\u202e" not in shown_lines
    assert "a b / " in shown_lines
