"""What GitHub refuses in a workflow, or would quietly do otherwise than act: needs, names, limits, and where which
contexts may stand.

Written from GitHub's documentation: workflow syntax, context availability, limits. Schemas and linters see some of it;
act runs most of it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from . import github_expressions as expressions
from . import github_rules as rules
from .github_actions import INPUTS, stand_in
from .github_expressions import STATUS, BadExpression

BYTES = 512 * 1024
COMBINATIONS = 256
DISPATCH_INPUTS = 25
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SECRET = re.compile(r"secrets\s*\.\s*([A-Za-z0-9_-]+)", re.IGNORECASE)

_JOB = frozenset({"github", "needs", "strategy", "matrix", "vars", "inputs"})
_STEP = _JOB | {"job", "runner", "env", "secrets", "steps"}
_EVENT = frozenset({"github", "inputs", "vars"})
_AVAILABLE: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "run-name": (_EVENT, frozenset()),
    "concurrency": (_EVENT, frozenset()),
    "env": (_EVENT | {"secrets"}, frozenset()),
    "jobs.*.name": (_JOB, frozenset()),
    "jobs.*.if": (frozenset({"github", "needs", "vars", "inputs"}), STATUS),
    "jobs.*.concurrency": (_JOB, frozenset()),
    "jobs.*.continue-on-error": (_JOB, frozenset()),
    "jobs.*.defaults": (_JOB | {"env"}, frozenset()),
    "jobs.*.env": (_JOB | {"secrets"}, frozenset()),
    "jobs.*.environment": (_JOB, frozenset()),
    "jobs.*.outputs": (_STEP, frozenset()),
    "jobs.*.runs-on": (_JOB, frozenset()),
    "jobs.*.strategy": (frozenset({"github", "needs", "vars", "inputs"}), frozenset()),
    "jobs.*.timeout-minutes": (_JOB, frozenset()),
    "jobs.*.container": (_JOB | {"env", "secrets"}, frozenset()),
    "jobs.*.services": (_JOB | {"env", "secrets"}, frozenset()),
    "jobs.*.with": (_JOB, frozenset()),
    "jobs.*.secrets": (_JOB | {"secrets"}, frozenset()),
    "jobs.*.steps.*.if": (_STEP - {"secrets"}, STATUS | {"hashFiles"}),
    **{
        f"jobs.*.steps.*.{key}": (_STEP, frozenset({"hashFiles"}))
        for key in ("continue-on-error", "env", "name", "run", "timeout-minutes", "with", "working-directory")
    },
}
"""Key → the contexts and the special functions that its expressions may have; elsewhere there are no expressions."""
_ANYWHERE = frozenset(expressions.FUNCTIONS) - STATUS - {"hashFiles"}


class _Loader(yaml.SafeLoader):
    """YAML as GitHub reads it: `on` is a text, a key stands once."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in found if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    ]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise yaml.MarkedYAMLError(problem=f"the key {twice[0]} is given twice", problem_mark=node.start_mark)
    return {key: loader.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value, strict=True)}


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def load(text: str) -> dict[str, Any]:
    """A workflow's data. Raises yaml.YAMLError."""
    data = yaml.load(text, _Loader)
    return data if isinstance(data, dict) else {}


def refusals(text: str) -> list[str]:
    """Why GitHub does not take the workflow; empty where it does."""
    if len(text.encode()) > BYTES:
        return [f"the file has more than {BYTES} bytes"]
    try:
        if any(isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) for event in yaml.parse(text)):
            return ["the YAML has an anchor, which not every reader of workflows knows"]
        data = load(text)
    except yaml.YAMLError as error:
        return [f"YAML: {error}"]
    jobs = data.get("jobs")
    if not isinstance(jobs, dict) or not jobs or not all(isinstance(job, dict) for job in jobs.values()):
        return ["there are no jobs"]
    return [*_events(data), *_needs(jobs), *_expressions(data), *(p for job in jobs.items() for p in _job(*job))]


def _events(data: Mapping[str, Any]) -> Iterator[str]:
    if any("${{" in text for _, text in _texts("on", data.get("on"))):
        yield "an expression in `on`"
    for event, said in rules.events(data).items():
        if event == "schedule":
            yield from filter(None, (rules.bad_cron(str(entry["cron"])) for entry in said or ()))
            continue
        if event not in rules.FILTERS:
            yield f"the event {event} is not known here"
            continue
        keys = set(said or {})
        yield from (f"the event {event} has no {key}" for key in sorted(keys - rules.FILTERS[event]))
        for kind in ("branches", "tags", "paths"):
            if {kind, f"{kind}-ignore"} <= keys:
                yield f"{event} has {kind} and {kind}-ignore"
            yield from _patterns(
                event, [str(one) for key in (kind, f"{kind}-ignore") for one in (said or {}).get(key, ())]
            )
        if len((said or {}).get("inputs", ())) > DISPATCH_INPUTS:
            yield f"more than {DISPATCH_INPUTS} inputs"


