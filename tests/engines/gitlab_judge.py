"""Judges `.gitlab-ci.yml` files by GitLab's published schema and by what that schema and gitlab-ci-local leave out.

It re-reads the text with nothing of the compiler's own. What GitLab refuses when it creates a pipeline, or would do
otherwise than anyone means, is an error here.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .gitlab_rules import SCENARIOS, BadExpression, first_match, parse

# fmt: off
RESERVED = frozenset((
    "image", "services", "stages", "before_script", "after_script", "variables", "cache", "include", "default",
    "workflow", "spec", "pages",
))
NOT_JOBS = RESERVED - {"pages"}
TRIGGER_KEYS = frozenset((
    "stage", "needs", "rules", "only", "except", "variables", "when", "trigger", "extends", "allow_failure",
    "resource_group", "environment", "inherit", "interruptible", "parallel", "inputs", "manual_confirmation",
    "start_in",
))
# fmt: on
DEFAULT_STAGES = ("build", "test", "deploy")
NAME_LIMIT, NEEDED_NAME_LIMIT, NEEDS_LIMIT, EXTENDS_LIMIT = 255, 128, 50, 11
DURATION = re.compile(
    r"(?:\d+(?:\.\d+)?\s*(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|mo|mos|months?|y|yrs?|years?)"
    r"(?:\s+|\s*,\s*|\s+and\s+|$))+",
    re.IGNORECASE,
)

Job = dict[str, Any]


@dataclass
class Verdict:
    """`pipelines`: for each scenario (see gitlab_rules) the jobs that it has, each with the jobs that it waits for."""

    errors: list[str] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)
    pipelines: dict[str, dict[str, list[str]]] = field(default_factory=dict)


class Loader(yaml.SafeLoader):
    """Refuses what YAML lets pass: a key given twice hides the first."""


def _mapping(loader: Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = Counter(key.value for key, _ in node.value if key.value != "<<")
    for key, count in keys.items():
        if count > 1:
            raise yaml.YAMLError(f"the key {key} is given {count} times, line {node.start_mark.line + 1}")
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
Loader.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))  # type: ignore[arg-type]


def judge(files: Mapping[str, str], scenarios: Mapping[str, Mapping[str, str]] = SCENARIOS) -> dict[str, Verdict]:
    """A verdict for each text, by the names that they are given with. One run of the schema for all of them."""
    verdicts = {name: Verdict() for name in files}
    for name, message in _schema_errors(files):
        verdicts[name].errors.append(f"schema: {message}")
    for name, text in files.items():
        _reread(text, verdicts[name], scenarios)
    return verdicts


def _schema_errors(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not files:
        return
    with tempfile.TemporaryDirectory() as directory:
        names = {}
        for number, (name, text) in enumerate(files.items()):
            path = Path(directory, f"{number}.yml")
            path.write_text(text, encoding="utf-8")
            names[str(path)] = name
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
        command += ["--data-transform", "gitlab-ci", "--output-format", "json", *names]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            raise RuntimeError(f"check-jsonschema failed:\n{done.stdout}{done.stderr}") from None
        for error in answer.get("errors", []):
            best = error.get("best_deep_match") or error
            yield names[error["filename"]], f"{best['path']}: {best['message']}"
        for error in answer.get("parse_errors", []):
            yield names[error["filename"]], error["message"]


def _reread(text: str, verdict: Verdict, scenarios: Mapping[str, Mapping[str, str]]) -> None:
    try:
        document = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        verdict.errors.append(f"YAML: {error}")
        return
    if not isinstance(document, dict):
        verdict.errors.append("YAML: not a mapping")
        return
    errors = verdict.errors
    bodies = {name: body for name, body in document.items() if name not in NOT_JOBS}
    errors += [f"{name!r}: a job's name must be a string" for name in bodies if not isinstance(name, str)]
    for name, body in bodies.items():
        if isinstance(name, str) and isinstance(body, dict) and not name.startswith("."):
            job = _extended(name, bodies, errors, 0)
            verdict.jobs[name] = document.get("default", {}) | job
    stages = [".pre", *document.get("stages", DEFAULT_STAGES), ".post"]
    for name, job in verdict.jobs.items():
        errors += [f"job {name}: {problem}" for problem in _job(name, job, verdict.jobs, stages)]
    errors += _cycles(verdict.jobs)
    errors += [f"the workflow's {problem}" for problem in _rules(document.get("workflow", {}).get("rules", []))]
    if not errors:
        for scenario, variables in scenarios.items():
            _pipeline(scenario, document, variables, stages, verdict)


def _extended(name: str, bodies: Mapping[Any, Any], errors: list[str], depth: int) -> Job:
    body = bodies[name]
    merged: Job = {}
    parents = body.get("extends", [])
    for parent in [parents] if isinstance(parents, str) else parents:
        if not isinstance(bodies.get(parent), dict):
            errors.append(f"job {name}: extends {parent}, which is not there")
        elif depth == EXTENDS_LIMIT:
            errors.append(f"job {name}: extends more than {EXTENDS_LIMIT} levels, or itself")
        else:
            merged = _merged(merged, _extended(parent, bodies, errors, depth + 1))
    return _merged(merged, {key: value for key, value in body.items() if key != "extends"})


def _merged(under: Job, over: Job) -> Job:
    both = {key: _merged(under[key], over[key]) for key in under.keys() & over.keys() if _maps(under[key], over[key])}
    return under | over | both


def _maps(*values: object) -> bool:
    return all(isinstance(value, dict) for value in values)


def needs(job: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Each as a mapping; None where the job waits for earlier stages. What other projects provide is left out."""
    if "needs" not in job:
        return None
    entries = [{"job": entry} if isinstance(entry, str) else entry for entry in job["needs"]]
    return [entry for entry in entries if "job" in entry and "project" not in entry and "pipeline" not in entry]


