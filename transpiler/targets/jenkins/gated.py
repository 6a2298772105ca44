"""A pipeline that a person must approve on its way, in parts: no node is held while Jenkins asks, so each part has a
node, a checkout and a teardown of its own. Values and copied files cross by `stash`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from transpiler import taken_images
from transpiler.gates import Part
from transpiler.graph import Graph, order
from transpiler.ir import Approval
from transpiler.profile import Profile
from transpiler.program import PipelineProgram, StageProgram, TargetTooLarge, Use
from transpiler.quoting import sh
from transpiler.records import dataclass, replace
from transpiler.targets.grouping import within
from transpiler.targets.jenkins.dispatch import BLOCK, Node, dispatch
from transpiler.targets.jenkins.dispatch import Part as Piece
from transpiler.targets.jenkins.names import Names
from transpiler.targets.jenkins.pieces import listed
from transpiler.targets.jenkins.sources import APPROVED_BY


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked before a stage: who may answer ("" for anybody), and within how many seconds (0 for no
    limit)."""

    stage: str
    message: str
    submitter: str
    seconds: int


@dataclass(frozen=True, slots=True)
class PartView:
    """One part's method, and the name that tells its node and stash from those of all others in the file. It takes the
    stashes `takes`, unpacks files by the shell lines `unpacks`, and leaves those of `packs` and the `files` of
    `$values` as a stash, if it leaves any; `lists`: some of these are lists of what it has published. `told`: its
    programs read who has approved."""

    method: str
    name: str
    question: Question | None
    told: bool
    takes: tuple[str, ...]
    unpacks: tuple[str, ...]
    dispatch: Node
    packs: tuple[str, ...]
    files: tuple[str, ...]
    lists: bool

    @property
    def taken(self) -> str:
        """The arguments of `takeOver`, as Groovy; "" if the part takes nothing."""
        return f"{listed(self.takes)}, {listed(self.unpacks)}" if self.takes else ""

    @property
    def left(self) -> str:
        """The arguments of `handOn` after the name, as Groovy; "" if the part leaves nothing."""
        return f"{listed(self.files)}, {listed(self.packs)}" if self.files else ""


@dataclass(frozen=True, slots=True)
class Divided:
    """The parts of a pipeline, the node that runs them in order, and the methods that this and the parts call."""

    parts: tuple[PartView, ...]
    dispatch: Node
    pieces: tuple[Piece, ...]


def torn_down(pipeline: PipelineProgram, profile: Profile, lost: frozenset[Use]) -> PipelineProgram:
    """The pipeline with the teardown that each of its parts needs: it may have images that another one has published,
    which its own label does not tell."""
    if not pipeline.gates(lost) or not any(stage.takes for stage in pipeline.stages):
        return pipeline
    return replace(pipeline, teardown=taken_images.with_removal(pipeline.teardown, profile.container))


def divided(
    pipeline: PipelineProgram, methods: Mapping[str, str], names: Names, lost: frozenset[Use], *, reports: bool
) -> Divided:
    """The pipeline in parts. `methods` are those of its stages; `reports`: its end is reported with what all of them
    have published. Raises TargetTooLarge."""
    found = pipeline.parts(lost)
    if len(found) > BLOCK:
        limit = f"the pipeline {pipeline.name} has {len(found)} parts between approvals; at most {BLOCK} can be said"
        raise TargetTooLarge(limit, "ask less often, or split the pipeline")
    keys = [pipeline.stage(part.stages[0]).slug for part in found]
    own = {key: names.method(pipeline.slug, "part", key) for key in keys}
    graph = Graph(
        tuple(keys), tuple((keys[i], key) for part, key in zip(found, keys, strict=True) for i in part.before)
    )
    node, _ = dispatch(graph, own, _no_more)
    pieces: list[Piece] = []
    views: list[PartView] = []
    for part in found:
        inner, more = dispatch(
            within(pipeline.graph, part.stages), methods, lambda: names.method(pipeline.slug, "some")
        )
        pieces += more
        key = keys[len(views)]
        views.append(_view(pipeline, found, len(views), own[key], inner, reports=reports))
    return Divided(tuple(views), node, tuple(pieces))


def _no_more() -> str:
    raise AssertionError("at most BLOCK parts fit into one method")


def _view(
    pipeline: PipelineProgram, found: Sequence[Part], index: int, method: str, inner: Node, *, reports: bool
) -> PartView:
    part, before = found[index], _before(found, index)
    rank: Callable[[str], int] = order(pipeline.graph).index
    earlier = sorted((name for i in before for name in found[i].stages), key=rank)
    stages = [pipeline.stage(name) for name in part.stages]
    approval = stages[0].approval if part.gate else None
    gives = {i: _gives(pipeline, found, i) for i in (*before, index)}
    packed = [pipeline.stage(name).slug for name in earlier if pipeline.stage(name).copies]
    mine = gives[index]
    lists = tuple(stage.publishes for stage in stages if stage.publishes) if reports else ()
    return PartView(
        method=method,
        name=_name(pipeline, part),
        question=_question(stages[0], approval) if approval else None,
        told=any(APPROVED_BY in stage.setup for stage in stages),
        takes=tuple(_name(pipeline, found[i]) for i in before if gives[i]),
        unpacks=tuple(f'tar -xf "$values/{slug}.files.tar"' for slug in packed),
        dispatch=inner,
        packs=tuple(_pack(stage) for stage in stages if stage.copies and f"{stage.slug}.files.tar" in mine),
        files=tuple(dict.fromkeys((*mine, *lists))),
        lists=bool(lists),
    )


def _name(pipeline: PipelineProgram, part: Part) -> str:
    """Unique in the file: slugs have no dots."""
    return f"{pipeline.slug}.{pipeline.stage(part.stages[0]).slug}"


def _question(stage: StageProgram, approval: Approval) -> Question:
    message = approval.message or f"Start {stage.name}?"
    return Question(stage.name, message, ",".join(approval.by), approval.timeout or 0)


def _before(found: Sequence[Part], index: int) -> tuple[int, ...]:
    """All parts before one, directly or not."""
    seen: set[int] = set()
    waiting = [*found[index].before]
    while waiting:
        other = waiting.pop()
        if other not in seen:
            seen.add(other)
            waiting += found[other].before
    return tuple(sorted(seen))


def _gives(pipeline: PipelineProgram, found: Sequence[Part], index: int) -> tuple[str, ...]:
    """The files in `$values` that later parts need of this one."""
    after = [i for i in range(len(found)) if index in _before(found, i)]
    readers = [pipeline.stage(name) for i in after for name in found[i].stages]
    return tuple(dict.fromkeys(_given(found[index].stages, pipeline, readers)))


def _given(own: tuple[str, ...], pipeline: PipelineProgram, readers: Sequence[StageProgram]) -> Iterator[str]:
    for reader in readers:
        for value in (*reader.reads, *(reader.mail.reads if reader.mail else ())):
            if value.stage in own:
                yield value.file
    if readers:
        yield from (f"{stage.slug}.files.tar" for stage in map(pipeline.stage, own) if stage.copies)


def _pack(stage: StageProgram) -> str:
    """The shell line that packs what a stage has copied, as far as it is there: the stage may have been allowed to
    fail."""
    paths = " ".join(sh(f"./{path}") for path in stage.copies)
    found = f'set --; for path in {paths}; do [ ! -e "$path" ] || set -- "$@" "$path"; done'
    return (
        f'{found}; [ $# -gt 0 ] || set -- -T /dev/null; tar -cf "$values/{stage.slug}.files.tar" --exclude=./.git "$@"'
    )
