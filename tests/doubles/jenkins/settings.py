"""What a double is told: who may do what, which plugins it has, how slow and how broken it is.

Settings travel as JSON: to the process when it starts, and through the side channel while it runs.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

READ = "hudson.model.Hudson.Read"
ITEM_READ = "hudson.model.Item.Read"
CREATE = "hudson.model.Item.Create"
CONFIGURE = "hudson.model.Item.Configure"
DELETE = "hudson.model.Item.Delete"
EXTENDED_READ = "hudson.model.Item.ExtendedRead"
SYSTEM_READ = "hudson.model.Hudson.SystemRead"
ALL_PERMISSIONS = (READ, SYSTEM_READ, ITEM_READ, CREATE, CONFIGURE, DELETE, EXTENDED_READ)

PLUGINS = (
    "branch-api@2.1230.v7b_d1cb_f0a_2d4",
    "cloudbees-folder@6.1026.ve06de5003b_fd",
    "coverage@2.3.0",
    "credentials-binding@702.vfe613e537e88",
    "git@5.7.0",
    "junit@1369.v15da_00283f06",
    "parameterized-trigger@873.v8b_e37dd8418f",
    "pipeline-build-step@571.v08a_fffd4b_0ce",
    "pipeline-stage-step@322.vecffa_99f371c",
    "workflow-basic-steps@1079.vce64b_a_929c5a_",
    "workflow-cps@4106.v7a_8a_8176d450",
    "workflow-durable-task-step@1464.v2d3f5c68f84c",
    "workflow-job@1520.v56d65e3b_4566",
    "workflow-multibranch@803.v08103b_87c280",
    "workflow-scm-step@437.v05a_f66b_e5ef8",
)

STATUS_FAULTS = ("429", "500", "502", "503", "504")
FAULTS = (*STATUS_FAULTS, "reset", "truncated", "hang", "lost", "expired", "die")


@dataclasses.dataclass(frozen=True)
class Fault:
    """One way to fail, and when.

    `rate` is a share of the matching requests (0 to 1), `requests` are numbers of requests since the state was made,
    counted from 1; `path` is a regular expression searched in `METHOD /path`, and with it alone every match fails.
    `done` says that the work is done before the answer goes wrong (always so for `lost` and `truncated`); `times`
    bounds how often (0: for ever).
    """

    kind: str
    rate: float = 0.0
    requests: tuple[int, ...] = ()
    path: str = ""
    done: bool = False
    times: int = 0

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f"no such fault: {self.kind}; there are {', '.join(FAULTS)}")
        if self.kind == "429" and self.done:
            raise ValueError("429 says that nothing was done")


@dataclasses.dataclass(frozen=True)
class Settings:
    """Times are in seconds; `starting` is how many requests are answered "getting ready to work" after each start;
    `hidden` are the full names of items that the user may not see; `session_requests` bounds a session's life (0: no
    bound); a `down` below 0 means that a server that died stays dead; `tls` is a PEM file with key and certificate.
    """

    user: str = "admin"
    token: str = "11d0uble-t0ken-d0-n0t-pr1nt"
    password: str = "d0uble-passw0rd-d0-n0t-pr1nt"
    permissions: tuple[str, ...] = ALL_PERMISSIONS
    anonymous: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    crumbs: bool = True
    session_requests: int = 0
    context: str = ""
    version: str = "2.579"
    plugins: tuple[str, ...] = PLUGINS
    missing: tuple[str, ...] = ()
    latency: float = 0.0
    starting: int = 0
    seed: int = 0
    faults: tuple[Fault, ...] = ()
    retry_after: int = 1
    hang: float = 5.0
    down: float = 0.3
    tls: str = ""

    def changed(self, **changes: Any) -> Settings:
        """These settings with some fields replaced, given as JSON has them. Raises TypeError for an unknown field."""
        made: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in changes.items()}
        if "faults" in made:
            made["faults"] = tuple(_fault(each) for each in made["faults"])
        return dataclasses.replace(self, **made)

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        return cls().changed(**json.loads(text))


def _fault(given: Fault | dict[str, Any]) -> Fault:
    if isinstance(given, Fault):
        return given
    return Fault(**(given | {"requests": tuple(given.get("requests", ()))}))
