"""A cache of layers on every engine: a run for a merge leaves its layers in the registry, one for a change does not,
and neither leaves anything on the daemon."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from engines.fixtures import JenkinsJudge, ZuulJudge

from transpiler.ir import Event
from transpiler.lowering.layers import digest

from . import case, github, gitlab, jenkins, local, trace, zuul
from .case import DEFAULT_APP, PROJECT, Case, Expected
from .site import Site
from .trace import Trace
from .world import World

pytestmark = pytest.mark.engine

TAG = "v1.0"
CONFIG = """\
pipelines:
  main:
    events: EVENTS
    dockerfile: Dockerfile
    stages:
      - {name: build, build: test, run: true}
"""
ENGINES: Mapping[str, Callable[[Case, Site], Trace]] = {
    "jenkins": jenkins.run,
    "gitlab": gitlab.run,
    "zuul": zuul.run,
    "github": github.run,
    "local": local.run,
}


@pytest.mark.parametrize("event", [Event.CHANGE, Event.MERGE, Event.TAG])
@pytest.mark.parametrize("engine", ENGINES)
def test_only_a_run_that_may_leaves_its_layers(
    engine: str, event: Event, world: World, jenkins_judge: JenkinsJudge, zuul_judge: ZuulJudge
) -> None:
    """On Zuul, a pipeline that also runs before review has no login, so it would leave none after a merge either."""
    events = "[change, merge]" if event is Event.CHANGE else "[merge, tag]"
    short = PROJECT.rpartition("/")[2].lower().replace("_", "-")
    name = f"cache/{short}-main-build-{digest((PROJECT, '', 'main', 'build'))}"
    writes = event is not Event.CHANGE and engine != "local"
    config, profile = CONFIG.replace("EVENTS", events).encode(), {"cache": {"kind": "inline"}}
    loaded = Case(
        "cache",
        config,
        profile,
        DEFAULT_APP,
        event,
        TAG if event is Event.TAG else "",
        Expected(tags={name: ("latest",)} if writes else {}),
    )
    with world.site() as site:
        found = ENGINES[engine](loaded, site)
        plan = case.compiled(loaded, site.directory / "again", site.profile, "local").plan
    wrong = trace.compare(loaded, plan, found)
    assert not wrong, "\n".join((*wrong, found.log))
    assert "cache: nothing is read: " in found.log