def _job(name: str, job: Job, jobs: Mapping[str, Job], stages: list[str]) -> Iterator[str]:
    if name in RESERVED:
        yield "the name is reserved"
    if len(name) > NAME_LIMIT:
        yield f"the name is longer than {NAME_LIMIT}"
    if job.get("stage", "test") not in stages:
        yield f"the stage {job.get('stage', 'test')} is not in `stages`"
    if "trigger" in job:
        own = sorted(job.keys() - TRIGGER_KEYS)
        if own:
            yield f"a trigger job may not have {', '.join(own)}"
    elif "script" not in job and "run" not in job:
        yield "it has neither script nor trigger"
    yield from _needs(name, job, jobs, stages)
    yield from _durations(job)
    yield from _rules(job.get("rules", []))
    if job.get("parallel") and isinstance(job["parallel"], dict):
        count = sum(_product(row) for row in job["parallel"].get("matrix", []))
        if count > 200:
            yield f"parallel:matrix makes {count} jobs, the limit is 200"


def _product(row: Mapping[str, Any]) -> int:
    count = 1
    for values in row.values():
        count *= len(values) if isinstance(values, list) else 1
    return count


def _needs(name: str, job: Job, jobs: Mapping[str, Job], stages: list[str]) -> Iterator[str]:
    wanted = needs(job)
    if wanted is None:
        return
    if len(job["needs"]) > NEEDS_LIMIT:
        yield f"{len(job['needs'])} needs, the limit is {NEEDS_LIMIT}"
    counts = Counter(need["job"] for need in wanted)
    for other, count in counts.items():
        if count > 1:
            yield f"needs {other} {count} times"
        if other not in jobs:
            yield f"needs {other}, which is not there"
        elif len(other) > NEEDED_NAME_LIMIT:
            yield f"needs {other[:20]}…: a needed job's name has at most {NEEDED_NAME_LIMIT} characters"
        elif _position(jobs[other], stages) > _position(job, stages):
            yield f"needs {other}, which is in a later stage"
    for other in job.get("dependencies", []):
        if other not in counts:
            yield f"takes the artifacts of {other}, which it does not need"


def _position(job: Mapping[str, Any], stages: list[str]) -> int:
    stage = job.get("stage", "test")
    return stages.index(stage) if stage in stages else 0


def _durations(job: Job) -> Iterator[str]:
    given = {"timeout": job.get("timeout"), "start_in": job.get("start_in")}
    artifacts = job.get("artifacts")
    if isinstance(artifacts, dict) and artifacts.get("expire_in") != "never":
        given["artifacts:expire_in"] = artifacts.get("expire_in")
    for key, value in given.items():
        if value is not None and not DURATION.fullmatch(str(value)):
            yield f"{key} is not a duration: {value}"


def _rules(rules: object) -> Iterator[str]:
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict) and "if" in rule:
            try:
                parse(str(rule["if"]))
            except BadExpression as error:
                yield f"rule: {error}"


def _cycles(jobs: Mapping[str, Job]) -> Iterator[str]:
    left = {name: {need["job"] for need in needs(job) or ()} & jobs.keys() for name, job in jobs.items()}
    while ready := [name for name, wanted in left.items() if not wanted]:
        for name in ready:
            del left[name]
        for wanted in left.values():
            wanted.difference_update(ready)
    if left:
        yield f"a cycle of needs among: {', '.join(sorted(left))}"


def _pipeline(
    scenario: str, document: Mapping[str, Any], given: Mapping[str, str], stages: list[str], verdict: Verdict
) -> None:
    variables = {name: _value(value) for name, value in document.get("variables", {}).items()} | dict(given)
    workflow = document.get("workflow", {}).get("rules")
    if workflow is not None:
        rule = first_match(workflow, variables)
        if rule is None or rule.get("when") == "never":
            return
        variables |= {name: _value(value) for name, value in rule.get("variables", {}).items()}
    chosen: dict[str, Job] = {}
    for name, job in verdict.jobs.items():
        rule = _chosen(job, variables, everywhere=workflow is not None)
        if rule is not None and rule.get("when", job.get("when")) != "never":
            chosen[name] = job | ({"needs": rule["needs"]} if "needs" in rule else {})
    if chosen and all(job.get("stage") in (".pre", ".post") for job in chosen.values()):
        verdict.errors.append(f"{scenario}: a pipeline of .pre and .post jobs alone does not run")
    if chosen:
        verdict.pipelines[scenario] = {name: _waits_for(job, chosen, stages) for name, job in chosen.items()}
    verdict.errors += [f"{scenario}: {problem}" for problem in _left_out(chosen)]


def _waits_for(job: Job, chosen: Mapping[str, Job], stages: list[str]) -> list[str]:
    wanted = needs(job)
    if wanted is None:
        return [name for name, other in chosen.items() if _position(other, stages) < _position(job, stages)]
    return [need["job"] for need in wanted if need["job"] in chosen]


def _left_out(chosen: Mapping[str, Job]) -> Iterator[str]:
    for name, job in chosen.items():
        for need in needs(job) or ():
            if need["job"] not in chosen and not need.get("optional"):
                yield f"job {name} needs {need['job']}, which the rules leave out"


def _chosen(job: Job, variables: Mapping[str, str], *, everywhere: bool) -> Mapping[str, Any] | None:
    if "rules" in job:
        return first_match(job["rules"], variables)
    # Without rules anywhere, GitLab's old default holds: `only: [branches, tags]`.
    return {} if everywhere or variables.get("CI_PIPELINE_SOURCE") != "merge_request_event" else None


def _value(value: object) -> str:
    return str(value.get("value", "")) if isinstance(value, dict) else str(value)
