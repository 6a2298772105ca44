"""What a pipeline does, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transpiler import ir
from transpiler.difference.approvals import Asked, compare_behind
from transpiler.difference.model import Change, How, Meaning, PipelineVerdict, Topic, Verdict
from transpiler.difference.orders import compare_order
from transpiler.difference.stages import ENGINE, StageSide, alike, compare_stage, meaning
from transpiler.difference.things import changed, compared_fields, members, patch, place
from transpiler.graph import Graph, notation
from transpiler.program import PipelineProgram
from transpiler.records import dataclass, replace

_TOLD = frozenset({"name", "slug", "events", "fetch", "graph", "stages", "teardown", "deciding"})
"""The fields of a pipeline's program that are compared in another way, or follow from the stages."""
_TITLES = {"deciding": "how it decides whether it runs"}


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

    def approvals(self) -> dict[str, ir.Approval]:
        """The approvals, by the stages that start only after them."""
        return {stage.name: stage.approval for stage in self.meant.stages if stage.approval}


def compare_pipeline(
    name: str, old: PipelineSide | None, new: PipelineSide | None
) -> tuple[PipelineVerdict, tuple[Change, ...]]:
    """The verdict on a pipeline that is there on one side at least, and what changed in it."""
    if old and new and (old.program, old.meant) == (new.program, new.meant):
        same = tuple(Verdict(stage.name, Meaning.IDENTICAL) for stage in new.meant.stages)
        return PipelineVerdict(name, Meaning.IDENTICAL, None, same), ()
    before, after = old.stages() if old else {}, new.stages() if new else {}
    verdicts: list[Verdict] = []
    called = _renamed(before, after)
    changes = [*_around(name, old, new, {was: is_now for is_now, was in called.items()})]
    moved = {change.stage for change in changes if change.topic in (Topic.EDGE, Topic.APPROVAL)}
    for stage in dict.fromkeys((*after, *(stage for stage in before if stage not in called.values()))):
        if stage in called:
            # The patch shows that nothing but the name has changed: a program may hold the name for other reasons, too.
            lines = patch(before[called[stage]].program.lines, after[stage].program.lines)
            at = replace(place(name, stage), topic=Topic.STAGE, name=stage, patch=lines)
            changes.append(replace(at, before=called[stage], after=stage))
            verdicts.append(Verdict(stage, Meaning.DIFFERENT, How.CHANGED))
            continue
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


def _renamed(before: Mapping[str, StageSide], after: Mapping[str, StageSide]) -> dict[str, str]:
    """The stages that do what one did that is gone: their names, each with the name of that one."""
    gone = [name for name in before if name not in after]
    found: dict[str, str] = {}
    for name in (name for name in after if name not in before):
        if was := next((one for one in gone if alike(before[one], after[name])), None):
            gone.remove(was)
            found[name] = was
    return found


def _around(
    name: str, old: PipelineSide | None, new: PipelineSide | None, called: Mapping[str, str]
) -> Iterator[Change]:
    """What is around the stages; `called` are the new names of stages, by their old ones."""
    at = place(name)
    for change in members(Topic.EVENT, _events(old), _events(new), at):
        yield replace(change, after=", ".join(_reach(new)) if change.how is How.ADDED else "")
    if old and new:
        yield from changed(Topic.CHANGES, _counted(old), _counted(new), at)
        renamed = _with_names(old.program.graph, called)
        yield from compare_order(name, renamed, new.program.graph)
        asked = {called.get(stage, stage): approval for stage, approval in old.approvals().items()}
        yield from compare_behind(name, Asked(renamed, asked), Asked(new.program.graph, new.approvals()))
        yield from changed(Topic.CHECKOUT, _fetch(old), _fetch(new), at)
        told = _TOLD if _counted(old) != _counted(new) else _TOLD - {"deciding"}
        theirs = compared_fields(new.program)
        for field, before in compared_fields(old.program).items():
            if field not in told and before != theirs[field]:
                title = _TITLES.get(field, field.replace("_", " "))
                yield replace(at, topic=Topic.HANDOVER, name=title)
        if old.program.slug != new.program.slug:
            title = "its name in files and jobs"
            yield replace(at, topic=Topic.HANDOVER, name=title, before=old.program.slug, after=new.program.slug)
        return
    side = new or old
    assert side
    graph = notation(side.program.graph) or "no stages"
    how, given = (How.ADDED, {"after": graph}) if new else (How.REMOVED, {"before": graph})
    yield replace(at, topic=Topic.PIPELINE, how=how, name=name, **given)


def _counted(side: PipelineSide) -> dict[str, str]:
    """The patterns of the files by which it is decided whether the pipeline runs; none if it always runs."""
    if side.program.deciding is None:
        return {}
    rules = side.program.deciding.rules
    found = {"files that count": ", ".join(rules.include or ("**",))}
    return found | ({"files that do not": ", ".join(rules.exclude)} if rules.exclude else {})


def _with_names(graph: Graph, called: Mapping[str, str]) -> Graph:
    """The graph with other names for some of its nodes."""
    names = {node: called.get(node, node) for node in graph.nodes}
    return Graph(tuple(names.values()), tuple((names[a], names[b]) for a, b in graph.edges)) if called else graph


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
