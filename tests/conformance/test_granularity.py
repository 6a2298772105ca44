"""Stages that share jobs mean what they mean in jobs of their own, on the engines where the profile can choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
import yaml

from transpiler.ir import Event

from . import github, gitlab, trace
from .case import DEFAULT_APP, Case, Expected, compiled, load
from .site import Site
from .trace import FAILED, FAILURE, SKIPPED, Trace
from .world import World

pytestmark = pytest.mark.engine

RUNNERS: Mapping[str, Callable[[Case, Site, str], Trace]] = {"gitlab": gitlab.run, "github": github.run}
# GitHub's default is `chain`, and GitLab's is `stage`: each case runs so in `test_conformance`.
OTHERS = [("gitlab", "chain"), ("gitlab", "pipeline"), ("github", "stage"), ("github", "pipeline")]
# Those in which stages share something, or one of them fails. A stage that mails has a job of its own.
CASES = {
    name: load(name)
    for name in ("approve", "approve-refused", "credentials", "files-copied", "graph-shapes", "ores", "values-output")
}
for _name in ("failures", "stage-timeout"):
    _loaded = load(_name)
    _config = b"".join(line for line in _loaded.config.splitlines(True) if b"notify" not in line)
    CASES[_name] = replace(_loaded, config=_config, expected=replace(_loaded.expected, mails=()))
CASES["archives"] = Case(
    "archives",
    # What an earlier stage and one beside have archived outlasts a failure; what the failed one would have does not.
    yaml.safe_dump(
        {
            "pipelines": {
                "main": {
                    "dockerfile": "Dockerfile",
                    "events": ["merge"],
                    "execution": [["first", "good", "end"], ["first", "bad", "after", "end"]],
                    "stages": [
                        {"name": name, **work, "copy": [{"source": source, "destination": name, "archive": True}]}
                        for name, work, source in (
                            ("first", {"build": "test", "run": True}, "/etc/group"),
                            ("good", {"run": {"image": "${first.imageID}"}}, "/etc/group"),
                            ("bad", {"run": {"image": "${first.imageID}"}}, "/not/there"),
                            ("after", {"run": {"image": "${first.imageID}"}}, "/etc/group"),
                            ("end", {"run": {"image": "${first.imageID}"}}, "/etc/group"),
                        )
                    ],
                }
            }
        },
        sort_keys=False,
    ).encode(),
    {},
    DEFAULT_APP,
    Event.MERGE,
    "",
    Expected(
        status=FAILURE,
        stages={"main/bad": FAILED, "main/after": SKIPPED, "main/end": SKIPPED},
        absent=("main/after", "main/end"),
        archived={"first": "root:x:0:\n", "good": "root:x:0:\n"},
    ),
)


@pytest.mark.parametrize(("engine", "granularity"), OTHERS, ids=["-".join(pair) for pair in OTHERS])
@pytest.mark.parametrize("name", CASES)
def test_a_case_means_the_same_in_other_jobs(name: str, engine: str, granularity: str, world: World) -> None:
    case = CASES[name]
    with world.site(images=case.has_secrets, containers=case.has_containers) as site:
        done = RUNNERS[engine](case, site, granularity)
        plan = compiled(case, site.directory / "again", site.profile, "local").plan
    differences = trace.compare(case, plan, done)
    assert not differences, "\n".join((*differences, done.log[-8000:]))
