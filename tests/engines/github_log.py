"""What act tells of a run, read from its log as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SIGN = re.compile(r"  [⚙❗❓🚧💬]  ")
# They are shown with what a step wrote to its files, too.
_FROM_FILES = ("set-output", "set-env", "add-path", "save-state")


@dataclass(frozen=True)
class ActRun:
    """`jobs`: id → `success` or `failure`; `steps`: the same for each step by job and name, `ids` by job and id (or
    number). What did not run is not in them. `logs`: what each job printed; `summaries`: what its steps wrote for the
    run's page; `output`: all of the log."""

    status: int
    jobs: Mapping[str, str]
    steps: Mapping[str, Mapping[str, str]]
    ids: Mapping[str, Mapping[str, str]]
    logs: Mapping[str, str]
    summaries: Mapping[str, str]
    output: str


def read(status: int, text: str) -> ActRun:
    """A run that ended with that status."""
    jobs: dict[str, str] = {}
    steps: dict[str, dict[str, str]] = {}
    ids: dict[str, dict[str, str]] = {}
    logs: dict[str, str] = {}
    summaries: dict[str, str] = {}
    last: dict[str, str] = {}
    output = ""
    for line in text.splitlines():
        entry = _entry(line)
        message, job = str(entry.get("msg", line)), entry.get("jobID", "")
        output += message if entry.get("raw_output") else f"{message}\n"
        if entry.get("command") == "summary":
            summaries[job] = summaries.get(job, "") + entry["content"]
        elif entry.get("raw_output") or entry.get("command", "set-env") not in _FROM_FILES:
            logs[job] = logs.get(job, "") + _printed(message)
            last[job] = message
        if jobs.get(job) != "failure" and "jobResult" in entry:  # one of a matrix has failed: the job has
            jobs[job] = entry["jobResult"]
        if "stepResult" in entry and last.pop(job, "") == "\n":
            logs[job] = logs[job].removesuffix("\n")  # about one step in thirty ends with an empty line of act's own
        if _is_step(entry):
            steps.setdefault(job, {})[entry["step"]] = entry["stepResult"]
            ids.setdefault(job, {})[entry["stepID"][0]] = entry["stepResult"]
    return ActRun(status, jobs, steps, ids, logs, summaries, output)


def _is_step(entry: Mapping[str, Any]) -> bool:
    """Whether it tells the end of a step of the workflow's, and not of an action's."""
    return entry.get("stage") == "Main" and "stepResult" in entry and len(entry["stepID"]) == 1


def _printed(message: str) -> str:
    """What act takes for a command it shows behind a sign."""
    sign = _SIGN.match(message)
    return message[sign.end() :].removesuffix("\n") + "\n" if sign else message


def _entry(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
