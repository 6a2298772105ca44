"""What the page of a run shows, in the words that it shows: the template only lays it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from transpiler.local.lines import duration, one_line, plain, title
from transpiler.local.outcome import End, Outcome, StageOutcome
from transpiler.local.result_lines import counted, covered
from transpiler.program import PipelineProgram, Plan, StageProgram
from transpiler.records import dataclass
from transpiler.run_page import logs, times
from transpiler.run_page.logs import Log
from transpiler.run_page.times import Bar, Tick

_MOST_FAILED = 200
_MOST_SUITES = 500
_TONES = {
    End.SUCCEEDED: "good",
    End.ALLOWED: "mixed",
    End.FAILED: "bad",
    End.PREPARED: "good",
    End.STOPPED: "mixed",
    End.NOT_STARTED: "idle",
}
"""The class of the style for each way in which a stage ends."""


@dataclass(frozen=True, slots=True)
class After:
    """A stage that another one waited for. `last`: it ended last of them."""

    name: str
    last: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage on the time line and in the list. `ran`: it was started; `longest`: it is one of those that decided how
    long the pipeline took; `open`: its log is shown at once."""

    id: str
    name: str
    title: str
    label: str
    state: str
    tone: str
    ran: bool
    open: bool
    spent: str
    time: str
    bar: Bar | None
    wait: Bar | None
    after: tuple[After, ...]
    longest: bool
    why: str
    notes: tuple[str, ...]
    kept: tuple[str, ...]
    log: Log


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline with its stages, and in words those that decided how long it took."""

    name: str
    longest: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class SuiteRow:
    """A row of the table of test suites."""

    stage: str
    name: str
    tests: int
    failed: int
    skipped: int
    time: str


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A failed test of a stage."""

    stage: str
    name: str
    message: str
    details: str


@dataclass(frozen=True, slots=True)
class View:
    """The whole page. `facts` are names and values about the run; `more_…` say how many are not listed."""

    project: str
    verdict: str
    tone: str
    version: str
    facts: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]
    ticks: tuple[Tick, ...]
    pipelines: tuple[Pipeline, ...]
    failed: tuple[FailedRow, ...]
    more_failed: int
    suites: tuple[SuiteRow, ...]
    more_suites: int
    coverage: tuple[str, ...]
    report_problems: tuple[str, ...]

    @property
    def stages(self) -> Iterator[Stage]:
        """The stages of all pipelines."""
        return chain.from_iterable(pipeline.stages for pipeline in self.pipelines)


def view(
    outcome: Outcome, plan: Plan, project: str, facts: tuple[tuple[str, str], ...], output: Path, version: str
) -> View:
    """The page of a run. `facts` are those that come first; `output` is where logs and kept files are."""
    found = {(stage.pipeline, stage.stage): stage for stage in outcome.stages}
    whole = max((times.ends(stage) for stage in outcome.stages if times.ran(stage)), default=0.0) or 1.0
    pipelines = tuple(
        _pipeline(number, p, {s.name: found[p.name, s.name] for s in p.stages}, whole, output)
        for number, p in enumerate(plan.pipelines, 1)
    )
    failed, suites = tuple(_failed(outcome)), tuple(_suites(outcome))
    total = sum(stage.results.total.failed for stage in outcome.stages if stage.results)
    return View(
        project=one_line(project),
        verdict=_verdict(outcome),
        tone="bad" if outcome.failed else "good",
        version=version,
        facts=tuple((name, one_line(value)) for name, value in (*facts, *_facts(outcome, output)) if value),
        problems=tuple(map(one_line, outcome.problems)),
        ticks=times.ticks(whole),
        pipelines=pipelines,
        failed=failed[:_MOST_FAILED],
        more_failed=total - min(len(failed), _MOST_FAILED),
        suites=suites[:_MOST_SUITES],
        more_suites=max(0, len(suites) - _MOST_SUITES),
        coverage=tuple(_coverage(outcome)),
        report_problems=tuple(_report_problems(outcome)),
    )


