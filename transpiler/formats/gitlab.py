"""GitLab's Code Quality report: a JSON array of what its merge requests show, a subset of Code Climate's form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from transpiler.diagnostics import Severity
from transpiler.formats.finding import Finding, Fingerprints, Found
from transpiler.report import visible

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def pieces(found: Iterable[Found]) -> Iterator[str]:
    """The array, as it arrives; repositories that could not be processed are not in it."""
    before, fingerprints = "[", Fingerprints()
    for finding in found:
        if isinstance(finding, Finding):
            text = json.dumps(_plain(finding, fingerprints), ensure_ascii=False, indent=2)
            yield before + "\n  " + text.replace("\n", "\n  ")
            before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _plain(finding: Finding, fingerprints: Fingerprints) -> dict[str, Any]:
    diagnostic, span = finding.diagnostic, finding.diagnostic.span
    return {
        "description": " ".join(finding.words.split()),  # shown on one line
        "check_name": diagnostic.code,
        "fingerprint": fingerprints.of(finding),
        "severity": _SEVERITIES[diagnostic.severity],
        "location": {
            "path": visible(finding.file),
            "lines": {"begin": span.line if span else 1, **({"end": span.end_line} if span else {})},
        },
    }
