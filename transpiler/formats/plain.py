"""An array of JSON objects with the fields of each diagnostic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transpiler import report
from transpiler.formats.finding import Finding, Found


def pieces(found: Iterable[Found]) -> Iterator[str]:
    """The array, as it arrives; repositories that could not be processed are not in it."""
    return report.json_array(finding.diagnostic for finding in found if isinstance(finding, Finding))
