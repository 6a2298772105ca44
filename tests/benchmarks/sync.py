"""`python tests/benchmarks/sync.py`: what `transpipe sync` costs beside jenkins-job-builder, on a server double.

Both make pipeline jobs on doubles of their own with 20 ms latency, in turn: medians over the rounds, ratios of the best
ones. It fails where the promises of issue 7 are not kept: a tenth of JJB's wall time, less than it with the same number
of workers, flat memory.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

# As a script its own directory is what Python looks in first, and this file is no package.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from doubles.jenkins.process import Double, double  # noqa: E402
from support import sync_sites  # noqa: E402

from benchmarks import jjb  # noqa: E402
from benchmarks.measure import Cost, run  # noqa: E402

LATENCY = 0.02
PIPELINES = 5
Table = dict[str, list[Cost]]


def main() -> None:
    parser = argparse.ArgumentParser(description="transpipe sync beside jenkins-job-builder")
    parser.add_argument("--jobs", type=int, default=200, help="how many jobs both make")
    parser.add_argument("--many", type=int, default=3000, help="how many jobs transpipe makes alone; 0 for none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=4, help="of both, where they have the same")
    parser.add_argument("--venv", type=Path, default=Path(".venv-jjb"), help="where jenkins-job-builder is, or will be")
    given = parser.parse_args()
    program = jjb.installed(given.venv.resolve())
    table: Table = {}
    for _ in range(given.rounds):
        for measured in (theirs(program, given.jobs, given.workers), ours(given.jobs, given.workers)):
            for name, cost in measured:
                table.setdefault(name, []).append(cost)
                print(f"  {name}: {cost.wall:.2f} s, {cost.requests} requests", file=sys.stderr, flush=True)
    report(table, given.jobs)
    broken = [text for text in promises(table, given.workers) if text]
    if given.many:
        large: Table = {name: [cost] for name, cost in ours(given.many, given.workers)}
        report(large, given.many)
        broken += [text for text in flat(table, large) if text]
    sys.exit("\n".join(broken) or 0)


def theirs(program: Path, number: int, workers: int) -> Iterator[tuple[str, Cost]]:
    """What jenkins-job-builder costs, on one server after another."""
    with place() as here:
        file = jjb.definitions(here, number)

        def update(to: Double, *options: str) -> Cost:
            return run(jjb.command(program, to, here, file, *options), to)

        with double(latency=LATENCY) as to:
            yield "jjb first", update(to)
            yield "jjb no changes", update(to)
            shutil.rmtree(here / "cache")
            yield "jjb cache lost", update(to)
        shutil.rmtree(here / "cache")
        with double(latency=LATENCY) as to:
            yield f"jjb first, {workers} workers", update(to, "--workers", str(workers))


def ours(number: int, workers: int) -> Iterator[tuple[str, Cost]]:
    """What transpipe costs, on one server after another."""
    with place() as here:
        sync_sites.repositories(here, number // PIPELINES, PIPELINES)
        profile = sync_sites.profile(here)
        listed = here / "repositories"
        listed.write_text("".join(f"{path}\n" for path in sorted(here.glob("service-*"))))

        def sync(to: Double, verb: str, *options: str) -> Cost:
            os.environ |= {"TRANSPIPE_JENKINS_URL": to.url, "TRANSPIPE_JENKINS_USER": to.user}
            os.environ |= {"TRANSPIPE_JENKINS_TOKEN": to.token, "TRANSPIPE_PROFILE": str(profile)}
            call = [sys.executable, "-m", "transpiler", "sync", verb, "--repos", str(listed), *options]
            return run(call, to)

        with double(latency=LATENCY) as to:
            yield "first", sync(to, "apply")
            yield "no changes", sync(to, "apply")
            yield "no changes, plan --verify", sync(to, "plan", "--verify")
            sync_sites.repositories(here, number // PIPELINES, PIPELINES, words="make all")
            yield "all changed", sync(to, "apply")
        with double(latency=LATENCY) as to:
            yield f"first, {workers} workers", sync(to, "apply", "-j", str(workers))


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """A directory for a while."""
    with tempfile.TemporaryDirectory(prefix="benchmark-sync-") as directory:
        yield Path(directory)


def report(table: Table, number: int) -> None:
    """Prints medians, each time beside jenkins-job-builder's first update."""
    base = min((cost.wall for cost in table.get("jjb first", ())), default=0.0)
    print(f"\n{number} jobs, {LATENCY * 1000:.0f} ms latency, medians of {len(next(iter(table.values())))}")
    head = f"{'':32}{'wall s':>8}{'best':>7}{'cpu s':>7}{'requests':>10}{'per job':>9}{'MiB':>6}"
    print(f"{head}{'jjb first takes':>17}" if base else head)
    for name in table:
        wall = median(table, name, lambda cost: cost.wall)
        cpu, memory = (median(table, name, pick) for pick in (lambda c: c.cpu, lambda c: c.memory))
        requests = median(table, name, lambda cost: float(cost.requests))
        best = min(cost.wall for cost in table[name])
        ratio = f"{base / best:16.1f}×" if base else ""
        print(f"{name:32}{wall:8.2f}{best:7.2f}{cpu:7.2f}{requests:10.0f}{requests / number:9.2f}{memory:6.0f}{ratio}")


def median(table: Table, name: str, pick: Callable[[Cost], float]) -> float:
    """Of one figure over the rounds; 0 where nothing was measured."""
    return statistics.median(pick(cost) for cost in table[name]) if name in table else 0.0


def promises(table: Table, workers: int) -> Iterator[str]:
    """What is not as fast as it is said to be, by the best round of each: the others had company on the machine."""
    walls = {name: min(cost.wall for cost in costs) for name, costs in table.items()}
    if walls["first"] * 10 > walls["jjb first"]:
        yield "BROKEN: the first apply takes more than a tenth of jenkins-job-builder's first update"
    if walls[f"first, {workers} workers"] >= walls[f"jjb first, {workers} workers"]:
        yield f"BROKEN: with {workers} workers the first apply is not faster than jenkins-job-builder"


def flat(few: Table, many: Table) -> Iterator[str]:
    """What takes more memory for more jobs than the jobs themselves do."""
    for name, costs in many.items():
        before, after = median(few, name, lambda cost: cost.memory), costs[0].memory
        if after > 2 * before + 50:
            yield f"BROKEN: {name} takes {after:.0f} MiB, and {before:.0f} for few jobs"


if __name__ == "__main__":
    main()
