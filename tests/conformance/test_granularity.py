"""Stages that share jobs mean what they mean in jobs of their own, on the engines where the profile can choose."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from . import case as case_module
from . import github, gitlab, trace
from .case import Case, compiled, load
from .site import Site
from .trace import Trace
from .world import World

RUNNERS: dict[str, Callable[[Case, Site, str], Trace]] = {"gitlab": gitlab.run, "github": github.run}
# GitHub's default is `chain`, and GitLab's is `stage`: each case runs so in `test_conformance`.
OTHERS = [("gitlab", "chain"), ("gitlab", "pipeline"), ("github", "stage"), ("github", "pipeline")]
CASES = case_module.names()


@pytest.mark.engine
@pytest.mark.parametrize(("engine", "granularity"), OTHERS, ids=["-".join(pair) for pair in OTHERS])
@pytest.mark.parametrize("name", CASES)
def test_a_case_means_the_same_in_other_jobs(name: str, engine: str, granularity: str, world: World) -> None:
    case = load(name)
    if engine not in case.expected.only:
        pytest.skip(f"{engine} cannot say it")
    with world.site(images=case.has_secrets) as site:
        done = RUNNERS[engine](case, site, granularity)
        plan = compiled(case, site.directory / "again", site.profile, "local").plan
    differences = trace.compare(case, plan, done)
    assert not differences, "\n".join((*differences, done.log[-8000:]))
