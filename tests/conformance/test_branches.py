"""What counts as a merge: the branches that the profile names or the engine calls the default; nothing by the clock.

Sites start Zuul's `post` for every branch, GitLab and Jenkins build every branch that is pushed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from engines.fixtures import JenkinsJudge, ZuulJudge

from transpiler.ir import Event

from . import case, github, gitlab, jenkins, trace, zuul
from .case import DEFAULT_APP, Case, Expected
from .site import Site
from .trace import RAN, SKIPPED, Trace
from .world import World

pytestmark = pytest.mark.engine

CONFIG = b"""\
pipelines:
  test:
    dockerfile: Dockerfile
    stages: [{name: test}]
  publish:
    dockerfile: Dockerfile
    stages: [{name: web, build: test, run: true, publish: {image: {name: app, tag: stable}}}]
"""
STAGES = ("test/test", "publish/web")
NOTHING = Case("branches", CONFIG, {}, DEFAULT_APP, Event.MERGE, "", Expected(stages=dict.fromkeys(STAGES, SKIPPED)))
MERGED = replace(NOTHING, expected=Expected(stages=dict.fromkeys(STAGES, RAN), tags={"app": ("stable",)}))
RUNNERS: dict[str, Callable[[Case, Site], Trace]] = {
    "jenkins": jenkins.run,
    "gitlab": gitlab.run,
    "zuul": zuul.run,
    "github": github.run,
}
ENGINES = [engine for engine in case.ENGINES if engine in RUNNERS]
SAID = {"branches": ["feature", "stable"]}


def differences(world: World, engine: str, loaded: Case) -> tuple[str, ...]:
    with world.site() as site:
        found = RUNNERS[engine](loaded, site)
        plan = case.compiled(loaded, site.directory / "again", site.profile, "local").plan
    wrong = trace.compare(loaded, plan, found)
    return (*wrong, found.log) if wrong else ()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "loaded",
    [
        pytest.param(MERGED, id="the default branch"),
        pytest.param(replace(NOTHING, branch="feature"), id="another branch"),
        pytest.param(replace(MERGED, branch="feature", profile=SAID), id="a branch that the profile names"),
        pytest.param(replace(NOTHING, profile=SAID), id="the default branch, which it does not name"),
    ],
)
def test_a_merge_is_one_on_some_branches_alone(
    engine: str, loaded: Case, world: World, jenkins_judge: JenkinsJudge, zuul_judge: ZuulJudge
) -> None:
    assert not differences(world, engine, loaded)


def test_a_schedule_of_gitlabs_is_no_merge(world: World) -> None:
    assert not differences(world, "gitlab", replace(NOTHING, scheduled=True))
