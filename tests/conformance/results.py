"""The test results that an engine was given to show, read from the files that it took.

A result is a line `SUITE/TEST passed`, `failed` or `skipped`; of coverage `FILE 87.5 %`. Knows no engine.
"""

from __future__ import annotations

import io
import tarfile
import xml.etree.ElementTree as tree
from collections.abc import Iterable, Iterator
from pathlib import Path

from transpiler.ir import ReportKind
from transpiler.program import Plan


def below(directory: Path) -> Iterator[tuple[str, str, bytes]]:
    """The kind, the path and the content of each file in `KIND/PATH`."""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            kind, _, name = path.relative_to(directory).as_posix().partition("/")
            yield kind, name, path.read_bytes()


def among(plan: Plan, archived: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, str, bytes]]:
    """The same of those artifacts that are reports."""
    kinds = {r.path: r.kind.value for p in plan.pipelines for s in p.stages for r in s.reports}
    for name, content in archived:
        if kind := kinds.get(name.removesuffix(".tar.gz")) or kinds.get(name):
            yield kind, name, content


def results(found: Iterable[tuple[str, str, bytes]]) -> tuple[str, ...]:
    """The results in these reports."""
    return tuple(sorted({line for kind, name, content in found for line in _of_file(kind, name, content)}))


def _of_file(kind: str, name: str, content: bytes) -> Iterator[str]:
    if name.endswith(".tar.gz"):
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            for member in tar.getmembers():
                if member.name.endswith(".xml") and (file := tar.extractfile(member)):
                    yield from _of_file(kind, member.name, file.read())
        return
    try:
        root = tree.fromstring(content)
    except tree.ParseError:
        yield f"{name} is broken"
        return
    if kind == ReportKind.COBERTURA:
        yield f"{name} {100 * float(root.get('line-rate', 0)):.1f} %"
        return
    for suite in root.iter("testsuite"):
        for case in suite.findall("testcase"):
            failed = any(case.find(tag) is not None for tag in ("failure", "error"))
            end = "failed" if failed else "skipped" if case.find("skipped") is not None else "passed"
            yield f"{suite.get('name')}/{case.get('name')} {end}"