def _patterns(event: str, patterns: list[str]) -> Iterator[str]:
    if patterns and all(pattern.startswith("!") for pattern in patterns):
        yield f"{event} has only patterns that leave out"
    for pattern in patterns:
        try:
            rules.regex(pattern.removeprefix("!"))
        except rules.BadPattern as bad:
            yield str(bad)


def _needs(jobs: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    needs = {job: _list(said.get("needs")) for job, said in jobs.items()}
    unknown = [(job, need) for job, found in needs.items() for need in found if need not in jobs]
    yield from (f"job {job} needs {need}, which is not there" for job, need in unknown)
    started: set[str] = set()
    while ready := {job for job, found in needs.items() if job not in started and started.issuperset(found)}:
        started |= ready
    if not unknown and len(started) < len(jobs):
        yield f"a cycle of needs among: {', '.join(sorted(jobs.keys() - started))}"


def _job(name: str, job: Mapping[str, Any]) -> Iterator[str]:
    if not _ID.fullmatch(name) or len(name) > 100:
        yield f"{name!r} is not the id of a job"
    steps = job.get("steps")
    if "uses" not in job and ("runs-on" not in job or not steps):
        yield f"job {name} has not both runs-on and steps"
    matrix = job.get("strategy", {}).get("matrix", {})
    lists = [found for key, found in matrix.items() if isinstance(found, list) and key not in ("include", "exclude")]
    count = len(list(itertools.islice(itertools.product(*lists), COMBINATIONS + 1))) if lists else 0
    if count + len(matrix.get("include", ())) > COMBINATIONS:
        yield f"the matrix of job {name} has more than {COMBINATIONS} combinations"
    ids = [str(step["id"]).lower() for step in steps or () if "id" in step]
    yield from (f"job {name} has the step {one} twice" for one in sorted({i for i in ids if ids.count(i) > 1}))
    for number, step in enumerate(steps or ()):
        yield from _step(f"step {number} of job {name}", step)


def _step(place: str, step: Mapping[str, Any]) -> Iterator[str]:
    if ("run" in step) == ("uses" in step):
        yield f"{place} has not one of run and uses"
    if "id" in step and not _ID.fullmatch(str(step["id"])):
        yield f"{place}: {step['id']!r} is not the id of a step"
    if "uses" in step:
        yield from (f"{place} has uses and {key}" for key in ("shell", "working-directory") if key in step)
        action = stand_in(str(step["uses"]))
        if action:
            unknown = sorted(set(step.get("with") or {}) - set(INPUTS[action]))
            yield from (f"{place}: {action} is not known to have the input {key}" for key in unknown)
    yield from _variables(place, step)


def _variables(place: str, keys: Mapping[str, Any]) -> Iterator[str]:
    env = keys.get("env")
    for name in env if isinstance(env, Mapping) else ():
        if not re.fullmatch(r"[^\s=\x00]+", str(name)) or re.match("(?i)GITHUB_(?!TOKEN$)|RUNNER_", str(name)):
            yield f"{place} cannot set the variable {name!r}"


def _expressions(data: Mapping[str, Any]) -> Iterator[str]:
    yield from _variables("the workflow", data)
    for name, job in data["jobs"].items():
        yield from _variables(f"job {name}", job)
    for path, text in _texts("", data):
        if path.startswith("on."):
            continue
        try:
            yield from _expression(path, text)
        except BadExpression as bad:
            yield f"{path}: {bad}"


def _expression(path: str, text: str) -> Iterator[str]:
    pattern = re.sub(r"^jobs\.[^.]+", "jobs.*", path)
    pattern = re.sub(r"\.steps\.\d+", ".steps.*", pattern)
    bare = pattern.endswith(".if") and "${{" not in text
    trees = (
        [expressions.parse(text)] if bare else [part for part in expressions.parts(text) if not isinstance(part, str)]
    )
    if not trees:
        return
    place = next((key for key in _AVAILABLE if pattern == key or pattern.startswith(f"{key}.")), None)
    if place is None:
        yield f"{path} takes no expressions"
        return
    contexts, functions = _AVAILABLE[place]
    for tree in trees:
        used = expressions.used(tree)
        yield from (f"{path} has no context {name}" for name in sorted(used.contexts - contexts))
        yield from (f"{path} has no function {name}" for name in sorted(used.functions - functions - _ANYWHERE))
    for name in _SECRET.findall(text):
        if re.match(r"\d|GITHUB_(?!TOKEN$)", name, re.IGNORECASE) or "-" in name:
            yield f"{path}: a secret cannot be called {name}"


def _texts(path: str, found: Any) -> Iterator[tuple[str, str]]:
    """Each text with its path, keys too."""
    pairs = found.items() if isinstance(found, Mapping) else enumerate(found) if isinstance(found, list) else ()
    for key, value in pairs:
        if "${{" in str(key):
            yield f"{path}.(a key)".lstrip("."), str(key)
        yield from _texts(f"{path}.{key}".lstrip("."), value)
    if isinstance(found, str):
        yield path, found


def _list(said: Any) -> list[str]:
    return [] if said is None else [str(one) for one in (said if isinstance(said, list) else [said])]
