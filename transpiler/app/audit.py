"""`transpipe audit`: how each repository stands, one at a time, in this process or a worker. Nothing is written.

What breaks a repository is a part of the answer: the audit of the others goes on.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from transpiler.app.audited import Audited, Breach, Loss, OutputFound, PipelineFound, Staleness, Standing
from transpiler.app.generate import Options as GenerateOptions
from transpiler.app.generate import command
from transpiler.app.place import Place, WrongUsage, find, profile
from transpiler.app.results import Exit, Report, Result, died, failed
from transpiler.app.staleness import Compared, compare, not_fresh, why
from transpiler.diagnostics import Diagnostic, Diagnostics, Severity
from transpiler.driver import Outcome, Request, compile_config
from transpiler.fast_path.digests import PROFILE
from transpiler.fast_path.places import usual_places
from transpiler.freshness.header import Header, Move
from transpiler.freshness.verdicts import State, Verdict, listed, made_with
from transpiler.frontend.dialects import TITLES
from transpiler.frontend.policy import house_rules
from transpiler.frontend.profiles.load import built_in
from transpiler.graph import notation
from transpiler.ir import Pipeline, Workflow
from transpiler.needs import losses
from transpiler.profile import Profile
from transpiler.program import Plan
from transpiler.records import dataclass, replace
from transpiler.steps import kind_of
from transpiler.targets import TARGETS

_STATES = {
    State.FRESH: Staleness.FRESH,
    State.MISSING: Staleness.MISSING,
    State.STALE: Staleness.STALE,
    State.EDITED: Staleness.EDITED,
    State.FOREIGN: Staleness.FOREIGN,
    State.ORPHAN: Staleness.ORPHANED,
    State.EDITED_ORPHAN: Staleness.ORPHANED,
}
_OF_VERSIONS = {"templates", "format"}
"""What changes with the version of transpipe, beside the built-in profiles."""

_FOREIGN = "foreign-config"


@dataclass(frozen=True, slots=True)
class Options:
    """The profile to use ("" or None: each repository's own), whether to draw the pipelines, and whether to tell what a
    run costs."""

    profile: str | None = None
    pictures: bool = False
    cost: bool = False


def audit_all(paths: Sequence[str], options: Options, jobs: int) -> Generator[Audited, None, None]:
    """The audit of each repository, in the order of `paths`; uses at most `jobs` worker processes."""
    if jobs == 1 or len(paths) == 1:
        yield from (audit(path, options) for path in paths)
        return
    from transpiler.app import pool

    yield from pool.each(partial(audit, options=options), paths, jobs, _died)


def audit(path: str, options: Options) -> Audited:
    """The audit of one repository. Raises nothing but KeyboardInterrupt."""
    try:
        return _audit(find(path), path, options)
    except WrongUsage as error:
        return Audited(path, Standing.NOT_FOUND, failed(error))
    except Exception as error:
        report = failed(error)
        return Audited(path, Standing.BUG if report.status is Exit.BUG else Standing.UNREADABLE, report)


def _died(path: str, code: int) -> Audited:
    return Audited(path, Standing.BUG, died(path, code))


def _audit(place: Place, path: str, options: Options) -> Audited:
    earlier = tuple(usual_places(str(place.root)))
    request, call = _request(place, options, made_with(place.root, place.config, earlier))
    outcome = compile_config(request)
    compared = None if outcome.failed else compare(place.root, place, outcome, request.targets)
    diagnostics = (*outcome.diagnostics, *(compared.found if compared else ()))
    wrong = any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    foreign = any(diagnostic.code == _FOREIGN for diagnostic in diagnostics)
    standing = Standing.FOREIGN if foreign else Standing.ERRORS if wrong else Standing.COMPILED
    made = Audited(
        path,
        standing,
        _report(place, outcome, diagnostics),
        not_fresh(compared.verdicts, command(path, call)) if compared else (),
        dialect=TITLES[outcome.dialect] if outcome.dialect and not foreign else "",
        outputs=_outputs(place, compared, earlier),
    )
    made = _with_meaning(made, outcome, pictures=options.pictures)
    return _with_cost(made, outcome) if options.cost else made


def _request(place: Place, options: Options, made: Header | None) -> tuple[Request, GenerateOptions]:
    """What to compile, and the options of the command that would write it. The options that the outputs were made with
    count, as the profile does that they were made with."""
    given = dict(made.inputs.options) if made and made.inputs else {}
    loss = Severity.WARNING if given.get("unsupported") == "warn" else Severity.ERROR
    project, targets = given.get("project", ""), made.chosen if made else ()
    targets = tuple(target for target in targets if target in TARGETS)
    name = profile(place, options.profile)
    request = Request(place.root, place.config, name, targets, project, loss, folder=place.folder)
    return request, GenerateOptions("check", targets, options.profile, project, loss)


def _report(place: Place, outcome: Outcome, diagnostics: tuple[Diagnostic, ...]) -> Report:
    files = {diagnostic.span.file for diagnostic in diagnostics if diagnostic.span}
    sources = {name: text for name, text in outcome.sources.items() if name in files}
    return Report(Exit.FINE, Result.COMPILED, place, diagnostics, sources)


# ---- outputs ----


def _outputs(place: Place, compared: Compared | None, earlier: Sequence[str]) -> tuple[OutputFound, ...]:
    if not compared or compared.refused:
        there = listed(place.root, place.config, earlier)
        return tuple(OutputFound(target, path, Staleness.UNKNOWN) for path, target in there.items())
    targets = {output.path: output.target for output in compared.outcome.outputs}
    if not targets.keys() >= {verdict.path for verdict in compared.verdicts}:
        targets = listed(place.root, place.config, earlier) | targets
    return tuple(
        OutputFound(targets.get(verdict.path, ""), verdict.path, _state(verdict), " and ".join(map(why, verdict.moves)))
        for verdict in compared.verdicts
    )


def _state(verdict: Verdict) -> Staleness:
    if verdict.state is State.STALE and verdict.moves:
        if any(move.newer for move in verdict.moves):
            return Staleness.NEWER
        if all(_of_version(move) for move in verdict.moves):
            return Staleness.OLDER
    return _STATES[verdict.state]


def _of_version(move: Move) -> bool:
    """Whether this has changed only because the version of transpipe has."""
    return move.what in _OF_VERSIONS or (move.what == PROFILE and move.name in built_in() and move.how == "changed")


# ---- what it means ----


def _with_meaning(made: Audited, outcome: Outcome, *, pictures: bool) -> Audited:
    """The audit, with what the config means as far as it could be read."""
    site, workflow, plan = outcome.profile, outcome.whole, outcome.plan
    if not site:
        return made
    made = replace(made, profile=site.name, targets=site.targets)
    breaches = tuple(_breaches(made.report.diagnostics, workflow, site))
    if not workflow or not plan:
        return replace(made, breaches=breaches)
    return replace(
        made,
        project=workflow.project or "",
        pipelines=tuple(
            _pipeline(pipeline, f"p{number}" if pictures else "") for number, pipeline in enumerate(workflow.pipelines)
        ),
        breaches=breaches,
        losses={name: _losses(name, plan, site) for name in TARGETS},
    )


def _with_cost(made: Audited, outcome: Outcome) -> Audited:
    """The audit, with what a run costs; of a config with errors nobody knows."""
    if made.standing is not Standing.COMPILED or not outcome.plan or not outcome.profile:
        return made
    from transpiler import bill

    targets = [TARGETS[name] for name in made.targets]
    found: Mapping[str, Any] = bill.data(tuple(bill.bills(outcome.plan, outcome.profile, targets)))["cost"]
    return replace(made, cost=found)


def _pipeline(pipeline: Pipeline, prefix: str) -> PipelineFound:
    """A pipeline, with a picture in which ids begin with `prefix`; "": without a picture."""
    stages = tuple((stage.name, tuple(kind_of(step).name for step in stage.steps)) for stage in pipeline.stages)
    shown, picture = notation(pipeline.graph), ""
    if prefix:
        from transpiler.drawing.svg import svg

        picture = svg([pipeline], prefix=prefix, style="", ground=False)
    events = tuple(event.value for event in pipeline.events)
    return PipelineFound(pipeline.name, events, stages, pipeline.graph.edges, shown, picture)


def _breaches(diagnostics: Sequence[Diagnostic], workflow: Workflow | None, site: Profile) -> Iterator[Breach]:
    """The breaches of house rules that were reported, then those of rules that are off. Some rules are checked while a
    config is read, and of these the ones that are off are left out."""
    for diagnostic in diagnostics:
        if diagnostic.code in site.policy:
            yield Breach(diagnostic.code, diagnostic.severity.value, diagnostic.message, diagnostic.span)
    silent = {rule: "warn" for rule in house_rules.RULES if not house_rules.severity_of(site.policy, rule)}
    if workflow and silent:
        found = Diagnostics()
        house_rules.check(workflow, replace(site, policy=silent), found)
        yield from (Breach(d.code, "off", d.message, d.span) for d in found)


def _losses(name: str, plan: Plan, site: Profile) -> tuple[Loss, ...]:
    """What a target loses, each feature once."""
    reasons: dict[str, str] = {}
    places: dict[str, list[str]] = {}
    for use, reason in losses(TARGETS[name], plan, site):
        reasons.setdefault(use.feature, reason)
        place = f"{use.pipeline}/{use.stage}" if use.stage else use.pipeline
        places.setdefault(use.feature, []).append(place)
    return tuple(
        Loss(feature, reason, tuple(dict.fromkeys(places[feature])), feature in site.unsupported)
        for feature, reason in reasons.items()
    )
