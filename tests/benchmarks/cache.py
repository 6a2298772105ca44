"""`python tests/benchmarks/cache.py`: what a cache of layers saves, on docker daemons that share a registry alone.

An image of 60 MB whose dependencies take `--seconds` (8) to install is built on a fresh daemon: without a cache, with
the layers that another daemon has left, and after only the application's source has changed. Told are the wall's time,
the steps that were carried out, and the bytes into and out of the registry. Nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

# As a script its own directory is what Python looks in first, and this file is no package.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from engines.docker_engine import Docker, another, docker_engine  # noqa: E402
from engines.registries import registry  # noqa: E402
from support.layer_builds import LOGIN, Built, Place  # noqa: E402

from benchmarks.measure import written  # noqa: E402

DOCKERFILE = """FROM busybox AS test
RUN head -c 60000000 /dev/urandom > /dependencies && sleep {seconds}
COPY app /app
RUN cp /app /built
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="builds on a fresh daemon, without and with layers of another one")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found: dict[str, list[tuple[float, int, int]]] = {}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmark-cache-")))
        base = stack.enter_context(docker_engine())
        for number in range(given.rounds):
            for name, cost in measured(base, directory / str(number), given.seconds).items():
                found.setdefault(name, []).append(cost)
    first = statistics.median(wall for wall, _, _ in next(iter(found.values())))
    print(f"medians of {given.rounds} rounds, dependencies of 60 MB that take {given.seconds} s to install")
    print("| build | wall | of the first | steps carried out | moved |\n|---|---|---|---|---|")
    for name, costs in found.items():
        wall, steps, moved = (statistics.median(column) for column in zip(*costs, strict=True))
        print(f"| {name} | {wall:.1f} s | {wall / first:.2f} | {steps:.0f} | {moved / 1e6:.1f} MB |")


def measured(base: Docker, directory: Path, seconds: int) -> dict[str, tuple[float, int, int]]:
    """Seconds, steps carried out, and bytes into and out of the registry, of each build."""
    with registry(directory / "registry", base.process, LOGIN) as host, another(base) as first, another(base) as other:
        place = Place(directory, host)
        place.write("Dockerfile", DOCKERFILE.format(seconds=seconds))

        def cost(build: Callable[[], Built]) -> tuple[float, int, int]:
            before, begin = written(host), time.perf_counter()
            built = build()
            wall = time.perf_counter() - begin
            if built.status:
                raise RuntimeError(built.log)
            return wall, len(built.executed), written(host) - before

        def fresh() -> None:
            other("system", "prune", "--all", "--force")
            other("builder", "prune", "--all", "--force")

        costs = {"without a cache, of a change": cost(lambda: place.build(first, "change"))}
        first("builder", "prune", "--all", "--force")
        costs["the same of a merge, which leaves its layers"] = cost(lambda: place.build(first, "merge"))
        costs["on a fresh daemon"] = cost(lambda: place.build(other, "change"))
        fresh()
        place.write("app", "two")
        costs["on a fresh daemon, with another source"] = cost(lambda: place.build(other, "change"))
        return costs


if __name__ == "__main__":
    main()
