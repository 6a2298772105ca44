"""A few cases by the plainest of engines: what each expects is what its programs do."""

from __future__ import annotations

import pytest

from . import case, reference, trace
from .world import World

pytestmark = pytest.mark.engine


# The rest run on four engines; `python -m conformance.reference` tries any of them.
@pytest.mark.parametrize("name", ["first", "publish-refused"])
def test_a_case_expects_what_its_programs_do(name: str, world: World) -> None:
    loaded = case.load(name)
    with world.site() as site:
        done = reference.run(loaded, site)
        plan = case.compiled(loaded, site.directory / "again", site.profile, "local").plan
    differences = trace.compare(loaded, plan, done)
    assert not differences, "\n".join((*differences, reference.diagnosis(done)))
