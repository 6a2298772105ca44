"""What a GitHub job's summary says of reports: the step's own lines, run by a shell with and without Python."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from transpiler.ir import ReportKind
from transpiler.program import Report
from transpiler.targets.github.summary import lines

HOSTILE = "</pre> **b** `c` [d](http://e) ${{ github.token }} ::add-mask::f &amp;#x3c; <script>"
TESTS = f"""<testsuites><testsuite name="s">
  <testcase classname="c" name="passes"/>
  <testcase classname="c" name="skips"><skipped/></testcase>
  <testcase classname="c" name="fails"><failure message="1 is
not 2">trace</failure></testcase>
  <testcase name="breaks"><error>{HOSTILE.replace("&", "&amp;").replace("<", "&lt;")}</error></testcase>
</testsuite></testsuites>"""


def summary(root: Path, *reports: Report, path: str = "") -> tuple[str, str]:
    """The summary, and what the step prints; `path` is its $PATH."""
    kept = root / "summary"
    kept.touch()
    env = {**os.environ, "GITHUB_STEP_SUMMARY": str(kept), "stop_token": "t0ken", **({"PATH": path} if path else {})}
    program = "\n".join(lines(reports))
    done = subprocess.run(["/bin/sh", "-c", program], cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return kept.read_text(), done.stdout


def junit(root: Path, content: str, path: str = "junit.xml") -> Report:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(content)
    return Report(ReportKind.JUNIT, path, directory=None)


def test_it_counts_and_lists_what_has_failed(tmp_path: Path) -> None:
    text, printed = summary(tmp_path, junit(tmp_path, TESTS))
    assert "junit.xml: 4 tests, 2 failed, 1 skipped\n" in text
    assert "  c.fails: 1 is not 2\n" in text
    assert "passes" not in text
    assert "junit.xml: 4 tests, 2 failed, 1 skipped" in printed


def test_nothing_in_a_report_is_markup_or_a_command(tmp_path: Path) -> None:
    text, printed = summary(tmp_path, junit(tmp_path, TESTS))
    assert text.count("</pre>") == 1
    assert "<script>" not in text
    assert printed.startswith("::stop-commands::t0ken\n")
    inside = text.partition("<pre>")[2].partition("</pre>")[0]
    assert "**b**" in inside
    assert not [line for line in inside.splitlines() if line.startswith("::")]
    assert "\n\n" not in inside.strip("\n")


def test_a_directory_has_a_report_in_each_file(tmp_path: Path) -> None:
    for name in ("a.xml", "b/c.xml", "d.txt"):
        junit(tmp_path, "<testsuite><testcase name='x'/></testsuite>", f"out/{name}")
    text, _ = summary(tmp_path, Report(ReportKind.JUNIT, "out", directory=True))
    assert [line for line in text.splitlines() if "tests" in line] == [
        "out/a.xml: 1 tests, 0 failed, 0 skipped",
        "out/b/c.xml: 1 tests, 0 failed, 0 skipped",
    ]


def test_coverage(tmp_path: Path) -> None:
    (tmp_path / "cov.xml").write_text("<coverage line-rate='0.8254'/>")
    text, _ = summary(tmp_path, Report(ReportKind.COBERTURA, "cov.xml", directory=None))
    assert "cov.xml: 82.5 % of lines covered" in text


BOMB = (
    "<!DOCTYPE a [<!ENTITY a '"
    + "x" * 1000
    + "'>"
    + "".join(f"<!ENTITY {b} '{f'&{a};' * 30}'>" for a, b in zip("abcde", "bcdef", strict=True))
    + "]><testsuite>&f;</testsuite>"
)


@pytest.mark.parametrize("content", ["", "<testsuite>", "not XML", "<coverage line-rate='x'/>", BOMB])
def test_what_cannot_be_read_is_told(tmp_path: Path, content: str) -> None:
    kind = ReportKind.COBERTURA if "line-rate" in content else ReportKind.JUNIT
    (tmp_path / "r.xml").write_text(content)
    text, _ = summary(tmp_path, Report(kind, "r.xml", directory=None))
    assert "r.xml: not a report that can be read: " in text


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "r.xml").symlink_to("/etc/hostname")
    text, _ = summary(tmp_path, Report(ReportKind.JUNIT, "r.xml", directory=None))
    assert "it is a link" in text


def test_without_a_file_nothing_is_said(tmp_path: Path) -> None:
    assert summary(tmp_path, Report(ReportKind.JUNIT, "r.xml", directory=None))[0] == ""


def test_many_failures_are_cut(tmp_path: Path) -> None:
    cases = "".join(f"<testcase name='t{i}'><failure/></testcase>" for i in range(60))
    text, _ = summary(tmp_path, junit(tmp_path, f"<testsuite>{cases}</testsuite>"))
    assert "and 10 more" in text
    assert "t50" not in text


def test_without_python_it_says_where_the_reports_are(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sh").symlink_to(shutil.which("sh") or "/bin/sh")
    text, _ = summary(tmp_path, junit(tmp_path, TESTS), path=str(tmp_path / "bin"))
    assert "The reports are among the artifacts" in text


def test_odd_paths_are_words(tmp_path: Path) -> None:
    report = junit(tmp_path, "<testsuite/>", "a b'${{ x }}$(id).xml")
    assert summary(tmp_path, report)[0].startswith("<pre>\na b")
