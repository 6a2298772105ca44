"""Reads the pipelines back from an emitted `.gitlab-ci.yml` as GitLab would, for translation validation.

It follows GitLab's rules (`extends`, `needs`, anchors in `workflow`), and shares no code with the emitter. It also
refuses files that GitLab's published schema accepts but GitLab does not, because of their `needs`, names or size.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from transpiler.ir import Event
from transpiler.program import ReadPipeline, TargetTooLarge
from transpiler.records import replace
from transpiler.targets.yaml_text import load

_KEYWORDS = frozenset(
    {
        "image",
        "services",
        "stages",
        "before_script",
        "after_script",
        "variables",
        "cache",
        "include",
        "default",
        "workflow",
        "spec",
        "pages",
    }
)
_GROUPED = re.compile(r"[\s:]+(\[.*\]|\d+[\s:/\\]+\d+)\s*$")
_ANCHOR = re.compile(r"^ {4}- &(\S+)$", re.MULTILINE)
_GATE = '[ ! -e "$values/runs" ] || [ "$(cat "$values/runs")" != no ] || exit 0 # by what was changed'
_TOLD = 'mkdir -p .values; echo "$runs" > .values/runs'
_LONGEST_NEEDED_NAME = 128
_MOST_NEEDS = 50
# GitLab's limit for the parsed file is 1 MiB of Ruby objects (2 MiB in newer versions).
_MOST_MEMORY = 1 << 20
_SURELY_SMALL = 50_000

_Job = dict[str, Any]


def read(files: Mapping[str, str]) -> tuple[ReadPipeline, ...]:
    """Returns the pipelines in the text. Raises ValueError if GitLab would refuse it, and TargetTooLarge if it would do
    so because of the size."""
    return tuple(pipeline for text in files.values() for pipeline in _pipelines(text))


def _pipelines(text: str) -> Iterator[ReadPipeline]:
    document = load(text)
    _check_memory(text, document)
    bodies: dict[str, _Job] = {name: body for name, body in document.items() if name not in _KEYWORDS}
    rules = _rules(document["workflow"]["rules"], text)
    jobs = {name: body for name, body in bodies.items() if not name.startswith(".")}
    for name, body in jobs.items():
        _check_job(name, body, jobs)
    for name, body in bodies.items():
        if name.startswith(".") and "stage" in body:
            if body["stage"] not in document["stages"]:
                raise ValueError(f"{name}: its stage is not in `stages`")
            gated = any(item == _GATE for base in bodies.values() for item in base.get("before_script", ()))
            found = _pipeline(name, body, jobs, rules)
            yield replace(found, deciding=_deciding(body["stage"], jobs, gated=gated))


def _deciding(column: str, jobs: Mapping[str, _Job], *, gated: bool) -> str:
    """The program that decides whether the jobs with stages do anything; "" if they always do. `gated`: the script
    before theirs reads what it has decided."""
    first = f"{column} changes"
    if first not in jobs:
        return ""
    _, program, told = jobs[first]["script"]
    if told != _TOLD or jobs[first]["artifacts"]["paths"] != [".values/"] or not gated:
        raise ValueError(f"{first} does not say what it has decided")
    for name, job in jobs.items():
        if " " not in name and job.get("extends") == jobs[first]["extends"]:
            if first not in _taken(name, jobs) or "before_script" in job:
                raise ValueError(f"{name} runs whatever is decided")
        elif job.get("stage") == column:
            raise ValueError(f"{name} runs whatever is decided")
    return str(program).removesuffix("\n")


def _taken(name: str, jobs: Mapping[str, _Job]) -> set[str]:
    """The jobs whose artifacts a job takes, also through joining jobs, which pass them on."""
    needs = [need for need in jobs[name].get("needs", ()) if isinstance(need, str) or need.get("artifacts", True)]
    found = {need if isinstance(need, str) else need["job"] for need in needs}
    return found.union(*(_taken(other, jobs) for other in found if " joins " in other))


def _rules(workflow: list[dict[str, str]], text: str) -> dict[int | str, frozenset[Event]]:
    """Maps the `id()` of each rule that has an anchor to its event, and its condition, too; aliases are the same object
    as their anchor. The rule of pipelines that never run has no event."""
    named = [rule for rule in workflow if not ("if" in rule and rule.get("when") == "never")]
    names = _ANCHOR.findall(text.partition("\n\n")[0])  # the first paragraph is `workflow`
    events = [_event(name.partition("-")[0]) for name in names]
    found: dict[int | str, frozenset[Event]] = {}
    for rule, meant in zip(named, events, strict=True):
        found |= {id(rule): meant, rule.get("if", ""): meant}
    return found


def _meant(rule: _Job, rules: Mapping[int | str, frozenset[Event]]) -> frozenset[Event]:
    """The events of a rule: an alias, or one of its own, by which a newer pipeline may end a job."""
    if id(rule) in rules:
        return rules[id(rule)]
    found = rules[rule["if"]]
    if rule.keys() != {"if", "interruptible"} or found != {Event.CHANGE}:
        raise ValueError("a newer pipeline ends what is no change")
    return found


def _event(name: str) -> frozenset[Event]:
    return frozenset() if name == "never" else frozenset({Event(name)})


def _pipeline(
    template: str, body: _Job, jobs: Mapping[str, _Job], rules: Mapping[int | str, frozenset[Event]]
) -> ReadPipeline:
    column = body["stage"]
    own = {
        name: job
        for name, job in jobs.items()
        if " " not in name and (job.get("extends") == template or job.get("stage") == column)
    }
    read = {name: _Stages(name, column, job) for name, job in own.items() if name != column}
    edges = {edge for stages in read.values() for edge in stages.edges}
    for name, stages in read.items():
        for other in _jobs_before(name, jobs, read):
            edges |= {(before, slug) for before in read[other].programs for slug in stages.programs}
    events = frozenset(event for rule in body["rules"] for event in _meant(rule, rules))
    if body.get("interruptible") and events != {Event.CHANGE}:
        raise ValueError("a newer pipeline ends what is no change")
    return ReadPipeline(
        slug=body.get("variables", {}).get("PIPELINE", column),
        events=events,
        stages=tuple(slug for stages in read.values() for slug in stages.programs),
        edges=frozenset(edges),
        scripts=tuple(item for stages in read.values() for item in stages.programs.items()),
        gates=frozenset(next(iter(read[name].programs)) for name in read if _is_gate(name, own[name])),
    )


def _is_gate(name: str, job: _Job) -> bool:
    """Whether a person starts the job, and what comes after it waits for that."""
    if job.get("when") != "manual":
        return False
    if job.get("allow_failure") is not False and not isinstance(job.get("allow_failure"), dict):
        raise ValueError(f"{name}: what comes after it does not wait for the person who starts it")
    return True


class _Stages:
    """The stages of a job: the program of each by its slug, and which of them follows which."""

    def __init__(self, name: str, column: str, job: _Job) -> None:
        self.programs: dict[str, str] = {}
        self.edges: list[tuple[str, str]] = []
        blocks = [item for item in job.get("script", ()) if item.startswith(("( # ", "finish "))]
        if not blocks:
            self.programs[_slug(name, column, job)] = _program(job)
        ended: list[str] = []
        for block in blocks:
            if block.startswith("finish "):
                ended += block.split()[1:]
                continue
            slug, program, after, background = _block(block)
            if slug in self.programs:
                raise ValueError(f"{name}: {slug} runs twice")
            self.programs[slug] = program
            self.edges += [(before, slug) for before in (*ended, *after)]
            if not background:
                ended.append(slug)
        if blocks and sorted(ended) != sorted(self.programs):
            raise ValueError(f"{name}: it does not wait for each of its stages once")


def _block(text: str) -> tuple[str, str, tuple[str, ...], bool]:
    """A stage in a job of several: its slug, its program, the stages that it waits for, whether it is in the
    background. What is around the program must be what makes the shell stop at its first failure, and what tells how it
    ended."""
    first, *lines = text.removesuffix("\n").split("\n")
    slug = first.removeprefix("( # ")
    after: list[str] = []
    background = lines[-1] != ")"
    if background:
        end = [
            ")",
            f'echo $? > "$values/{slug}.ended"',
            f') > "$values/{slug}.log" 2>&1 < /dev/null &',
            f'echo $! > "$values/{slug}.process"',
        ]
        if waits := lines[1].startswith("await "):
            after, rest = lines[1].split(" || ")[0].split()[1:], lines[1].partition(" || ")[2]
            if rest != f'{{ echo skipped | tee "$values/{slug}.ended"; exit; }}':
                raise ValueError(f"{slug} does not say that it is skipped")
        begin = ["set +e", *lines[1 : 1 + waits], "("]
        if lines[: len(begin)] != begin or lines[-4:] != end:
            raise ValueError(f"{slug} is not run in the background as one that is waited for")
        lines = lines[len(begin) : -4]
    else:
        lines = lines[:-1]
    begins = lines.index("set -eu") if "set -eu" in lines else len(lines)
    return slug, "\n".join(lines[begins:]), tuple(after), background


def _slug(name: str, column: str, job: _Job) -> str:
    given: str | None = job.get("variables", {}).get("STAGE") if "trigger" not in job else None
    if given is None and not name.startswith(f"{column}-"):
        raise ValueError(f"{name}: no stage of {column}")
    return given or name.removeprefix(f"{column}-")


def _jobs_before(name: str, jobs: Mapping[str, _Job], own: Container[str]) -> set[str]:
    """The stages' jobs that a job waits for, directly or through jobs that are no stage's."""
    found: set[str] = set()
    waiting = list(_needs(jobs[name]))
    while waiting:
        other = waiting.pop()
        if other in own:
            found.add(other)
        else:
            waiting += _needs(jobs[other])
    return found


def _needs(job: _Job) -> tuple[str, ...]:
    return tuple(need if isinstance(need, str) else need["job"] for need in job.get("needs", ()))


def _program(job: _Job) -> str:
    programs = [item for item in job.get("script", ()) if item == "set -eu" or item.startswith("set -eu\n")]
    if len(programs) > 1:
        raise ValueError("a job has two programs")
    return programs[0].removesuffix("\n") if programs else ""


def _check_job(name: str, body: _Job, jobs: Mapping[str, _Job]) -> None:
    needs = _needs(body)
    wrong = (
        (_GROUPED.search(name), "its name is grouped with others in GitLab's pages"),
        (len(name) > _LONGEST_NEEDED_NAME, "its name is too long"),
        ("needs" not in body and body.get("stage") != ".post", "it neither needs nor ends anything"),
        (len(needs) > _MOST_NEEDS, "it waits for too many jobs"),
        (not jobs.keys() >= set(needs), "it waits for what is not there"),
        ("script" in body and "trigger" in body, "it has a script and a trigger"),
        ("script" not in body and "trigger" not in body, "it has neither script nor trigger"),
    )
    if any(holds for holds, _ in wrong):
        raise ValueError(f"job {name}: {'; '.join(what for holds, what in wrong if holds)}")


def check_size(text: str) -> None:
    """Raises TargetTooLarge if the parsed file exceeds GitLab's limit."""
    if len(text) > _SURELY_SMALL:
        _check_memory(text, load(text))


def _check_memory(text: str, document: object) -> None:
    if len(text) > _SURELY_SMALL and (size := _memory(document)) > _MOST_MEMORY:
        raise TargetTooLarge(
            f"GitLab limits a parsed configuration to {_MOST_MEMORY >> 20} MiB of memory, and this one needs about"
            f" {size / (1 << 20):.1f}",
            "move pipelines to other repositories, or remove `gitlab` from `targets` in the profile",
        )


def _memory(value: object) -> int:
    """Estimates the sum of Ruby's `memsize_of`, in bytes; each alias counts in full."""
    match value:
        case dict():
            own = 40 if len(value) == 0 else 200 if len(value) <= 8 else 48 * len(value)
            return own + sum(_memory(key) + _memory(item) for key, item in value.items())
        case list():
            return 40 + (8 * len(value) if len(value) > 3 else 0) + sum(_memory(item) for item in value)
        case str():
            size = len(value.encode())
            return 40 + (size + 1 if size > 23 else 0)
    return 0
