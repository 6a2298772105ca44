"""What an audit finds out about a repository, as values and as plain data.

The plain data of one repository is an element of `repositories` in `schemas/audit.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from transpiler import report
from transpiler.app.results import Report
from transpiler.diagnostics import Diagnostic, Severity, Span
from transpiler.records import dataclass


class Standing(StrEnum):
    """How far the audit of a repository came. FOREIGN: the config is another program's."""

    COMPILED = "compiled"
    ERRORS = "errors"
    FOREIGN = "foreign-config"
    NOT_FOUND = "not-found"
    UNREADABLE = "unreadable"
    BUG = "bug"


class Staleness(StrEnum):
    """The state of an output, the worst first. OLDER and NEWER: nothing changed but the version of transpipe. UNKNOWN:
    the config has errors, so nothing can be compared."""

    EDITED = "edited"
    STALE = "stale"
    MISSING = "missing"
    FOREIGN = "foreign"
    ORPHANED = "orphaned"
    NEWER = "newer-version"
    OLDER = "older-version"
    UNKNOWN = "unknown"
    FRESH = "fresh"


NEEDS_WORK = frozenset(Staleness) - {Staleness.FRESH, Staleness.UNKNOWN}
"""The states in which `generate --check` would fail."""


class OutputFound(NamedTuple):
    """An output's target ("" if no header tells), its path and state, and why it is not fresh, as the rest of a
    sentence."""

    target: str
    path: str
    state: Staleness
    why: str = ""


class PipelineFound(NamedTuple):
    """A pipeline: its name and events, each stage with its steps, the edges, and its graph in words and as SVG ("" if
    no pictures were asked for)."""

    name: str
    events: tuple[str, ...]
    stages: tuple[tuple[str, tuple[str, ...]], ...]
    edges: tuple[tuple[str, str], ...]
    notation: str
    picture: str = ""


class Breach(NamedTuple):
    """A breach of a house rule; `severity` is "off" if the profile does not ask for the rule."""

    rule: str
    severity: str
    message: str
    span: Span | None


class Loss(NamedTuple):
    """A feature that the target does not support: why, where it is used (`pipeline/stage`, `pipeline` or ""), and
    whether the profile accepts that."""

    feature: str
    why: str
    places: tuple[str, ...]
    accepted: bool


@dataclass(frozen=True, slots=True)
class Audited:
    """The audit of one repository. `report` has the diagnostics about the config, and `stale` those about its outputs.
    `name` is how the user named the repository. `losses` are by target, of all targets; None if the config could not be
    read so far. `cost` is what a run takes, by event and target, as `graph --cost --format json` has it; None if nobody
    asked, or if the config has errors."""

    name: str
    standing: Standing
    report: Report
    stale: tuple[Diagnostic, ...] = ()
    project: str = ""
    dialect: str = ""
    profile: str = ""
    targets: tuple[str, ...] = ()
    outputs: tuple[OutputFound, ...] = ()
    pipelines: tuple[PipelineFound, ...] = ()
    breaches: tuple[Breach, ...] = ()
    losses: Mapping[str, tuple[Loss, ...]] | None = None
    cost: Mapping[str, Any] | None = None

    @property
    def states(self) -> tuple[Staleness, ...]:
        """The states of its outputs, each once, the worst first."""
        there = {output.state for output in self.outputs}
        return tuple(state for state in Staleness if state in there)

    @property
    def needs_work(self) -> bool:
        """Whether an output is not as `generate` would write it."""
        return not NEEDS_WORK.isdisjoint(self.states)

    def has(self, severity: Severity) -> bool:
        """Whether the config has a diagnostic of this severity; a repository that cannot be audited has an error."""
        broken = severity is Severity.ERROR and self.standing is not Standing.COMPILED
        return broken or any(diagnostic.severity is severity for diagnostic in self.report.diagnostics)


def plain(audited: Audited) -> dict[str, Any]:
    """The audit of a repository as data for JSON, without control characters; names of files are relative to the
    repository. What is not known is null."""
    made, place, losses = audited.report, audited.report.place, audited.losses
    data: dict[str, Any] = {
        "name": audited.name,
        "status": audited.standing.value,
        "failure": made.failure.message if made.failure else None,
        "config": place.config if place else None,
        "project": audited.project or None,
        "dialect": audited.dialect or None,
        "profile": audited.profile or None,
        "targets": audited.targets,
        "outputs": [output._asdict() for output in audited.outputs],
        "pipelines": [_pipeline(pipeline) for pipeline in audited.pipelines],
        "counts": {s.value: sum(d.severity is s for d in made.diagnostics) for s in Severity},
        "diagnostics": _diagnostics(made.diagnostics, made.sources),
        "house_rules": [_breach(breach) for breach in audited.breaches],
        "cost": audited.cost,
        "losses": losses and {target: [loss._asdict() for loss in found] for target, found in losses.items()},
    }
    shown: dict[str, Any] = _visible(data)
    return shown


def _pipeline(pipeline: PipelineFound) -> dict[str, Any]:
    stages = [{"name": name, "steps": steps} for name, steps in pipeline.stages]
    return {"name": pipeline.name, "events": pipeline.events, "stages": stages, "edges": pipeline.edges}


def _diagnostics(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> list[dict[str, Any]]:
    lines = {name: report.lines(text) for name, text in sources.items()}
    return [report.plain(found) | {"snippet": _snippet(found.span, lines)} for found in diagnostics]


def _snippet(span: Span | None, lines: Mapping[str, list[str]]) -> str | None:
    shown = report.snippet(lines[span.file], span) if span and span.file in lines else []
    return "\n".join(shown) or None


def _breach(breach: Breach) -> dict[str, Any]:
    line = breach.span.line if breach.span else None
    return {"rule": breach.rule, "severity": breach.severity, "message": breach.message, "line": line}


def _visible(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else report.visible(value)
    if isinstance(value, dict):
        return {_visible(key): _visible(part) for key, part in value.items()}
    return [_visible(part) for part in value] if isinstance(value, list | tuple) else value
