"""What passes between the jobs of one pipeline: values, images and copied files. Knows no YAML.

The stages of one job share its checkout, its daemon and `$values`. Everything else travels as an artifact of the job
that made it, except images, where the profile lets the registry carry them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transpiler.graph import ancestors, order
from transpiler.program import PipelineProgram, StageProgram, ValueFile
from transpiler.records import dataclass


@dataclass(frozen=True, slots=True)
class Hand:
    """What a group of stages hands on and takes in.

    `values` are files of `$values` for other jobs; `images` the stages of it whose images other jobs need, `packs`
    those whose copied files they must find; `releases` the files of releases that the last job uninstalls. `takes` are
    the numbers of the groups whose artifacts it needs; `loads` the stages whose images it needs, `unpacks` those whose
    copied files, ancestors first.
    """

    values: tuple[str, ...]
    images: tuple[str, ...]
    packs: tuple[str, ...]
    releases: tuple[str, ...]
    takes: tuple[int, ...]
    loads: tuple[str, ...]
    unpacks: tuple[str, ...]

    def gives(self, *, by_artifact: bool) -> bool:
        """Whether it leaves an artifact for other jobs; `by_artifact`: images are in it."""
        return bool(self.values or self.packs or self.releases or (by_artifact and self.images))


def trace(
    pipeline: PipelineProgram, groups: tuple[tuple[str, ...], ...], mailing: frozenset[str], *, by_artifact: bool
) -> tuple[Hand, ...]:
    """What each group hands on and takes in. `mailing` are the stages whose mail is sent; `by_artifact`: images are
    artifacts."""
    by_name = {stage.name: stage for stage in pipeline.stages}
    home = {name: i for i, names in enumerate(groups) for name in names}
    before = ancestors(pipeline.graph)
    read = [{v for name in names for v in _reads(by_name[name], mailing)} for names in groups]
    followed = {home[a] for a, b in pipeline.graph.edges if home[a] != home[b]}
    hands = []
    for i, names in enumerate(groups):
        stages = [by_name[name] for name in names]
        above = {other for name in names for other in before[name] if home[other] != i}
        loads = {image for stage in stages for image in stage.images if home[image] != i}
        unpacks = tuple(name for name in order(pipeline.graph) if name in above and by_name[name].copies)
        sources = {v.stage for v in read[i]} | set(unpacks) | (loads if by_artifact else set())
        elsewhere = {v.file for j, found in enumerate(read) if j != i for v in found}
        wanted = {image for j, other in enumerate(groups) if j != i for name in other for image in by_name[name].images}
        # Who loads an image gives it a name, by its id, even if only an export tells the program the id.
        ids = {v.file for stage in stages for v in stage.binds if stage.name in wanted and v.key == "imageID"}
        hands.append(
            Hand(
                values=tuple(v.file for stage in stages for v in stage.binds if v.file in elsewhere | ids),
                images=tuple(stage.name for stage in stages if stage.name in wanted),
                packs=tuple(s.name for s in stages if s.copies and _is_needed(s.name, i, home, before)),
                releases=tuple(stage.releases for stage in stages if stage.releases and i in followed),
                takes=tuple(sorted({home[name] for name in sources} - {i})),
                loads=tuple(name for name in order(pipeline.graph) if name in loads),
                unpacks=unpacks,
            )
        )
    return tuple(hands)


def _reads(stage: StageProgram, mailing: frozenset[str]) -> Iterator[ValueFile]:
    yield from stage.reads
    if stage.mail and stage.name in mailing:
        yield from stage.mail.reads


def _is_needed(name: str, own: int, home: Mapping[str, int], before: Mapping[str, frozenset[str]]) -> bool:
    return any(name in found and home[other] != own for other, found in before.items())
