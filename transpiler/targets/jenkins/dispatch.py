"""Turns a pipeline's graph into calls of the stages' methods, in blocks that Jenkins can compile.

Jenkins compiles a method with all closures in it to one JVM method, which may have at most 64 KB. So no block calls
more than `BLOCK` stages; the rest goes to other methods. Knows nothing of what a stage does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TypeAlias

from transpiler import graph
from transpiler.program import TargetTooLarge
from transpiler.quoting import groovy
from transpiler.records import dataclass
from transpiler.targets.jenkins.names import is_identifier
from transpiler.targets.jenkins.pieces import listed

BLOCK = 50
_ENTRIES = 600  # words of graph entries in one method; Jenkins can compile about 800
_COLUMN = 40


@dataclass(frozen=True, slots=True)
class Call:
    """Calls a method."""

    method: str
    kind: str = "call"


@dataclass(frozen=True, slots=True)
class Series:
    """Calls one after another."""

    parts: tuple[Node, ...]
    kind: str = "series"


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch of a `parallel`; `key` is its name, as a key of a Groovy map."""

    key: str
    node: Node


@dataclass(frozen=True, slots=True)
class Parallel:
    """Branches that run in parallel."""

    branches: tuple[Branch, ...]
    kind: str = "parallel"


@dataclass(frozen=True, slots=True)
class Gathered:
    """Branches that run in parallel and are returned by methods."""

    methods: tuple[str, ...]
    kind: str = "gathered"


@dataclass(frozen=True, slots=True)
class Entry:
    """A stage in `runGraph`'s map: its key and the list of its predecessors, as Groovy, padded into columns."""

    key: str
    after: str
    method: str
    weight: int


@dataclass(frozen=True, slots=True)
class Completion:
    """A graph that is not series-parallel, run by `runGraph`: its entries, or the methods that return them."""

    entries: tuple[Entry, ...]
    methods: tuple[str, ...]
    kind: str = "graph"


Node: TypeAlias = Call | Series | Parallel | Gathered | Completion


@dataclass(frozen=True, slots=True)
class Part:
    """A method with statements, branches of a `parallel`, or entries of a graph that did not fit into a block."""

    method: str
    node: Series | Parallel | Completion


def dispatch(stages: graph.Graph, methods: Mapping[str, str], name: Callable[[], str]) -> tuple[Node, tuple[Part, ...]]:
    """Returns the node that runs the stages in the order of the graph, and the parts that it calls.

    `methods` are the method names by stage name; `name` returns a new method name. Raises TargetTooLarge.
    """
    parts: list[Part] = []
    tree = graph.decompose(stages)
    if tree is None:
        return _completion(stages, methods, name, parts), tuple(parts)
    return _fit(_calls(tree, methods), name, parts), tuple(parts)


def _calls(tree: graph.Tree, methods: Mapping[str, str]) -> Node:
    match tree:
        case str():
            return Call(methods[tree])
        case graph.Series(parts):
            return Series(tuple(_calls(part, methods) for part in parts))
        case graph.Parallel(parts):
            labels = [_label(part) for part in parts]
            plain = all(is_identifier(label) for label in labels)
            return Parallel(
                tuple(
                    Branch(label if plain else groovy(label), _calls(part, methods))
                    for label, part in zip(labels, parts, strict=True)
                )
            )


def _label(tree: graph.Tree) -> str:
    """The name of a branch is that of its first stage."""
    while not isinstance(tree, str):
        tree = tree.parts[0]
    # `parallel` has an option with this name.
    return f"{tree} " if tree == "failFast" else tree


def _weight(node: Node) -> int:
    match node:
        case Call():
            return 1
        case Series(parts):
            return sum(_weight(part) for part in parts)
        case Parallel(branches):
            return sum(_weight(branch.node) for branch in branches)
        case Gathered(methods) | Completion((), methods):
            return len(methods)
        case Completion(entries):
            return len(entries)


def _fit(node: Node, name: Callable[[], str], parts: list[Part]) -> Node:
    """Returns the node with at most BLOCK calls, and adds the rest to `parts`."""
    if _weight(node) <= BLOCK:
        return node
    if isinstance(node, Parallel):
        branches = [Branch(branch.key, _fit(branch.node, name, parts)) for branch in node.branches]
        methods = []
        for group in _groups([_weight(branch.node) for branch in branches]):
            methods.append(name())
            parts.append(Part(methods[-1], Parallel(tuple(branches[group.start : group.stop]))))
        return Gathered(tuple(methods))
    if isinstance(node, Series):
        nodes = [_fit(part, name, parts) for part in node.parts]
        while sum(map(_weight, nodes)) > BLOCK:
            grouped: list[Node] = []
            for group in _groups([_weight(part) for part in nodes]):
                method = name()
                grouped.append(Call(method))
                parts.append(Part(method, Series(tuple(nodes[group.start : group.stop]))))
            nodes = grouped
        return Series(tuple(nodes))
    return node


def _groups(weights: list[int], most: int = BLOCK) -> list[range]:
    """Groups neighbours so that each group has a total weight of at most `most`, or only one member."""
    starts, total = [0], 0
    for index, weight in enumerate(weights):
        if total + weight > most and index > starts[-1]:
            starts.append(index)
            total = 0
        total += weight
    return [range(a, b) for a, b in pairwise([*starts, len(weights)])]


def _completion(
    stages: graph.Graph, methods: Mapping[str, str], name: Callable[[], str], parts: list[Part]
) -> Completion:
    before: dict[str, list[str]] = {stage: [] for stage in stages.nodes}
    for a, b in stages.edges:
        before[b].append(a)
    for stage, names in before.items():
        if len(names) > _ENTRIES:
            raise TargetTooLarge(
                f"stage {stage} waits for {len(names)} others, and a method of a Jenkinsfile can list {_ENTRIES}",
                "add a stage that waits for some of them, and let this stage wait for that one",
            )
    entries = _entries(before, methods)
    groups = _groups([_ENTRIES // BLOCK + entry.weight for entry in entries], _ENTRIES)
    if len(groups) == 1:
        return Completion(entries, ())
    names = []
    for group in groups:
        names.append(name())
        parts.append(Part(names[-1], Completion(entries[group.start : group.stop], ())))
    return Completion((), tuple(names))


def _entries(before: Mapping[str, list[str]], methods: Mapping[str, str]) -> tuple[Entry, ...]:
    keys = {stage: _key(stage) + ":" for stage in before}
    lists = {stage: listed(names) + "," for stage, names in before.items()}
    wide = max((len(key) for key in keys.values() if len(key) <= _COLUMN), default=0)
    far = max((len(text) for text in lists.values() if len(text) <= _COLUMN), default=0)
    return tuple(
        Entry(keys[stage].ljust(wide), lists[stage].ljust(far), methods[stage], len(names))
        for stage, names in before.items()
    )


def _key(text: str) -> str:
    return text if is_identifier(text) else groovy(text)
