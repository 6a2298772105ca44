"""Finds and reads the report files of a stage: test results in JUnit's form, coverage in Cobertura's.

A report comes out of a container that ran anybody's code, so nothing in it is trusted: links are not followed, sizes
and depths are limited, entities are not expanded, nothing is loaded. A report that cannot be read is a problem to tell;
it fails nothing.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from junitparser import Error, Failure, TestCase

from transpiler.files import is_folder, stays
from transpiler.ir import ReportKind
from transpiler.local.results import Coverage, FailedTest, Results, Suite
from transpiler.program import Report

_LARGEST = 20_000_000
_MOST_FILES = 2_000
_DEEPEST = 100
_MOST_FAILED = 200
_LONG_MESSAGE = 2_000
_LONG_DETAILS = 20_000


class _Unreadable(Exception):
    """A report cannot be read; the message says why."""


def read(reports: Iterable[Report], checkout: Path) -> Results:
    """The results in these reports, which are below the checkout."""
    made = Results()
    for report in reports:
        paths = list(_paths(report, checkout))
        if not paths:
            made = _joined(made, Results(problems=(f"there is no report {report.path}",)))
        for path in paths[:_MOST_FILES]:
            name = os.path.relpath(path, checkout)
            try:
                made = _joined(made, _file(report.kind, name, path))
            except _Unreadable as why:
                made = _joined(made, Results(problems=(f"the report {name} cannot be read: {why}",)))
        if len(paths) > _MOST_FILES:
            more = f"{len(paths) - _MOST_FILES} more reports in {report.path} were not read"
            made = _joined(made, Results(problems=(more,)))
    return made


def _joined(one: Results, other: Results) -> Results:
    return Results(
        one.suites + other.suites,
        (one.failed + other.failed)[:_MOST_FAILED],
        one.coverage + other.coverage,
        one.problems + other.problems,
    )


def _paths(report: Report, checkout: Path) -> Iterator[Path]:
    """The files of a report: the path itself, or every XML file below it, in the order of their names."""
    path = checkout / report.path
    if not stays(checkout, report.path):
        return
    if not is_folder(path):
        if os.path.lexists(path):
            yield path
        return
    for folder, below, names in os.walk(path):
        below.sort()
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(".xml"))


def _file(kind: ReportKind, name: str, path: Path) -> Results:
    root = _root(_content(path))
    if kind is ReportKind.COBERTURA:
        return Results(coverage=(_coverage(name, root),))
    return _junit(root)


def _content(path: Path) -> bytes:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _Unreadable("it is not a file")
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise _Unreadable("it is a link" if path.is_symlink() else error.strerror or str(error)) from None
    if len(content) > _LARGEST:
        raise _Unreadable(f"it is larger than {_LARGEST // 1_000_000} MB")
    return content


def _root(content: bytes) -> ElementTree.Element:
    """The root element. Raises _Unreadable unless the text is well-formed, declares no entities and is not too deep."""
    depth = 0

    def entity(*_: object) -> None:
        raise _Unreadable("it declares entities")

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _Unreadable(f"its elements are more than {_DEEPEST} deep")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    checker = expat.ParserCreate()
    checker.EntityDeclHandler, checker.StartElementHandler, checker.EndElementHandler = entity, start, end
    try:
        checker.Parse(content, True)
        return ElementTree.fromstring(content)  # entities are refused above
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        raise _Unreadable(f"it is not well-formed XML ({error})") from None


def _junit(root: ElementTree.Element) -> Results:
    if root.tag not in ("testsuites", "testsuite"):
        raise _Unreadable(f"its element is `{root.tag[:80]}`, not `testsuites` or `testsuite`")
    suites: list[Suite] = []
    failed: list[FailedTest] = []
    for element in root.iter():
        cases = [TestCase.fromelem(case) for case in element.iterfind("testcase")]  # type: ignore[no-untyped-call]
        if cases or (element.tag == "testsuite" and element.find("testsuite") is None):
            suites.append(_suite(element, cases))
            failed += (_failed(suites[-1], case) for case in cases if case.is_failure or case.is_error)
    return Results(tuple(suites), tuple(failed))


def _suite(element: ElementTree.Element, cases: list[TestCase]) -> Suite:
    bad = [case.is_failure or case.is_error for case in cases]
    skipped = sum(case.is_skipped and not failed for case, failed in zip(cases, bad, strict=True))
    times = [_number(case.get("time")) for case in (element, *element.iterfind("testcase"))]
    seconds = times[0] or sum(time or 0 for time in times[1:])
    return Suite(element.get("name", ""), len(cases), sum(bad), skipped, seconds)


def _failed(suite: Suite, case: TestCase) -> FailedTest:
    """A failed test. Some tools write the message as the element's text alone: its first line is then the message."""
    result = next(result for result in case.result if isinstance(result, Failure | Error))
    text = (result.text or "").strip("\n")
    message = (result.message or text.strip().partition("\n")[0] or result.type or "").strip()
    name = ".".join(filter(None, (case.classname, case.name))) or "(no name)"
    return FailedTest(suite.name, name, message[:_LONG_MESSAGE], text[:_LONG_DETAILS])


def _coverage(name: str, root: ElementTree.Element) -> Coverage:
    if root.tag != "coverage":
        raise _Unreadable(f"its element is `{root.tag[:80]}`, not `coverage`")
    return Coverage(name, _share(root.get("line-rate")), _share(root.get("branch-rate")))


def _share(text: str | None) -> float | None:
    found = _number(text)
    return found if found is not None and found <= 1 else None


def _number(text: str | None) -> float | None:
    """A number of a report that is not negative. Some tools write `1,234.5`."""
    try:
        found = float((text or "").replace(",", ""))
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None
