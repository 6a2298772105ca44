"""Plans and results as lines for people, and as data for `--json`. It prints nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from transpiler.jenkins_sync.plan import Entry, Plan, State
from transpiler.jenkins_sync.server.write import Done, Result

_SIGNS = {
    State.CREATE: "+",
    State.UPDATE: "~",
    State.RENAME: ">",
    State.UNCHANGED: " ",
    State.DRIFTED: "?",
    State.CONFLICT: "!",
    State.ORPHAN: "-",
}


def table(plan: Plan) -> Iterator[str]:
    """A line for each job and folder, with its state, name and reason; then a patch for each job that was inspected."""
    width = max((len(entry.path) for entry in plan.entries), default=0)
    for entry in plan.entries:
        yield _visible(f"{_SIGNS[entry.state]} {entry.state:<9}  {entry.path:<{width}}  {_why(entry)}".rstrip())
    yield from (_visible(f"+ folder     {path}") for path in plan.folders)
    yield from (_visible(f"- folder     {path}  empty once the orphans are deleted") for path in plan.emptied)
    for entry in plan.entries:
        if entry.diff:
            yield ""
            yield _visible(f"{entry.state} {entry.path}")
            yield from (f"    {_visible(line)}" for line in entry.diff)


def counts(entries: Iterable[Entry]) -> str:
    """The number of entries in each state."""
    found = Counter(entry.state for entry in entries)
    return ", ".join(f"{found[state]} {state}" for state in State if found[state]) or "no jobs"


def plan_data(plan: Plan) -> dict[str, Any]:
    """The plan for `--json`."""
    found = Counter(entry.state for entry in plan.entries)
    return {
        "jobs": [_entry_data(entry) for entry in plan.entries],
        "folders": list(plan.folders),
        "emptied": list(plan.emptied),
        "counts": {state.value: found[state] for state in State},
    }


def _entry_data(entry: Entry) -> dict[str, Any]:
    mark = entry.wanted.mark if entry.wanted else entry.item.mark if entry.item else None
    return {
        "name": entry.path,
        "state": entry.state.value,
        "owner": mark.owner if mark else "",
        "source": mark.source if mark else "",
        "from": mark.origin if mark else "",
        "why": entry.why,
        "diff": list(entry.diff),
    }


def line(result: Result) -> str:
    """The line that is printed for the result of one job."""
    state = f"{result.state}: " if result.done is Done.LEFT and result.state else ""
    return _visible(f"{result.done:<9}  {result.path}  {state}{result.why}".rstrip().removesuffix(":"))


def result_data(result: Result) -> dict[str, Any]:
    """The result of one job for `apply --json`."""
    state = result.state.value if result.state else "folder"
    return {"name": result.path, "done": result.done.value, "state": state, "why": result.why}


def summary(done: Mapping[Done, int], seconds: float) -> str:
    """A line with the number of jobs for each result, and the time that the run took."""
    parts = ", ".join(f"{done[what]} {what}" for what in Done if done.get(what)) or "nothing to do"
    return f"{parts} in {seconds:.1f} s"


def _why(entry: Entry) -> str:
    forced = "; not changed without --force" if entry.state is State.DRIFTED else ""
    return f"{entry.why}{forced}"


def _visible(text: str) -> str:
    """Text from the server on one line, with control characters made visible."""
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text)
