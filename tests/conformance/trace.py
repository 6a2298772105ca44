"""Traces: what happened in one run of a case, in words that are the same for every engine, and how two are compared.

A runner says what the engine itself knows (which stages ran, its artifacts, the jobs it started); everything else is
read here from what the containers and the world recorded. Knows no engine.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transpiler.graph import ancestors
from transpiler.program import Plan
from transpiler.targets.folder import prefixed

from .case import Case, Expected, Mail

RAN, FAILED, ALLOWED, SKIPPED = "ran", "failed", "allowed", "skipped"
SUCCESS, FAILURE = "success", "failure"

# What every container has, and none was given.
_OWN_ENVIRONMENT = frozenset({"PATH", "HOSTNAME", "HOME"})
# docker adds a line to .dockerignore when the build file is outside its context.
_NOT_THE_APPS = re.compile(
    r"(.*/)?(\.git|\.dockerignore|\.gitmodules|\.pipeline|\.zuul\.d|\.values|\.gitlab-ci.*|Jenkinsfile)(/|$)"
)
_RELEASE = re.compile(r"\bci-[0-9a-f]{10}\b")
_TIMESTAMP = re.compile(r"\b20\d\d-\d\d-\d\d-\d{6}\b")
_IMAGE = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass(frozen=True)
class Mark:
    """What one container recorded. `start` and `end` in seconds of uptime; `end` None if it was killed; `job` is
    GitLab's name of the job, or the beginning of one."""

    stage: str
    run: str
    pipeline: str
    job: str
    arguments: tuple[bytes, ...]
    environment: Mapping[bytes, bytes]
    start: float
    end: float | None
    status: int | None
    tree: Mapping[str, bytes]


@dataclass(frozen=True)
class Trace:
    """What happened; the fields are those of `case.Expected`. `order` has (a, b) where a's container had ended before
    b's started, or, if it was killed, had started before; `labels` the pipeline that a stage's image says it is of;
    `left` what should not be there any more; `reports` and `values` are None where the engine has none."""

    status: str
    stages: Mapping[str, str]
    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    order: frozenset[tuple[str, str]] = frozenset()
    trees: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    values: Mapping[str, str] | None = None
    archived: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mails: tuple[Mail, ...] = ()
    triggers: tuple[Mapping[str, Any], ...] = ()
    reports: tuple[str, ...] | None = ()
    results: tuple[str, ...] = ()
    promoted: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    releases: tuple[Mapping[str, Any], ...] = ()
    deployed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    log: str = field(default="", compare=False)


def read_marks(directory: Path) -> tuple[Mark, ...]:
    """What all containers of a run recorded, by when they started."""
    marks = [_mark(path) for path in directory.iterdir() if (path / "start").exists()]
    return tuple(sorted(marks, key=lambda mark: mark.start))


def _mark(path: Path) -> Mark:
    stage, _, run = path.name.partition("@")
    environ = (entry.partition(b"=") for entry in _split(path / "environment"))
    end = path / "end"
    status = (path / "status").read_text().strip() if (path / "status").exists() else ""
    return Mark(
        stage,
        run,
        _text(path / "pipeline").removesuffix("\n"),
        _text(path / "job"),
        # sh and the recorder are the first two
        tuple(_split(path / "arguments")[2:]),
        {name: value for name, _, value in environ},
        float((path / "start").read_text()),
        float(end.read_text()) if end.exists() else None,
        int(status) if status else None,
        dict(_tree(path / "tree")),
    )


