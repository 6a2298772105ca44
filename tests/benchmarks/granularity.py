"""`python tests/benchmarks/granularity.py`: what a job for each stage, for each chain or for the pipeline costs.

Each pipeline below `pipelines/`, and the suite's ORES, runs on gitlab-ci-local and on act at each granularity, in turn
with a definition that was written by hand for the engine as an expert would: one job, what has no order side by side.
Each job has a docker daemon of its own, and images pass through a real registry or real artifacts. It prints medians
over the rounds, and the ratio of the best ones to the expert's; it judges nothing.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path

# As a script its own directory is what Python looks in first, and this file is no package.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.granularity_runs import EXPERT, Cost, place, run  # noqa: E402

NAMES = ("six", "chains", "ores")
ENGINES = ("gitlab", "github")
WAYS = ("stage", "chain", "pipeline", EXPERT)
Table = dict[tuple[str, str, str], list[Cost]]


def main() -> None:
    parser = argparse.ArgumentParser(description="a job for each stage, chain or pipeline, beside an expert's")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pipelines", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)
    given = parser.parse_args()
    table: Table = {}
    with place() as at:
        for _ in range(given.rounds):
            for name in given.pipelines:
                for engine in given.engines:
                    for how in WAYS:
                        cost = run(at, name, engine, how)
                        table.setdefault((name, engine, how), []).append(cost)
                        print(f"  {name} {engine} {how}: {cost}", file=sys.stderr, flush=True)
    report(table)


def report(table: Table) -> None:
    """Prints the table, in Markdown."""
    print(f"\nMedians of {len(next(iter(table.values())))}.\n")
    print("| pipeline | engine | jobs by | jobs | moved | wall | of the expert's |")
    print("|---|---|---|---|---|---|---|")
    for (name, engine, how), costs in table.items():
        jobs, moved = costs[0].jobs, statistics.median(cost.moved for cost in costs)
        wall = statistics.median(cost.wall for cost in costs)
        ratio = best(costs) / best(table[name, engine, EXPERT])
        print(f"| {name} | {engine} | {how} | {jobs} | {moved / 1e6:.1f} MB | {wall:.1f} s | {ratio:.2f} |")


def best(costs: list[Cost]) -> float:
    """The wall time of the best round: the others had company on the machine."""
    return min(cost.wall for cost in costs)


if __name__ == "__main__":
    main()
