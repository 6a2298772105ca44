"""`python tests/benchmarks/audit.py`: what `transpipe audit` costs beside `generate --check` of the same repositories.

Each repository has three pipelines of six stages, which no two share; a part of the outputs is stale, edited or
missing, and a part of the configs has errors. All commands take turns; medians are told, and ratios of medians of this
run. On a busy machine, the time of the processors says what the wall's would be on an idle one. Nothing here passes or
fails.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

# As a script its own directory is what Python looks in first, and this file is no package.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks import configs  # noqa: E402
from benchmarks.measure import Cost, run  # noqa: E402

COMMAND = str(Path(sys.executable).with_name("transpipe"))


def main() -> None:
    parser = argparse.ArgumentParser(description="transpipe audit beside generate --check")
    parser.add_argument("--repositories", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    given = parser.parse_args()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="benchmark-audit-", dir=memory) as directory:
        measure(Path(directory), given.repositories, given.rounds, given.jobs)


def measure(place: Path, repositories: int, rounds: int, jobs: int) -> None:
    """Makes the repositories, and prints a line for each command."""
    fleet(place, repositories)
    many = ["--repos", "list", "-j", str(jobs)]
    commands = {
        "`python -c pass`": [sys.executable, "-c", "pass"],
        # It exits with 1, for it finds what is not fresh.
        f"`generate --check -j {jobs}`": ["sh", "-c", f"'{COMMAND}' generate --check {' '.join(many)} || :"],
        f"`transpipe audit -j {jobs} --format json`": [COMMAND, "audit", *many, "--format", "json"],
        f"`transpipe audit -j {jobs} --format json --cost`": [COMMAND, "audit", *many, "--format", "json", "--cost"],
        f"`transpipe audit -j {jobs} --html`": [COMMAND, "audit", *many, "--html", "page.html"],
    }
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(run(command, cwd=place))
    walls = {name: statistics.median(cost.wall for cost in found) for name, found in costs.items()}
    base, check = list(walls.values())[:2]
    print(f"{repositories:,} repositories; medians of {rounds} rounds in turn, load {os.getloadavg()[0]:.1f}")
    for name, wall in walls.items():
        memory = max(cost.memory for cost in costs[name])
        ratios = f"{wall / base:.0f} times doing nothing, {wall / check:.2f} of the check"
        cpu = statistics.median(cost.cpu for cost in costs[name])
        print(f"{name}: {wall:.2f} s ({cpu:.2f} s of processors), {memory:.0f} MiB, {ratios}")
    print(f"the page: {(place / 'page.html').stat().st_size / 1e6:.1f} MB")


def fleet(place: Path, number: int) -> None:
    """So many repositories with outputs; of each ten, one is stale, one edited, one without an output and one has an
    error."""
    names = [f"team-{n // 100}/service-{n}" for n in range(number)]
    for n, name in enumerate(names):
        configs.repository(place / name, n)
    (place / "list").write_text("\n".join(names))
    subprocess.run([COMMAND, "generate", "--repos", "list", "-j", "2"], cwd=place, check=True, capture_output=True)
    for n, name in enumerate(names):
        root = place / name
        match n % 10:
            case 2:
                (root / configs.CONFIG).write_text(f"{configs.USUAL.format(n=n)}# changed\n")
            case 4:
                (root / "Jenkinsfile").write_text(f"{(root / 'Jenkinsfile').read_text()}// mine\n")
            case 6:
                (root / ".gitlab-ci.yml").unlink()
            case 8:
                (root / configs.CONFIG).write_text(configs.USUAL.format(n=n).replace("name: lint", "nmae: lint"))


if __name__ == "__main__":
    main()
