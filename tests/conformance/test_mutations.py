"""A suite that lets a broken emitter pass proves nothing: each of these breakages must make it fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from transpiler.program import Plan

from . import breaking, gitlab, jenkins, leaks, local, mutations, trace, zuul
from .case import HERE, Case, Compiled, compiled, load
from .site import Site
from .world import World

pytestmark = pytest.mark.engine

RUNNERS: Mapping[str, Callable[[Compiled, Site], trace.Trace]] = {
    "jenkins": jenkins.run_compiled,
    "gitlab": gitlab.run_compiled,
    "zuul": zuul.run_compiled,
    "local": local.run_compiled,
}


@pytest.fixture(scope="module")
def hostile() -> Case:
    return load("hostile", HERE / "mutated")


def differences(case: Case, plan: Plan, engine: str, site: Site) -> tuple[str, ...]:
    """Of the case, compiled as things are now, to what it expects."""
    made = compiled(case, site.directory / "origin", site.profile, engine)
    done = RUNNERS[engine](made, site)
    print(done.log)
    return trace.compare(case, plan, done)


def meant(case: Case, site: Site, engine: str) -> Plan:
    """The plan of an unbroken compiler."""
    return compiled(case, site.directory / "meant", site.profile, engine).plan


@pytest.mark.parametrize("engine", [engine for engine in RUNNERS if engine != "local"])  # which cannot say all of it
def test_unbroken_the_case_passes(engine: str, hostile: Case, world: World) -> None:
    with world.site(images=True) as site:
        found = differences(hostile, meant(hostile, site, engine), engine, site)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("mutation", mutations.ALL, ids=lambda mutation: f"{mutation.what} ({mutation.engine})")
def test_a_breakage_makes_it_fail(mutation: breaking.Mutation, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    directory, name = mutation.case.split("/")
    case = load(name, HERE / directory)
    with world.site(images=mutation.told == leaks.IN_AN_IMAGE) as site:
        plan = meant(case, site, mutation.engine)
        mutation.apply(monkeypatch)
        try:
            found = differences(case, plan, mutation.engine, site)
        except (*breaking.CAUGHT, zuul.NotForZuul) as caught:
            found = (str(caught),)
    assert any(line.startswith(mutation.told) for line in found), ("nobody noticed", found)
