"""The local engine for the conformance cases, with all actions allowed that change something outside the machine.

The checkout, the schedule, the programs and teardown are the product's own; a command of the suite records triggered
jobs, and values are read just before teardown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transpiler.ir import CredentialKind
from transpiler.local import checkout, scheduler, since
from transpiler.local.choice import choose
from transpiler.local.environment import World
from transpiler.local.outcome import End, Outcome, StageOutcome
from transpiler.local.simulation import LEAVING, simulated
from transpiler.local.stage import Settings
from transpiler.program import Plan

from . import results, trace
from .case import Case, Compiled, compiled, git
from .secrecy import told, watched
from .site import SECRETS, Site
from .trace import ALLOWED, FAILED, FAILURE, RAN, SKIPPED, SUCCESS, Trace

_STATES = {End.SUCCEEDED: RAN, End.FAILED: FAILED, End.ALLOWED: ALLOWED, End.STOPPED: FAILED, End.NOT_STARTED: SKIPPED}
_REMOTE = "https://code.example.org/team/app"
_FILES = (CredentialKind.FILE, CredentialKind.SSH_KEY)
_TRIGGER = """#!/bin/sh
# Notes which job is to be started, with which parameters.
printf '%s\\0' "$@" > "$0.$$"
"""


def run(case: Case, site: Site) -> Trace:
    """One run of what the case's event starts."""
    return run_compiled(compiled(case, site.directory / "origin", site.profile, "local"), site)


def run_compiled(made: Compiled, site: Site) -> Trace:
    """The same of what was compiled already."""
    assert simulated(made.profile, LEAVING) == made.profile
    git(made.root, "remote", "add", "origin", _REMOTE)
    home = site.directory / "local"
    home.mkdir()
    trigger = home / "trigger"
    trigger.write_text(_TRIGGER)
    trigger.chmod(0o755)
    caller = {**site.env, **_secrets(made, home)}
    tree = checkout.read(made.root / made.case.folder, made.case.folder)
    world = World(tree, made.profile, caller, "2026-01-02-030405", {}, made.case.event)
    settings = Settings(
        f"local-{site.number}",
        home / "work",
        home / "out",
        LEAVING,
        trigger=(str(trigger),),
        approved=made.case.approved,
    )
    plan, values = choose(made.plan, "", made.case.event), _Values(settings.work)
    if made.before:
        plan, _ = since.only_changed(plan, since.changed(made.root, made.before), made.before)
    with watched(SECRETS, site.directory) as leaks:
        outcome = scheduler.run(plan, world, settings, values)
    return _trace(made, site, outcome, values, leaks)


def _secrets(made: Compiled, home: Path) -> dict[str, str]:
    """The caller's variables: the one half by our names, the other by GitLab's."""
    found: dict[str, str] = {}
    for number, (id_, known) in enumerate(made.profile.credentials.items()):
        texts = () if id_ in made.case.withheld else SECRETS.get(id_, ())
        if known.kind in _FILES and texts:
            path = home / f"{id_}.secret"
            path.write_text(texts[0], encoding="utf-8")
            texts = (str(path),)
        own = f"TRANSPIPE_CREDENTIAL_{id_.upper()}"
        ours = (own,) if len(texts) < 2 else (f"{own}_USERNAME", f"{own}_PASSWORD")
        found |= dict(zip(ours if number % 2 else known.names["gitlab"], texts, strict=False))
    return found


@dataclass
class _Values:
    """Watches a run, and reads a pipeline's values before its teardown."""

    work: Path
    read: dict[str, dict[str, bytes]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def stage_started(self, pipeline: str, stage: str, log: Path) -> None:
        self.lines.append(f"{pipeline}/{stage} started")

    def stage_ended(self, outcome: StageOutcome) -> None:
        self.lines.append(f"{outcome.pipeline}/{outcome.stage} {outcome.end}: {outcome.why} {outcome.notes}")

    def teardown_started(self, pipeline: str, log: Path) -> None:
        values = self.work / log.parent.name / "values"
        self.read[pipeline] = {path.name: path.read_bytes() for path in values.iterdir() if path.is_file()}

    def teardown_ended(self, pipeline: str) -> None:
        pass

    def message(self, line: str) -> None:
        self.lines.append(line)

    def tick(self) -> None:
        pass


def _trace(made: Compiled, site: Site, outcome: Outcome, values: _Values, leaks: list[str]) -> Trace:
    home = site.directory / "local"
    words = {**_words(made, home), **site.words(made.commit)}
    log = "\n".join(values.lines) + "\n" + "".join(_logs(home))
    stages = {f"{p.name}/{s}": SKIPPED for p in made.plan.pipelines for s in p.graph.nodes}
    stages |= {f"{s.pipeline}/{s.stage}": _STATES[s.end] for s in outcome.stages}
    seen: dict[str, Any] = site.seen(words)
    said = tuple(f"in the log: {id_}" for id_ in told(SECRETS, log.encode("utf-8", "surrogateescape")))
    left = tuple(f"values {path}" for path in home.glob("work/*/values"))
    return Trace(
        status=FAILURE if outcome.failed else SUCCESS,
        stages=stages,
        values=dict(_values(made.plan, values, words)),
        archived=dict(_archived(home, words)),
        triggers=tuple(_triggers(home)),
        results=results.results(results.among(made.plan, _kept(home))),
        log=log,
        **{**seen, "reports": None, "left": (*seen["left"], *left, *leaks, *said)},
        **trace.recorded(trace.read_marks(site.marks), made.plan, words),
    )


def _words(made: Compiled, home: Path) -> dict[str, str]:
    """The values that differ between runs, by their names in the cases."""
    found = {}
    for pipeline in made.plan.pipelines:
        logs = home / "out" / pipeline.slug
        found[f"{(logs / 'artifacts').as_uri()}"] = "https://ci.example.org/a"
        found[f"{logs.as_uri()}/"] = "https://ci.example.org/log"
    return found


def _logs(home: Path) -> Iterator[str]:
    for log in sorted(home.glob("out/*/*.log")):
        yield f"==== {log.parent.name}/{log.stem}\n{log.read_text(errors='surrogateescape')}\n"


def _values(plan: Plan, values: _Values, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            for value in stage.binds:
                content = values.read.get(pipeline.name, {}).get(value.file)
                if content is not None:
                    yield f"{pipeline.name}/{value.stage}.{value.key}", trace.normalised(trace.shown(content), words)


def _archived(home: Path, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((name, trace.normalised(trace.shown(content), words)) for name, content in _kept(home))


def _kept(home: Path) -> Iterator[tuple[str, bytes]]:
    for root in home.glob("out/*/artifacts"):
        for path in root.rglob("*"):
            if path.is_file():
                yield path.relative_to(root).as_posix(), path.read_bytes()


def _triggers(home: Path) -> Iterator[Mapping[str, Any]]:
    for call in sorted(home.glob("trigger.*")):
        name, *parameters = (word.decode() for word in call.read_bytes().split(b"\0")[:-1])
        yield {"name": name, "parameters": dict(word.split("=", 1) for word in parameters)}
