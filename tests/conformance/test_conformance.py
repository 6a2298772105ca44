"""One meaning: each case runs on every engine, and what happens is what it expects, on all of them alike.

The only way not to be `same` is that the compiler refuses the case for an engine, with the sentence that the engine's
capability table has for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import pytest
from engines.fixtures import JenkinsJudge, ZuulJudge

from . import case, github, gitlab, jenkins, local, table, trace, zuul
from .case import Case
from .site import Site
from .trace import Trace
from .world import World

pytestmark = pytest.mark.engine

Told = Callable[[str, str], None]
# Which of them run is `case.ENGINES`.
RUNNERS: Mapping[str, Callable[[Case, Site], Trace]] = {
    "jenkins": jenkins.run,
    "gitlab": gitlab.run,
    "zuul": zuul.run,
    "github": github.run,
    "local": local.run,
}


@pytest.mark.parametrize("name", case.names())
def test_a_case_means_the_same_on_all_engines(
    name: str, world: World, jenkins_judge: JenkinsJudge, zuul_judge: ZuulJudge, record_property: Told
) -> None:
    loaded = case.load(name)
    traces: dict[str, Trace] = {}
    cells: dict[str, str] = {}
    wrong: list[str] = []
    for engine in case.ENGINES:
        differences, cells[engine] = _on(engine, loaded, world, traces)
        wrong += [f"---- {engine}", *differences, traces[engine].log[-30000:]] if differences else []
    record_property(table.PROPERTY, table.cells(name, cells))
    wrong += _disagreements(loaded, traces)
    assert not wrong, "\n".join(wrong)


def _on(engine: str, loaded: Case, world: World, traces: dict[str, Trace]) -> tuple[tuple[str, ...], str]:
    """What is wrong, and the table's cell."""
    if loaded.needs_runtime:
        world.has_runtime()
    with world.site(images=loaded.has_secrets, containers=loaded.has_containers) as site:
        if engine not in loaded.expected.only:
            with pytest.raises(case.DoesNotCompile) as refused:
                case.compiled(loaded, site.directory / "checkout", site.profile, engine)
            refusal = re.search("(unsupported|output-not-found|target-too-large): (.*?) Span\\(", str(refused.value))
            return () if refusal else (str(refused.value),), refusal[2] if refusal else ""
        traces[engine] = RUNNERS[engine](loaded, site)
        plan = case.compiled(loaded, site.directory / "again", site.profile, "local").plan
    differences = trace.compare(loaded, plan, traces[engine])
    return differences, "DIFFERS" if differences else table.SAME


def _disagreements(loaded: Case, traces: Mapping[str, Trace]) -> Iterator[str]:
    """What a case leaves open must still be the same everywhere."""
    want = loaded.expected
    for (one, first), (other, second) in pairwise(traces.items()):
        both = f"---- {one} and {other} do not agree on"
        yield from (
            f"{both} {what}: {a} and {b}"
            for what, a, b in (
                ("which stages have containers", sorted(first.arguments), sorted(second.arguments)),
                ("arguments", _open(first.arguments, want.arguments), _open(second.arguments, want.arguments)),
                ("trees", _open(first.trees, want.trees), _open(second.trees, want.trees)),
            )
            if a != b
        )


def _open(found: Mapping[str, object], said: Mapping[str, object]) -> dict[str, object]:
    return {stage: value for stage, value in found.items() if stage not in said}
