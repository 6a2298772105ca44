"""Which stages of a pipeline share a job, and in which rows the stages of one job run: the same on every engine that
can choose."""

from __future__ import annotations

from collections.abc import Iterable, Set
from enum import StrEnum

from transpiler.gates import parts
from transpiler.graph import Graph, Series, Tree, decompose, order
from transpiler.program import Feature, PipelineProgram, Use

_SHARED = frozenset({Feature.OTHER_CONTAINER, Feature.OTHER_IMAGE_NAME})


class Granularity(StrEnum):
    """A job for each stage, for each chain of stages that can only run one after the other, or for the pipeline."""

    STAGE = "stage"
    CHAIN = "chain"
    PIPELINE = "pipeline"


def groups(
    pipeline: PipelineProgram,
    granularity: Granularity,
    uses: Iterable[Use] = (),
    apart: Set[str] = frozenset(),
    gates: Set[str] = frozenset(),
) -> tuple[tuple[tuple[str, ...], ...], str]:
    """The stages of each job, in the order of the graph, and why the pipeline has another granularity than the profile
    asks for ("" if it has not). A pipeline is one job if its stages share what only one machine has, as `uses` of the
    plan say. Stages that are `apart` have jobs of their own. A job begins at each of the `gates`, and none holds stages
    from both sides of one."""
    names = order(pipeline.graph)
    whole = tuple(part.stages for part in parts(pipeline.graph, gates))
    if granularity is Granularity.STAGE or len(names) < 2:
        found: tuple[tuple[str, ...], ...] = tuple((name,) for name in names)
    elif granularity is Granularity.PIPELINE and not apart:
        return whole, ""
    else:
        found = _chains(pipeline.graph, names, apart, gates)
    if granularity is Granularity.PIPELINE and apart and len(names) > 1:
        first = next(name for name in names if name in apart)
        return found, f"`{first}` needs a job of its own"
    job = {name: i for i, group in enumerate(found) for name in group}
    for use in uses:
        if use.feature in _SHARED and use.pipeline == pipeline.name and job[use.stage] != job[use.detail]:
            what = "the container" if use.feature is Feature.OTHER_CONTAINER else "the local image name"
            return whole, f"`{use.stage}` needs {what} of `{use.detail}`"
    return found, ""


def _chains(graph: Graph, names: tuple[str, ...], apart: Set[str], gates: Set[str]) -> tuple[tuple[str, ...], ...]:
    """Maximal paths on which every stage but the first has one predecessor, whose only successor it is; a stage that
    is `apart` is a path by itself, and one of the `gates` is the first of its path."""
    before: dict[str, list[str]] = {name: [] for name in names}
    after: dict[str, list[str]] = {name: [] for name in names}
    for a, b in graph.edges:
        before[b].append(a)
        after[a].append(b)
    chains: dict[str, list[str]] = {}
    for name in names:
        previous = before[name][0] if len(before[name]) == 1 else ""
        if previous and len(after[previous]) == 1 and name not in gates and not apart & {name, previous}:
            chains[name] = chains[previous]
            chains[name].append(name)
        else:
            chains[name] = [name]
    return tuple(tuple(chain) for name, chain in chains.items() if chain[0] == name)


def within(graph: Graph, names: tuple[str, ...]) -> Graph:
    """The part of a graph between these nodes."""
    return Graph(names, tuple((a, b) for a, b in graph.edges if a in names and b in names))


def rows(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """The stages that run side by side, row after row: by the graph, each row comes after the whole row before."""
    rank = {name: i for i, name in enumerate(order(graph))}
    tree = decompose(graph)
    parts = tree.parts if isinstance(tree, Series) else (tree,)
    return tuple(tuple(sorted(_leaves(part) if part else graph.nodes, key=rank.__getitem__)) for part in parts)


def _leaves(tree: Tree) -> tuple[str, ...]:
    return (tree,) if isinstance(tree, str) else tuple(leaf for part in tree.parts for leaf in _leaves(part))
