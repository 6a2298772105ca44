"""Keeps a record of a run in the user's state directory, and removes what killed runs have left."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from transpiler.local import run_record
from transpiler.local.lines import one_line
from transpiler.local.outcome import Outcome
from transpiler.local.run_record import RunRecord
from transpiler.local.sweep import sweep


def remembered(record: RunRecord, run: Callable[[], Outcome], tell: Callable[[str], None], *, keep: bool) -> Outcome:
    """Removes what killed runs have left; then makes the work directory of the record, calls `run`, and removes the
    directory. Meanwhile the record is held, so that the next run can do the same if this one is killed. With `keep`
    nothing of this run is removed, now or later. `tell` gets lines. Raises OSError, and what `run` raises."""
    records = _records()
    for line in sweep(records, record.where, os.environ):
        tell(one_line(line))
    with ExitStack() as stack:
        if not keep:
            try:
                stack.enter_context(run_record.held(record, records))
            except OSError as error:
                tell(f"if this run is killed, no later one removes what it leaves: no record in {records}: {error}")
        record.work.mkdir(mode=0o700)
        left = keep
        try:
            outcome = run()
            left = keep or outcome.left
            return outcome
        finally:
            if not left:
                shutil.rmtree(record.work, ignore_errors=True)
                run_record.removed(record, records)


def _records() -> Path:
    from platformdirs import user_state_path  # only runs keep anything there

    return user_state_path("transpipe") / "runs"
