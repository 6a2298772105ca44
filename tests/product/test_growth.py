"""Large configs take no more than n log n steps: counted at n, 2n and 4n, function by function, never timed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support.repositories import CONFIG, make
from tools.counting import steps

from transpiler import graph as graphs
from transpiler import report
from transpiler.driver import Outcome, Request, understand
from transpiler.graph import ancestry, decompose, find_cycle, from_arcs, notation, order
from transpiler.lowering import lower

# A function that runs so few lines for the largest config may grow as it likes.
NOTHING = 500


def pipelines(number: int) -> str:
    """Pipelines of three stages that build, run and publish."""
    lines = ["project: team/ores", "pipelines:"]
    for p in range(number):
        lines += [
            f"  p{p}:",
            "    blubberfile: blubber.yaml",
            "    stages:",
            "      - {name: s0, build: test, run: true}",
            "      - {name: s1, run: {image: '${s0.imageID}', arguments: [a, '${setup.tag}']}}",
            "      - {name: s2, build: test, publish: {image: {id: '${.imageID}', tags: [a]}}}",
        ]
    return "\n".join(lines) + "\n"


def stages(number: int) -> str:
    """A pipeline whose every stage comes after the three before it, reads a value of one; some publish."""
    lines = ["project: team/ores", "pipelines:", "  p:", "    blubberfile: blubber.yaml", "    stages:"]
    for i in range(number):
        reads = f"{{arguments: ['${{s{i - 2}.imageID}}']}}" if i > 1 else "true"
        last = ", publish: {image: {id: '${.imageID}', tags: [a]}}" if i % 10 == 9 else ""
        lines.append(f"      - {{name: s{i}, build: test, run: {reads}{last}}}")
    arcs = [f"      - [s{i - d}, s{i}]" for i in range(1, number) for d in (1, 2, 3) if i >= d]
    return "\n".join([*lines, "    execution:", *arcs]) + "\n"


def mistakes(number: int) -> str:
    """The same with a wrong reference in every stage, and an arc to a stage that is not there for each."""
    wrong = [f"      - [nowhere{i}, s{i}]" for i in range(number)]
    return stages(number).replace(".imageID}'", ".imageHD}'") + "\n".join(wrong) + "\n"


def compiled(root: Path) -> Outcome:
    """All that does not depend on a target."""
    outcome = understand(Request(root, CONFIG, "wikimedia"))
    report.text(outcome.diagnostics, outcome.sources)
    if outcome.workflow and outcome.profile:
        lower(outcome.workflow, outcome.profile)
    return outcome


def assert_gentle(count: Callable[[int], Counter[str]], few: int) -> None:
    """Each function, and all together, run no more lines than n log n allows, with a tenth for what is constant."""
    first, second, third = (count(n) for n in (few, 2 * few, 4 * few))
    assert sum(third.values()) > NOTHING
    for small, large, n in ((first, second, few), (second, third, 2 * few)):
        most = 2 * (1 + 1 / math.log2(n)) * 1.1
        wild = {name: (small[name], large[name]) for name in large if large[name] > max(NOTHING, most * small[name])}
        assert wild == {}
        assert sum(large.values()) <= most * sum(small.values())


@pytest.mark.slow
@pytest.mark.parametrize(("text", "few"), [(pipelines, 6), (stages, 16), (mistakes, 16)])
def test_the_front_end_and_lowering_do(
    text: Callable[[int], str], few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Suggestions are made until their limit of comparisons is reached; here that is soon.
    monkeypatch.setattr("transpiler.frontend.suggestions.MAX_COMPARED", 20)
    compiled(make(tmp_path / "first", text(2)))  # what is read and computed once

    def count(number: int) -> Counter[str]:
        root = make(tmp_path / str(number), text(number))
        return steps(lambda: compiled(root))

    assert_gentle(count, few)


def _three_before(number: int) -> tuple[list[str], list[list[str]]]:
    names = [f"s{i}" for i in range(number)]
    return names, [[names[i - d], names[i]] for i in range(1, number) for d in (1, 2, 3) if i >= d]


def _side_by_side(number: int) -> tuple[list[str], list[list[str]]]:
    names = [f"s{i}" for i in range(number)]
    return names, [["s0", name, "s1"] for name in names[2:]]


def _chain(number: int) -> tuple[list[str], list[list[str]]]:
    names = [f"s{i}" for i in range(number)]
    return names, [names]


def _nested(number: int) -> tuple[list[str], list[list[str]]]:
    """s0 -> (s1 | s2 -> (s3 | s4 -> …)): deeper than Python would recurse."""
    names = [f"s{i}" for i in range(number)]
    return names, [[names[i - (2 if i % 2 == 0 else 1)], names[i]] for i in range(1, number)]


def test_a_graph_nested_deeper_than_python_recurses_has_no_form() -> None:
    graph = from_arcs(*_nested(4000))
    assert decompose(graph) is None
    assert decompose(from_arcs(*_nested(40))) is not None


@pytest.mark.parametrize(("shape", "few"), [(_three_before, 32), (_side_by_side, 32), (_chain, 32), (_nested, 100)])
def test_graphs_do(shape: Callable[[int], tuple[list[str], list[list[str]]]], few: int) -> None:
    def work(number: int) -> None:
        graph = from_arcs(*shape(number))
        find_cycle(graph)
        order(graph)
        before = ancestry(graph)
        for node in graph.nodes:
            before.precedes("s0", node)
        decompose(graph)
        notation(graph)

    def count(number: int) -> Counter[str]:
        for function in vars(graphs).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()  # another test may have asked the same
        return steps(lambda: work(number))

    assert_gentle(count, few)