def _verdict(outcome: Outcome) -> str:
    done = sum(stage.end is End.SUCCEEDED for stage in outcome.stages)
    count = len(outcome.stages)
    word = "Stopped" if outcome.stopped else "Failed" if outcome.failed else "Succeeded"
    return f"{word}: {done} of {count} stage{'s' if count != 1 else ''} succeeded"


def _facts(outcome: Outcome, output: Path) -> Iterator[tuple[str, str]]:
    yield "took", duration(outcome.seconds)
    results = [stage.results for stage in outcome.stages if stage.results and stage.results.suites]
    if results:
        tests = [result.total for result in results]
        failed, skipped = sum(t.failed for t in tests), sum(t.skipped for t in tests)
        yield "tests", counted(sum(t.tests for t in tests), failed, skipped)
    yield "logs and files", str(output)


def _pipeline(
    number: int, pipeline: PipelineProgram, outcomes: Mapping[str, StageOutcome], whole: float, output: Path
) -> Pipeline:
    path = times.longest(pipeline.graph, outcomes)
    stages = tuple(
        _stage(f"stage-{number}-{place}", stage, pipeline, outcomes, whole, stage.name in path, output)
        for place, stage in enumerate(pipeline.stages, 1)
    )
    words = " → ".join(f"{one_line(name)} ({duration(outcomes[name].seconds)})" for name in path)
    return Pipeline(one_line(pipeline.name), words, stages)


def _stage(
    id: str,
    stage: StageProgram,
    pipeline: PipelineProgram,
    outcomes: Mapping[str, StageOutcome],
    whole: float,
    longest: bool,
    output: Path,
) -> Stage:
    outcome, graph = outcomes[stage.name], pipeline.graph
    ran = times.ran(outcome)
    last = times.last_before(stage.name, graph, outcomes)
    start, end = outcome.began, times.ends(outcome)
    return Stage(
        id=id,
        name=one_line(stage.name),
        title=title(pipeline.name, stage.name),
        label=one_line(stage.label),
        state=outcome.end.value,
        tone=_TONES[outcome.end],
        ran=ran,
        open=outcome.end in (End.FAILED, End.STOPPED),
        spent=duration(outcome.seconds),
        time=f"{duration(start)} to {duration(end)}" if ran else "",
        bar=times.bar(start, end, whole) if ran else None,
        wait=times.wait(stage.name, graph, outcomes, whole) if ran else None,
        after=tuple(After(one_line(other), other == last) for other in graph.before(stage.name)),
        longest=longest,
        why=one_line(outcome.why),
        notes=tuple(map(one_line, outcome.notes)),
        kept=tuple(one_line(str(output / path)) for path in outcome.kept),
        log=logs.read(outcome.log if ran else None),
    )


def _failed(outcome: Outcome) -> Iterator[FailedRow]:
    for stage in outcome.stages:
        for test in stage.results.failed if stage.results else ():
            details = "\n".join(map(plain, test.details.split("\n")))
            name = title(stage.pipeline, stage.stage)
            yield FailedRow(name, one_line(test.full_name), one_line(test.message), details)


def _suites(outcome: Outcome) -> Iterator[SuiteRow]:
    for stage in outcome.stages:
        for suite in stage.results.suites if stage.results else ():
            name, spent = one_line(suite.name) or "(no name)", duration(suite.seconds) if suite.seconds else ""
            yield SuiteRow(title(stage.pipeline, stage.stage), name, suite.tests, suite.failed, suite.skipped, spent)


def _coverage(outcome: Outcome) -> Iterator[str]:
    for stage in outcome.stages:
        for coverage in stage.results.coverage if stage.results else ():
            name = title(stage.pipeline, stage.stage)
            yield f"{name}: {covered(coverage)} covered ({one_line(coverage.file)})"


def _report_problems(outcome: Outcome) -> Iterator[str]:
    for stage in outcome.stages:
        for problem in stage.results.problems if stage.results else ():
            yield f"{title(stage.pipeline, stage.stage)}: {one_line(problem)}"
