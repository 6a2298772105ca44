"""Compares two versions of a config, either of which may not exist."""

from __future__ import annotations

from collections.abc import Iterable

from transpiler.difference.model import Change, Difference, How, Meaning, PipelineVerdict, Side, Topic, Verdict
from transpiler.difference.pipelines import PipelineSide, compare_pipeline
from transpiler.difference.sites import compare_project, compare_rules, compare_settings, compare_target

_ORDER = {topic: number for number, topic in enumerate(Topic)}


def compare(old: Side | None, new: Side | None, *, identical: bool = False) -> Difference:
    """The difference between two versions; None for one that does not exist. `identical`: no byte of what was read for
    them differs."""
    before, after = _pipelines(old), _pipelines(new)
    found = [compare_pipeline(name, before.get(name), after.get(name)) for name in _both(after, before)]
    verdicts = tuple(verdict for verdict, _ in found)
    changes = [change for _, made in found for change in made]
    common = [*compare_project(old, new), *(compare_settings(old, new) if old and new else ())]
    changes += common
    moved = bool(changes)
    alike = bool(old and new and old.plan == new.plan)
    targets: list[Verdict] = []
    for name in _both(_targets(new), _targets(old)):
        sides = [side if side and name in side.profile.targets else None for side in (old, new)]
        own = tuple(compare_target(name, *sides))
        changes += own
        how = None if all(sides) else How.ADDED if sides[1] else How.REMOVED
        verdict = Meaning.DIFFERENT if own or moved else Meaning.IDENTICAL if alike else Meaning.SAME
        targets.append(Verdict(name, verdict, how))
    changes += compare_rules(old, new)
    ordered = tuple(sorted(changes, key=lambda change: _ORDER[change.topic]))
    meaning = Meaning.DIFFERENT if _differs(ordered, verdicts) else Meaning.IDENTICAL if identical else Meaning.SAME
    return Difference(meaning, ordered, verdicts, tuple(targets))


def _differs(changes: tuple[Change, ...], pipelines: tuple[PipelineVerdict, ...]) -> bool:
    return bool(changes) or any(pipeline.meaning is Meaning.DIFFERENT for pipeline in pipelines)


def _pipelines(side: Side | None) -> dict[str, PipelineSide]:
    if not side:
        return {}
    pairs = zip(side.workflow.pipelines, side.plan.pipelines, strict=True)
    return {meant.name: PipelineSide(meant, made) for meant, made in pairs}


def _targets(side: Side | None) -> tuple[str, ...]:
    return side.profile.targets if side else ()


def _both(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *second)))
