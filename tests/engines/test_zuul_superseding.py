"""A new patch set ends the builds of the one before on Zuul, by itself; what was merged is never ended.

No other engine here can show that: gitlab-ci-local and act run one pipeline each and pass over `auto_cancel` and
`concurrency`, and the runtime for Jenkinsfiles notes milestones, but runs one build. For those, the tests judge the
keys.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from .judges import HERE, zuul_python

pytestmark = pytest.mark.engine

OLD, OTHER, MERGED = ["change", 7, 1], ["change", 8, 1], ["branch", "main", "a" * 40]


@pytest.mark.parametrize(
    ("new", "ended"),
    [
        pytest.param(["change", 7, 2], [0], id="a new patch set"),
        pytest.param(["change", 7, 1], [], id="the same once more"),
        pytest.param(["change", 9, 1], [], id="another change"),
        pytest.param(["branch", "main", "b" * 40], [], id="the next merge"),
    ],
)
def test_only_an_older_patch_set_of_the_same_change_is_ended(new: list[Any], ended: list[int]) -> None:
    done = subprocess.run(
        [str(zuul_python()), str(HERE / "zuul_superseding.py")],
        input=json.dumps({"queued": [OLD, OTHER, MERGED], "new": new}) + "\n",
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["cancelled"] == [[place, "job"] for place in ended]
    assert found["left"] == [place for place in range(3) if place not in ended]
