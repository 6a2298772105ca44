"""An audit in words, for people: a paragraph for each repository, and the totals.

Both are made from plain data, in which control characters are escapes already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from transpiler.app.audited import Staleness, Standing
from transpiler.diagnostics import Severity
from transpiler.targets import TARGETS

_STANDINGS = {
    Standing.COMPILED: "{} without errors",
    Standing.ERRORS: "{} with errors",
    Standing.FOREIGN: "{} with a config of another program",
    Standing.NOT_FOUND: "{} without a config",
    Standing.UNREADABLE: "{} unreadable",
    Standing.BUG: "{} that transpipe fails on",
}
_STATES = {
    Staleness.EDITED: "edited by hand",
    Staleness.STALE: "stale",
    Staleness.MISSING: "missing",
    Staleness.FOREIGN: "not written by transpipe",
    Staleness.ORPHANED: "no longer generated",
    Staleness.NEWER: "made by a newer transpipe",
    Staleness.OLDER: "made by an older transpipe",
    Staleness.UNKNOWN: "not compared",
    Staleness.FRESH: "fresh",
}


def of_repository(data: Mapping[str, Any]) -> str:
    """The paragraph about one repository: what it is, its outputs, and what is to be done or known."""
    name = _line(data["name"])
    if data["failure"] is not None:
        return f"{name}: {_line(data['failure'])}\n"
    pipelines = len(data["pipelines"])
    facts = [data["dialect"], f"profile {_line(data['profile'])}" if data["profile"] else ""]
    facts.append(_number(pipelines, "pipeline") if pipelines else "")
    facts += [_outputs(data["outputs"]), _severities(data["counts"])]
    return "".join(f"{line}\n" for line in (f"{name}: {', '.join(filter(None, facts)) or 'unknown'}", *_details(data)))


def _outputs(outputs: Iterable[Mapping[str, Any]]) -> str:
    found = [output["state"] for output in outputs]
    counts = [(found.count(state), words) for state, words in _STATES.items()]
    if len(found) == found.count(Staleness.FRESH):
        return "outputs fresh" if found else "no outputs"
    return f"outputs {', '.join(f'{count} {words}' for count, words in counts if count)}"


def _severities(counts: Mapping[str, int]) -> str:
    return ", ".join(_number(counts[severity], severity) for severity in Severity if counts[severity])


def _details(data: Mapping[str, Any]) -> Iterator[str]:
    for output in data["outputs"]:
        if output["state"] not in (Staleness.FRESH, Staleness.UNKNOWN):
            why = f": {_line(output['why'])}" if output["why"] else ""
            yield f"  {_line(output['path'])} {_STATES[output['state']]}{why}"
    codes = dict.fromkeys((d["severity"], d["code"]) for d in data["diagnostics"])
    for severity in Severity:
        if found := [code for its, code in codes if its == severity]:
            yield f"  {severity}: {', '.join(found)}"
    if silent := dict.fromkeys(breach["rule"] for breach in data["house_rules"] if breach["severity"] == "off"):
        yield f"  breaks house rules that its profile does not ask for: {', '.join(silent)}"
    for target, lost in (data["losses"] or {}).items():
        if lost:
            other = "" if target in data["targets"] else ", which is not one of its targets"
            yield f"  loses on {TARGETS[target].title}{other}: {', '.join(loss['feature'] for loss in lost)}"
    for event, bills in (data["cost"] or {}).items():
        for target, bill in bills.items():
            path = f"{_number(len(bill['path']['stages']), 'stage')} in a row"
            yield f"  costs for a {event} on {TARGETS[target].title}: {_costs(bill)}, {path}"


def _costs(bill: Mapping[str, Any]) -> str:
    return f"{_number(bill['jobs'], 'job')}, {_number(bill['images'], 'image')} between them"


def of_totals(totals: Mapping[str, Any]) -> str:
    """The totals of all repositories."""
    lines = [_number(totals["repositories"], "repository", "repositories")]
    status = ", ".join(_STANDINGS[Standing(name)].format(f"{n:,}") for name, n in totals["status"].items())
    lines[0] += f": {status}" if status else ""
    rows = {
        "outputs": {_STATES[Staleness(name)]: n for name, n in totals["outputs"].items()},
        "dialects": totals["dialects"],
        "profiles": {_line(name): n for name, n in totals["profiles"].items()},
        "house rules broken": totals["house_rules"],
        "loses something on": {TARGETS[name].title: n for name, n in totals["losses"].items()},
        "diagnostics": {
            f"{code} ({found['severity']})": found["repositories"] for code, found in totals["diagnostics"].items()
        },
    }
    for title, counts in rows.items():
        if counts:
            lines.append(f"{title}: {', '.join(f'{n:,} {name}' for name, n in counts.items())}")
    for event, bills in (totals["cost"] or {}).items():
        for target, bill in bills.items():
            whose = f"a {event} in each of {_number(bill['repositories'], 'repository', 'repositories')}"
            path = f"at most {_number(bill['path'], 'stage')} in a row"
            lines.append(f"cost of {whose} on {TARGETS[target].title}: {_costs(bill)}, {path}")
    return "".join(f"{line}\n" for line in lines)


def _number(count: int, word: str, words: str = "") -> str:
    return f"{count:,} {word if count == 1 else words or f'{word}s'}"


def _line(text: str) -> str:
    return text.replace("\n", "\\n")
