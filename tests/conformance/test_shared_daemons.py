"""Jobs that have a daemon together, which lives on: nothing of a run is left there, however it ends.

A shell runner's machine, a daemon whose socket jobs share, a static node of Zuul's: images that a job has taken from
another one go too, and the names under which they were published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from engines.fixtures import ZuulJudge

from transpiler.ir import Event

from . import case, github, gitlab, trace, zuul
from .case import DEFAULT_APP, Case, Expected, merged
from .site import Site
from .trace import FAILED, FAILURE, SKIPPED, Trace
from .world import World

pytestmark = pytest.mark.engine

CONFIG = """\
pipelines:
  main:
    events: [merge]
    dockerfile: Dockerfile
    execution: [[base, left, end], [base, right, end], [base, web, smoke, end]]
    stages:
      - {name: base, build: test}
      - {name: left, run: {image: '${base.imageID}', arguments: ["@sleep=2"]}}
      - {name: right, run: {image: '${base.imageID}', arguments: [STATUS]}}
      - {name: web, publish: {image: {id: '${base.imageID}', name: app, tag: v1, tags: [stable]}}}
      - {name: smoke, run: {image: '${web.publishedImage}', arguments: ["@sleep=1"]}}
      - {name: end, build: production, run: {image: '${base.imageID}'}}
"""


def on_gitlab(images: str) -> Callable[[Case, Site], Trace]:
    def run(loaded: Case, site: Site) -> Trace:
        profile = merged(site.profile, {"images": images})
        return gitlab.run_compiled(case.compiled(loaded, site.directory / "origin", profile, "gitlab"), site, at_once=3)

    return run


def on_github(images: str) -> Callable[[Case, Site], Trace]:
    def run(loaded: Case, site: Site) -> Trace:
        profile = merged(site.profile, {"github": {"images": images, "granularity": "stage"}})
        return github.run_compiled(case.compiled(loaded, site.directory / "origin", profile, "github"), site, at_once=3)

    return run


ENGINES: Mapping[str, Callable[[Case, Site], Trace]] = {
    "gitlab, through the registry": on_gitlab("registry"),
    "gitlab, as artifacts": on_gitlab("artifact"),
    "gitlab, on the daemon": on_gitlab("local"),
    "github, as artifacts": on_github("artifact"),
    "zuul, a job for each stage": lambda loaded, site: zuul.run(loaded, site, "stage"),
}


@pytest.mark.parametrize("fails", [False, True], ids=["success", "failure"])
@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_left_on_a_daemon_that_lives_on(
    engine: str, fails: bool, world: World, zuul_judge: ZuulJudge
) -> None:
    config = CONFIG.replace("STATUS", '"@fail=3"' if fails else "fine")
    ended = {"main/right": FAILED, "main/end": SKIPPED} if fails else {}
    tags = {"app": ("stable", "v1")}
    expected = Expected(FAILURE, ended, tags=tags) if fails else Expected(tags=tags)
    loaded = Case("shared", config.encode(), {}, DEFAULT_APP, Event.MERGE, "", expected)
    with world.site() as site:
        found = ENGINES[engine](loaded, site)
        plan = case.compiled(loaded, site.directory / "again", site.profile, "local").plan
    wrong = trace.compare(loaded, plan, found)
    assert not wrong, "\n".join((*wrong, found.log))
