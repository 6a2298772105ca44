"""When a workflow runs, and which runs keep each other out: GitHub's `on` and `concurrency`.

Written from GitHub's documentation of workflow syntax. act runs a workflow for any event that `on` names, whatever its
filters say, and knows no `concurrency`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import github_expressions as expressions
from .github_events import DEFAULT_BRANCH, Event

Workflow = Mapping[str, Any]
FILTERS: Mapping[str, frozenset[str]] = {
    "push": frozenset({"branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore"}),
    "pull_request": frozenset({"types", "branches", "branches-ignore", "paths", "paths-ignore"}),
    "merge_group": frozenset({"types", "branches", "branches-ignore"}),
    "workflow_dispatch": frozenset({"inputs"}),
    "workflow_call": frozenset({"inputs", "outputs", "secrets"}),
    "repository_dispatch": frozenset({"types"}),
}
"""The events that are known here, and the keys of each; `schedule` has a list."""
_TYPES: Mapping[str, tuple[str, ...]] = {
    "pull_request": ("opened", "synchronize", "reopened"),
    "merge_group": ("checks_requested",),
}
_CRON = tuple(zip((0, 0, 1, 1, 0), (59, 23, 31, 12, 6), strict=True))


class BadPattern(ValueError):
    pass


@dataclass(frozen=True)
class Concurrency:
    """Of all runs (or jobs) with the same `group` one is running and one waiting; a new one replaces the one that
    waits, and with `cancel` the one that runs."""

    group: str
    cancel: bool


def events(workflow: Workflow) -> dict[str, Any]:
    """Event → what is said of it."""
    said = workflow.get("on")
    if isinstance(said, str):
        return {said: None}
    return dict.fromkeys(said) if isinstance(said, list) else dict(said or {})


def runs(workflow: Workflow, event: Event) -> bool:
    """Whether GitHub runs it. `paths` are taken to match: what a commit touches is not known here."""
    known = events(workflow)
    if event.name not in known:
        return False
    said = known[event.name] or {}
    if event.name == "schedule":
        crons = [entry["cron"] for entry in said]
        return event.ref == f"refs/heads/{DEFAULT_BRANCH}" and event.payload["schedule"] in crons
    types = said.get("types", _TYPES.get(event.name))
    types = [types] if isinstance(types, str) else types
    if types and event.payload.get("action") not in types:
        return False
    if event.name == "push":
        return _pushed(said, event)
    target = event.base or str(event.payload.get("merge_group", {}).get("base_ref", event.ref))
    return _passes(said, "branches", target.removeprefix("refs/heads/"), silent=True)


def _pushed(said: Mapping[str, Any], event: Event) -> bool:
    """Where only one of branches and tags has a filter, the other does not run; `paths` never keeps a tag out."""
    kinds = {kind: {kind, f"{kind}-ignore"} & said.keys() for kind in ("branches", "tags")}
    mine, other = ("tags", "branches") if event.ref_type == "tag" else ("branches", "tags")
    return _passes(said, mine, event.ref_name, silent=not kinds[other])


def _passes(said: Mapping[str, Any], kind: str, name: str, *, silent: bool) -> bool:
    if kind in said:
        return matches(_list(said[kind]), name)
    ignored = said.get(f"{kind}-ignore")
    return silent if ignored is None else not matches(_list(ignored), name)


def _list(said: Any) -> list[str]:
    return [str(one) for one in (said if isinstance(said, list) else [said])]


def matches(patterns: Sequence[str], name: str) -> bool:
    """The last pattern that matches decides; one that begins with `!` leaves out."""
    matched = False
    for pattern in patterns:
        if regex(pattern.removeprefix("!")).fullmatch(name):
            matched = not pattern.startswith("!")
    return matched


def regex(pattern: str) -> re.Pattern[str]:
    """A pattern for branches or tags. Raises BadPattern."""
    if not pattern:
        raise BadPattern("a pattern is empty")
    return re.compile("".join(_pieces(pattern)), re.DOTALL)


def _pieces(pattern: str) -> Iterator[str]:
    """`?` and `+` count the character before them, as in a regular expression."""
    last = ""
    for found in re.finditer(r"(\*\*/?)|(\*)|([?+])|\[([^]]*)\]|\\(.)|(.)", pattern, re.DOTALL):
        double, star, count, group, escaped, plain = found.groups()
        if count and (not last or last in "*?+"):
            raise BadPattern(f"in {pattern!r} `{count}` has no character before it")
        if plain and plain in "[]\\":
            raise BadPattern(f"in {pattern!r} `{plain}` stands alone")
        if group is not None and not re.fullmatch(r"(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|[^-])+", group):
            raise BadPattern(f"in {pattern!r} [{group}] is not a set of characters")
        if double:
            yield "(?:.*/)?" if double == "**/" and found.start() in (0, *_after_slash(pattern)) else ".*"
        elif group is not None:
            yield f"[{re.sub(r'[&~|^]', lambda one: chr(92) + one[0], group)}]"
        else:
            yield "[^/]*" if star else count or re.escape(escaped or plain)
        last = "*" if double or star else count or "x"


def _after_slash(pattern: str) -> list[int]:
    return [index + 1 for index, character in enumerate(pattern) if character == "/"]


def bad_cron(cron: str) -> str | None:
    """Why GitHub refuses it."""
    fields = cron.split()
    if len(fields) != 5:
        return f"the schedule {cron!r} has not five fields"
    names = {3: "jan feb mar apr may jun jul aug sep oct nov dec", 4: "sun mon tue wed thu fri sat"}
    for place, (field, (least, most)) in enumerate(zip(fields, _CRON, strict=True)):
        for part in field.lower().split(","):
            span, _, step = part.partition("/")
            ends = [] if span == "*" else span.split("-")
            known = names.get(place, "").split()
            numbers = [known.index(end) + least if end in known else int(end) if end.isdigit() else -1 for end in ends]
            right = len(ends) <= 2 and all(least <= n <= most for n in numbers) and numbers == sorted(numbers)
            if not right or (step and (not step.isdigit() or int(step) == 0)) or part.endswith("/"):
                return f"the schedule {cron!r} has a field that means nothing: {field}"
    return None


def concurrency(said: Any, event: Event, workflow: Workflow, path: str = "") -> Concurrency | None:
    """What a workflow's (or a job's) key `concurrency` comes to for the event."""
    if said is None:
        return None
    keys = said if isinstance(said, Mapping) else {"group": said}
    contexts = {"github": {**event.github(), "workflow": workflow.get("name", path)}, "vars": {}, "inputs": {}}
    cancel = keys.get("cancel-in-progress", False)
    return Concurrency(
        expressions.expanded(str(keys["group"]), contexts),
        expressions.condition(cancel, contexts),
    )


def together(first: Concurrency | None, second: Concurrency | None) -> str:
    """What becomes of a run that is running when a second one begins: `both run`, `the second waits` or `the first is
    cancelled`."""
    if first is None or second is None or first.group.lower() != second.group.lower():
        return "both run"
    return "the first is cancelled" if second.cancel else "the second waits"
