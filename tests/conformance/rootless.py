"""One case on podman, all of it done by the plain user who runs this:  python -m conformance.rootless ENGINE CASE

Prints what is not as the case expects it, with the log, and exits with status 1 if there is anything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from doubles.http_service import services
from engines.podman_engine import Podman
from engines.registries import registry
from engines.rootless_podman import trust

from . import case, gitlab, local, trace
from .site import REGISTRY_LOGIN
from .trace import Trace
from .world import World

RUNNERS = {"gitlab": gitlab.run, "local": local.run}


def main() -> int:
    engine, name = sys.argv[1:]
    assert os.geteuid() != 0
    loaded = case.load(name)
    with TemporaryDirectory() as directory, _world(Path(directory)) as world, world.site() as site:
        found = _without_podmans(RUNNERS[engine](loaded, site))
        plan = case.compiled(loaded, site.directory / "again", site.profile, "local").plan
    if differences := trace.compare(loaded, plan, found):
        print(*differences, found.log[-30000:], sep="\n")
        return 1
    return 0


def _without_podmans(found: Trace) -> Trace:
    """Without the variables that podman gives each container."""
    own = {"TERM": "xterm", "container": "podman"}
    environment = {
        stage: {name: value for name, value in variables.items() if own.get(name) != value}
        for stage, variables in found.environment.items()
    }
    return replace(found, environment=environment)


@contextmanager
def _world(directory: Path) -> Iterator[World]:
    podman = Podman(dict(os.environ), os.environ["MIRROR"], directory)
    with registry(directory / "registry", None, REGISTRY_LOGIN) as address, services() as served:
        trust(podman, address)
        yield World(podman, address, served, directory)


if __name__ == "__main__":
    sys.exit(main())
