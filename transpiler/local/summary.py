"""The table at the end of a run, and the description of a plan for `--dry-run`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from transpiler.graph import notation, order
from transpiler.local import result_lines
from transpiler.local.lines import coloured, duration, one_line, title
from transpiler.local.outcome import End, Outcome
from transpiler.local.simulation import not_allowed
from transpiler.program import PipelineProgram, Plan


def table(outcome: Outcome, output: Path, *, colour: bool) -> str:
    """A table of the stages and their times, then the results of their tests, and the archived files and where they
    are."""
    names = [title(stage.pipeline, stage.stage) for stage in outcome.stages]
    wide = max(map(len, names), default=0)
    lines = []
    for name, stage in zip(names, outcome.stages, strict=True):
        spent = duration(stage.seconds) if stage.end is not End.NOT_STARTED else ""
        log = f"  {stage.log}" if stage.log and stage.end in (End.FAILED, End.ALLOWED) else ""
        lines.append(f"{name:<{wide}}  {coloured(stage.end, colour=colour, width=11)}  {spent:>10}{log}".rstrip())
    for name, stage in zip(names, outcome.stages, strict=True):
        if stage.results:
            lines += result_lines.shown(name, stage.results, colour=colour)
    lines += [f"kept {output / path}" for stage in outcome.stages for path in stage.kept]
    return "".join(f"{line}\n" for line in (*lines, _verdict(outcome, output)))


def _verdict(outcome: Outcome, output: Path) -> str:
    done = sum(stage.end is End.SUCCEEDED for stage in outcome.stages)
    count = len(outcome.stages)
    what = f"{done} of {count} stages succeeded" if done < count else f"all {count} stages succeeded"
    if count < 2:
        what = f"{done} of {count} stage succeeded"
    stopped = ", the run was stopped" if outcome.stopped else ""
    return f"{what} in {duration(outcome.seconds)}{stopped}; logs: {output}"


def described(plan: Plan, allowed: Collection[str], *, programs: bool) -> str:
    """A description of the plan: a line for each stage, in an order in which they may run. With `programs`, the line is
    followed by the stage's program."""
    return "\n".join("".join(f"{line}\n" for line in _pipeline(p, allowed, programs=programs)) for p in plan.pipelines)


def _pipeline(pipeline: PipelineProgram, allowed: Collection[str], *, programs: bool) -> Iterator[str]:
    yield one_line(f"{pipeline.name}: {notation(pipeline.graph) or '(no stages)'}")
    wide = max((len(one_line(stage.name)) for stage in pipeline.stages), default=0)
    for name in order(pipeline.graph):
        stage = pipeline.stage(name)
        before = pipeline.graph.before(name)
        after = f"  after {', '.join(before)}" if before else ""
        yield f"  {one_line(name):<{wide}}  {one_line(stage.label + after)}"
        if stage.approval:
            yield f"  {'':<{wide}}  it starts once a person has approved"
        for step in not_allowed(stage, allowed):
            yield f"  {'':<{wide}}  {step} is not done without --allow {step}"
        if programs:
            yield from (f"      {line}" if line else "" for line in "\n".join(stage.lines).split("\n"))
    if programs:
        yield "  teardown"
        yield from (f"      {line}" for line in pipeline.teardown)
