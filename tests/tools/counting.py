"""Counts the steps that a computation takes: every line of the compiler that is reached, also by going round a loop.

No clock has a part in it: the same input gives the same counts on any machine.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

_PACKAGE = str(Path(__file__).resolve().parents[2] / "transpiler")


def steps(work: Callable[[], object]) -> Counter[str]:
    """How many lines each function of the compiler ran."""
    found: Counter[str] = Counter()

    def enter(frame: FrameType, event: str, argument: Any) -> Callable[[FrameType, str, Any], Any] | None:
        code = frame.f_code
        if not code.co_filename.startswith(_PACKAGE):
            return None
        name = f"{Path(code.co_filename).relative_to(_PACKAGE)}:{code.co_firstlineno} {code.co_qualname}"

        def count(frame: FrameType, event: str, argument: Any) -> Any:
            if event == "line":
                found[name] += 1
            return count

        return count

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        work()
    finally:
        sys.settrace(before)
    return found
