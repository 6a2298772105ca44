"""Which stage built the image that a stage tests or ships: the house rules' view of a pipeline.

An image is known by the stage that built it. Values are followed through `publish` and `exports` from stage to stage;
an image that cannot be followed (from another source, or named by a run-time value) has no such stage. Every set of
stages is a bit mask, so that thousands of stages cost little. Knows no rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from transpiler.expressions import Readable, Source, refs
from transpiler.graph import Ancestry, Graph, ancestry, order
from transpiler.ir import Build, Deploy, Export, Pipeline, Publish, Run, Stage, Step
from transpiler.steps import kind_of, values

Origins = frozenset[str]
"""The stages that built the images; empty if that is not known."""

_NOWHERE: Origins = frozenset()


class Images(NamedTuple):
    """What the stages of one pipeline do with images: who built what each stage runs, deploys for a test, publishes and
    ships in any way. A stage is a key in each of the four only if it does that."""

    pipeline: Pipeline
    stages: Mapping[str, Stage]
    before: Ancestry
    builds: Mapping[str, Build]
    run: Mapping[str, Origins]
    rehearsed: Mapping[str, Origins]
    published: Mapping[str, Origins]
    shipped: Mapping[str, Origins]

    def mask(self, names: Iterable[str]) -> int:
        """The stages as a bit mask."""
        found = 0
        for name in names:
            found |= 1 << self.before.position[name]
        return found

    def names(self, mask: int) -> Iterator[str]:
        """Yields the stages of a bit mask, in file order."""
        while mask:
            lowest = mask & -mask
            yield self.pipeline.graph.nodes[lowest.bit_length() - 1]
            mask ^= lowest


def images(pipeline: Pipeline) -> Images:
    """Follows every image through the pipeline."""
    stages = {stage.name: stage for stage in pipeline.stages}
    trail = _Trail({}, {}, {}, {}, {}, {}, {})
    for name in order(pipeline.graph):
        for step in stages[name].steps:
            trail.follow(name, step, may_fail=stages[name].may_fail)
    return Images(
        pipeline,
        stages,
        ancestry(pipeline.graph),
        trail.builds,
        trail.run,
        trail.rehearsed,
        trail.published,
        trail.shipped,
    )


def descendants(graph: Graph) -> Mapping[str, int]:
    """For each node the bit mask of those that come after it."""
    backwards = Graph(graph.nodes, tuple((b, a) for a, b in graph.edges))
    return ancestry(backwards).masks


class _Trail(NamedTuple):
    """What is known after the stages so far: which stages built the images that a stage's values name, and which built
    the images of known names."""

    bound: dict[tuple[str, str], Origins]
    names: dict[str, Origins]
    builds: dict[str, Build]
    run: dict[str, Origins]
    rehearsed: dict[str, Origins]
    published: dict[str, Origins]
    shipped: dict[str, Origins]

    def follow(self, stage: str, step: Step, *, may_fail: bool) -> None:
        """Adds one step; all earlier steps must have been added."""
        match step:
            case Build():
                self.builds[stage] = step
                self._bind(stage, step, frozenset({stage}))
            case Run():
                if not may_fail:  # else it is no test that anything depends on
                    _add(self.run, stage, self._origins(step.image))
            case Export():
                self.bound[stage, step.name] = self._origins(step.value)
            case _ if kind_of(step).leaves:
                self._ship(stage, step)

    def _ship(self, stage: str, step: Step) -> None:
        match step:
            case Publish():
                shipped = self._origins(step.id)
                _add(self.published, stage, shipped)
                self._bind(stage, step, shipped)
                if step.name.literal:
                    _add(self.names, step.name.literal, shipped)
            case Deploy():
                shipped = self._origins(step.image, step.tag) or self.names.get(step.image.literal or "", _NOWHERE)
                if step.test and not step.release:
                    _add(self.rehearsed, stage, shipped)
            case _:
                shipped = self._origins(*(value for value in values(step) if value is not None))
        _add(self.shipped, stage, shipped)

    def _bind(self, stage: str, step: Build | Publish, found: Origins) -> None:
        for key in kind_of(step).binds:
            self.bound[stage, key] = found

    def _origins(self, *values: Readable) -> Origins:
        read = [self.bound.get((r.stage, r.key), _NOWHERE) for r in refs(*values) if r.source is Source.STAGE]
        return _NOWHERE.union(*read)


def _add(to: dict[str, Origins], key: str, found: Origins) -> None:
    to[key] = to.get(key, _NOWHERE) | found
