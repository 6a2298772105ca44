"""The table of cases and engines that a test run ends with: `same`, or why not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from .case import ENGINES

SAME = "same"
PROPERTY = "conformance"


def cells(case: str, found: Mapping[str, str]) -> str:
    """What a test hands to the table, as a property of its report: engine → `same`, or the reason why not."""
    return json.dumps({"case": case, "cells": dict(found)})


def lines(handed: Iterable[str]) -> Iterator[str]:
    """The table; each reason once, below it, by number."""
    rows = sorted((json.loads(text) for text in handed), key=lambda row: str(row["case"]))
    if not rows:
        return
    reasons: dict[str, int] = {}
    width = max(len(row["case"]) for row in rows) + 2
    yield "case".ljust(width) + "".join(engine.ljust(10) for engine in ENGINES)
    for row in rows:
        shown = [_shown(row["cells"].get(engine, ""), reasons) for engine in ENGINES]
        yield (row["case"].ljust(width) + "".join(cell.ljust(10) for cell in shown)).rstrip()
    for reason, number in reasons.items():
        yield f"({number}) {reason}"


def _shown(found: str, reasons: dict[str, int]) -> str:
    return found if found in (SAME, "", "DIFFERS") else f"({reasons.setdefault(found, len(reasons) + 1)})"
