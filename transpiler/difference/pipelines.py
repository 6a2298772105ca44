"""What a pipeline does, before and after."""

from __future__ import annotations

from collections.abc import Iterator

from transpiler import ir
from transpiler.difference.model import Change, How, Meaning, PipelineVerdict, Topic, Verdict
from transpiler.difference.orders import compare_order
from transpiler.difference.stages import ENGINE, StageSide, compare_stage, meaning
from transpiler.difference.things import changed, members, place
from transpiler.graph import notation
from transpiler.program import PipelineProgram
from transpiler.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class PipelineSide:
    """One version of a pipeline: what it means, and its programs."""

    meant: ir.Pipeline
    program: PipelineProgram

    def stages(self) -> dict[str, StageSide]:
        """Its stages, by their names."""
        waits: dict[str, list[str]] = {}
        for a, b in self.program.graph.edges:
            waits.setdefault(b, []).append(a)
        pairs = zip(self.meant.stages, self.program.stages, strict=True)
        return {meant.name: StageSide(meant, made, tuple(waits.get(meant.name, ()))) for meant, made in pairs}


def compare_pipeline(
    name: str, old: PipelineSide | None, new: PipelineSide | None
) -> tuple[PipelineVerdict, tuple[Change, ...]]:
    """The verdict on a pipeline that is there on one side at least, and what changed in it."""
    if old and new and (old.program, old.meant) == (new.program, new.meant):
        same = tuple(Verdict(stage.name, Meaning.IDENTICAL) for stage in new.meant.stages)
        return PipelineVerdict(name, Meaning.IDENTICAL, None, same), ()
    before, after = old.stages() if old else {}, new.stages() if new else {}
    verdicts: list[Verdict] = []
    changes = [*_around(name, old, new)]
    moved = {change.stage for change in changes if change.topic is Topic.EDGE}
    for stage in dict.fromkeys((*after, *before)):
        was, is_now = before.get(stage), after.get(stage)
        found = compare_stage(name, stage, was, is_now)
        changes += found
        how = None if was and is_now else How.ADDED if is_now else How.REMOVED
        kept = was and is_now and stage not in moved
        verdict = meaning(found, was, is_now) if kept and was and is_now else Meaning.DIFFERENT
        verdicts.append(Verdict(stage, verdict, how))
    how = None if old and new else How.ADDED if new else How.REMOVED
    verdict = Meaning.DIFFERENT if changes or how else Meaning.SAME
    return PipelineVerdict(name, verdict, how, tuple(verdicts)), tuple(changes)


def _around(name: str, old: PipelineSide | None, new: PipelineSide | None) -> Iterator[Change]:
    at = place(name)
    for change in members(Topic.EVENT, _events(old), _events(new), at):
        yield replace(change, after=", ".join(_reach(new)) if change.how is How.ADDED else "")
    if old and new:
        yield from compare_order(name, old.program.graph, new.program.graph)
        yield from changed(Topic.CHECKOUT, _fetch(old), _fetch(new), at)
        if old.program.slug != new.program.slug:
            title = "its name in files and jobs"
            yield replace(at, topic=Topic.HANDOVER, name=title, before=old.program.slug, after=new.program.slug)
        return
    side = new or old
    assert side
    graph = notation(side.program.graph) or "no stages"
    how, given = (How.ADDED, {"after": graph}) if new else (How.REMOVED, {"before": graph})
    yield replace(at, topic=Topic.PIPELINE, how=how, name=name, **given)


def _events(side: PipelineSide | None) -> tuple[str, ...]:
    return tuple(event.value for event in side.program.events) if side else ()


def _reach(side: PipelineSide | None) -> tuple[str, ...]:
    """The credentials that a pipeline's stages have: an event more is a way more to them."""
    uses = (use for stage in side.program.stages for use in stage.credentials) if side else ()
    return tuple(dict.fromkeys(use.id or ENGINE for use in uses))


def _fetch(side: PipelineSide) -> dict[str, str]:
    fetch = side.program.fetch
    depth = str(fetch.depth) if fetch.shallow else "all"
    flags = {"submodules": fetch.submodules, "tags": fetch.tags}
    return {"commits": depth, **{name: "yes" if flag else "no" for name, flag in flags.items()}}
