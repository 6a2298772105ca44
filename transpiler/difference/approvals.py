"""Which stages start only after which approvals, before and after: an arc that is gone can lose an approval, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transpiler.difference.model import Change, How, Topic
from transpiler.difference.things import place
from transpiler.difference.written import approval
from transpiler.graph import Graph, ancestry, order
from transpiler.ir import Approval
from transpiler.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Asked:
    """One version of a pipeline: its graph, and the approvals by the stages that have one."""

    graph: Graph
    approvals: Mapping[str, Approval]


def compare_behind(pipeline: str, old: Asked, new: Asked) -> Iterator[Change]:
    """The approvals of other stages that a stage of both sides waits for on one side only. Of stages that wait for each
    other, only the first is told. A stage that is there on both sides and asks on one only is told where its own
    approval is compared."""
    for how, here, there in ((How.ADDED, new, old), (How.REMOVED, old, new)):
        for gate, asked in here.approvals.items():
            if gate in there.graph.nodes and gate not in there.approvals:
                continue
            of = f"of the stage {gate}, {', '.join(approval(asked).values())}"
            told = {"after": of} if how is How.ADDED else {"before": of}
            for stage in _first(here.graph, there.graph, gate):
                yield replace(place(pipeline, stage), topic=Topic.APPROVAL, how=how, name=gate, **told)


def _first(here: Graph, there: Graph, gate: str) -> list[str]:
    """The first stages of both sides that come after the gate here and not there."""
    known, other, both = ancestry(here), ancestry(there), frozenset(there.nodes)
    found: list[str] = []
    for stage in order(here):
        moved = stage in both and known.precedes(gate, stage) and not other.precedes(gate, stage)
        if moved and not any(known.precedes(one, stage) for one in found):
            found.append(stage)
    return found
