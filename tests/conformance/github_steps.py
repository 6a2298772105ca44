"""A workflow with two steps more in each job, every other byte as it was: before the last step, which tears down, one
that keeps what the harness wants to see, and behind it one that looks at what is left.

Knows nothing of how the workflow was made, but that its steps are in YAML's block style.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

_END = Path(__file__).with_name("github_end.py")


def with_endings(text: str, state: Path, *, isolated: bool, refused: Collection[str] = ()) -> str:
    """`state` takes what `github_end.py` records. `isolated`: a job has a machine of its own, and its images go.
    `refused` are jobs that no reviewer of their environment lets start, which act does not ask."""
    lines = text.splitlines(keepends=True)
    more: dict[int, str] = {}
    for job, steps in _steps(text):
        last = steps.value[-1]
        assert not steps.flow_style, "steps in flow style"
        assert not last.flow_style, "a step in flow style"
        dash = " " * (last.start_mark.column - 2)
        more[last.start_mark.line] = _line(dash, "keep", state, job, isolated=isolated)
        end = steps.end_mark.line
        if job in refused:
            place = _member(yaml.compose(text), "jobs")
            line = _member(_member(place, job), "runs-on").start_mark.line
            more[line] = "    if: false # refused\n"
        more[end] = _line(dash, "end", state, job, isolated=isolated) + more.get(end, "")
    return "".join(f"{more.get(number, '')}{line}" for number, line in enumerate([*lines, ""]))


def _steps(text: str) -> Iterator[tuple[str, Any]]:
    """Each job's id and its node of steps."""
    for job, keys in _members(_member(yaml.compose(text), "jobs")):
        yield job, _member(keys, "steps")


def _members(node: Any) -> Iterator[tuple[str, Any]]:
    yield from ((key.value, value) for key, value in node.value)


def _member(node: Any, name: str) -> Any:
    return next(value for key, value in _members(node) if key == name)


def _line(dash: str, order: str, state: Path, job: str, *, isolated: bool) -> str:
    command = [sys.executable, "-I", str(_END), order, str(state), job, "isolated" if isolated else "shared"]
    step = {
        "name": f"harness: {order}",
        "if": "always()",
        "shell": "sh",
        "run": f'{shlex.join(command)} "${{values-}}" "${{run-}}"',
    }
    return f"{dash}- {json.dumps(step)}\n"