def _split(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\0")[:-1]


def _text(path: Path) -> str:
    return shown(path.read_bytes()) if path.exists() else ""


def _tree(root: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not path.is_symlink() and not _NOT_THE_APPS.match(name):
            yield name, path.read_bytes()


def stage_of(mark: Mark, plan: Plan) -> str:
    """`pipeline/stage`, by names. A container of an image that was not built here does not know its pipeline: then
    the run's name or the job's does, or there is but one that has such a stage."""
    having = [p for p in plan.pipelines if any(s.slug == mark.stage for s in p.stages)]
    said = [p for p in having if p.name == mark.pipeline]
    if not said and len(having) > 1:
        said = [
            p for p in having if mark.run.endswith(f"-{p.slug}") or mark.job.startswith(f"{prefixed(plan, p.slug)}-")
        ]
    pipeline = (said or having)[0]
    return f"{pipeline.name}/{next(s.name for s in pipeline.stages if s.slug == mark.stage)}"


def recorded(marks: tuple[Mark, ...], plan: Plan, words: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a Trace that containers tell; `words` as `normalised` takes them."""
    by_stage = {stage_of(mark, plan): mark for mark in marks}
    return {
        "arguments": {stage: _arguments(mark, words) for stage, mark in by_stage.items()},
        "environment": {stage: _environment(mark, words) for stage, mark in by_stage.items()},
        "trees": {stage: _shown_tree(mark.tree, words) for stage, mark in by_stage.items() if mark.tree},
        "labels": {stage: mark.pipeline for stage, mark in by_stage.items()},
        "order": frozenset(
            (a, b)
            for a, first in by_stage.items()
            for b, second in by_stage.items()
            if a != b and (first.start if first.end is None else first.end) <= second.start
        ),
    }


def _arguments(mark: Mark, words: Mapping[str, str]) -> tuple[str, ...]:
    given = list(mark.arguments)
    while given and given[0].startswith(b"@"):
        given.pop(0)
    return tuple(normalised(shown(argument), words) for argument in given)


def _environment(mark: Mark, words: Mapping[str, str]) -> dict[str, str]:
    return {
        shown(name): normalised(shown(value), words)
        for name, value in sorted(mark.environment.items())
        if shown(name) not in _OWN_ENVIRONMENT
    }


def _shown_tree(tree: Mapping[str, bytes], words: Mapping[str, str]) -> dict[str, str]:
    return {path: normalised(shown(content), words) for path, content in tree.items()}


def shown(value: bytes) -> str:
    """Bytes as text, any byte told from any other."""
    return value.decode("utf-8", "surrogateescape")


def normalised(text: str, words: Mapping[str, str]) -> str:
    """The text with a run's own words replaced: `words` has literal text → placeholder (`<registry>`, `<commit>`)."""
    for word in sorted(filter(None, words), key=len, reverse=True):
        text = text.replace(word, words[word])
    return _IMAGE.sub("<image>", _TIMESTAMP.sub("<timestamp>", _RELEASE.sub("<release>", text)))


def read_mails(directory: Path, words: Mapping[str, str]) -> tuple[Mail, ...]:
    """Whole messages in `*.eml`, by when they came."""
    return tuple(_mail(path.read_bytes(), words) for path in sorted(directory.glob("*.eml")))


def _mail(content: bytes, words: Mapping[str, str]) -> Mail:
    message = email.message_from_bytes(content, policy=email.policy.default)
    body = message.get_content()
    return Mail(*(normalised(str(text), words) for text in (message["To"], message["Subject"], body)))


def compare(case: Case, plan: Plan, trace: Trace) -> tuple[str, ...]:
    """What is not as the case expects it, a readable line or block each; empty if all is well."""
    want = case.expected
    return (
        *_differ("status", want.status, trace.status),
        *_differ("stages", _stages(case, plan), dict(trace.stages)),
        *_some("arguments", want.arguments, trace.arguments),
        *_some("environment", want.environment, trace.environment),
        *_some("trees", want.trees, trace.trees),
        *(f"{stage} ran a container, and should not have" for stage in want.absent if stage in trace.arguments),
        *(_some("values", want.values, trace.values) if trace.values is not None else ()),
        *_archived(want, trace),
        *_differ("tags", _sorted(want.tags), _sorted(trace.tags)),
        *_mails(want.mails, trace.mails),
        *_differ("triggers", sorted(map(str, want.triggers)), sorted(map(str, trace.triggers))),
        *_reports(want.reports, trace.reports),
        *_differ("results", sorted(want.results), sorted(trace.results)),
        *(f"the log does not say {text!r}" for text in want.log if text not in trace.log),
        *_differ("promoted", dict(want.promoted), dict(trace.promoted)),
        *_differ("releases", _written(want.releases), _written(trace.releases)),
        *_differ("deployed", want.deployed, trace.deployed),
        *_out_of_order(plan, trace),
        *_mislabelled(plan, trace),
        *(f"left over: {thing}" for thing in trace.left),
    )


def _stages(case: Case, plan: Plan) -> dict[str, str]:
    usual = {
        f"{pipeline.name}/{stage}": RAN if case.event in pipeline.events else SKIPPED
        for pipeline in plan.pipelines
        for stage in pipeline.graph.nodes
    }
    return usual | dict(case.expected.stages)


def _out_of_order(plan: Plan, trace: Trace) -> Iterator[str]:
    for pipeline in plan.pipelines:
        for stage, before in ancestors(pipeline.graph).items():
            for ancestor in sorted(before):
                pair = (f"{pipeline.name}/{ancestor}", f"{pipeline.name}/{stage}")
                if all(name in trace.arguments for name in pair) and pair not in trace.order:
                    yield f"{pair[1]} started before {pair[0]} had ended"


def _mislabelled(plan: Plan, trace: Trace) -> Iterator[str]:
    """A stage that builds runs what it built, or another stage's image; one from elsewhere has no label."""
    building = {f"{p.name}/{s.name}" for p in plan.pipelines for s in p.stages if "build" in s.kinds}
    owners = {f"{p.name}/{name}": p.name for p in plan.pipelines for name in p.graph.nodes}
    for stage, label in trace.labels.items():
        if label != owners[stage] and (label or stage in building):
            yield f"the image of {stage} is labelled {label!r}"


def _archived(want: Expected, trace: Trace) -> Iterator[str]:
    yield from _differ("archived paths", sorted(want.archived), sorted(trace.archived))
    for path, content in want.archived.items():
        if content is not None and path in trace.archived:
            yield from _differ(f"archived {path}", content, trace.archived[path])


def _mails(want: tuple[Mail, ...], got: tuple[Mail, ...]) -> Iterator[str]:
    first, second = (sorted(mails, key=lambda mail: (mail.to, mail.subject)) for mails in (want, got))
    pairs = zip(first, second, strict=False)
    same = all(_is(a.body, b.body) and (a.to, a.subject) == (b.to, b.subject) for a, b in pairs)
    if len(want) != len(got) or not same:
        yield f"mails\n  expected {first}\n  got      {second}"


def _reports(want: tuple[str, ...] | None, got: tuple[str, ...] | None) -> Iterator[str]:
    for text in want or () if got is not None else ():
        if not any(text in report for report in got or ()):
            yield f"no report says {text!r}: {got}"


def _some(what: str, want: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[str]:
    for name, value in want.items():
        yield from _differ(f"{what} of {name}", value, got.get(name))


def _differ(what: str, want: object, got: object) -> Iterator[str]:
    if isinstance(want, Mapping) and isinstance(got, Mapping):
        for key in sorted({*want, *got}):
            yield from _differ(f"{what}: {key}", want.get(key), got.get(key))
    elif not _is(want, got):
        yield f"{what}\n  expected {want!r}\n  got      {got!r}"


def _is(want: object, got: object) -> bool:
    """Equal; or `<any>`, or a `<path>`; a list stands for its alternatives where a text is wanted."""
    if isinstance(want, list) and isinstance(got, str):
        return any(_is(choice, got) for choice in want)
    if want == "<path>":
        return isinstance(got, str) and got.startswith("/")
    return want == got or (want == "<any>" and got is not None)


def _written(releases: tuple[Mapping[str, Any], ...]) -> list[str]:
    """Whatever the order of releases and of keys."""
    return sorted(json.dumps(release, sort_keys=True, ensure_ascii=False) for release in releases)


def _sorted(tags: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {image: tuple(sorted(names)) for image, names in tags.items()}
