"""`python tests/benchmarks/speed.py`: what transpipe costs beside other tools, as multiples of `python -c pass`.

All rows take turns, several rounds long; medians are told, and ratios of medians of this run. No other tool is needed:
a row whose tool is missing says so. Nothing here passes or fails. `--write` puts the table into CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

# As a script its own directory is what Python looks in first, and this file is no package.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks import configs, jjb  # noqa: E402
from benchmarks.measure import Cost, run  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).with_name("inside.py")
BASE = "`python -c pass`"
_JOBS = 200
# Set where such a job took 1.6 ms; of a slower machine only the ratio can be asked.
_IN_PROCESS = f"0.5 ms, {0.5 / 1.6:.2f} of a job"
_REGION = re.compile(r"(<!-- benchmarks -->\n).*(<!-- end -->\n)", re.DOTALL)


class Row(NamedTuple):
    """A measured command. `prepare` runs before each round, outside the time."""

    name: str
    command: list[str]
    place: Path
    target: str = ""
    prepare: Callable[[], object] = lambda: None


class Line(NamedTuple):
    """A line of the table."""

    name: str
    measured: str
    ratio: str
    target: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description="transpipe beside other tools")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--many", default="100,1000,10000", help="how many repositories, separated by commas")
    parser.add_argument("--short", action="store_true", help="within a minute: fewer rounds, no 1,000 repositories")
    parser.add_argument("--write", action="store_true", help="into CONTRIBUTING.md")
    parser.add_argument("--jenkins-jobs", type=Path, help="by default that of the engines' environment")
    given = parser.parse_args()
    rounds, many = (5, "100") if given.short else (given.rounds, given.many)
    with tempfile.TemporaryDirectory(prefix="benchmark-speed-", dir=_memory()) as directory:
        place = Path(directory)
        lines, job = commands(place, rounds, given.jenkins_jobs)
        lines += inside(place, min(rounds, 5), job, short=given.short)
        lines += [line for number in many.split(",") if number for line in repositories(place, int(number))]
    text = table(lines, rounds)
    print(text)
    if given.write:
        file = ROOT / "CONTRIBUTING.md"
        file.write_text(_REGION.sub(lambda found: f"{found[1]}{text}{found[2]}", file.read_text()))


def _memory() -> str | None:
    """Where files cost no disk's time: outputs are put on the disk for good, which is the disk's speed, not ours."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


# ---- whole commands ----


def commands(place: Path, rounds: int, jenkins_jobs: Path | None) -> tuple[list[Line], float]:
    """Each row's median, beside that of doing nothing; and the seconds of a further job of `jenkins-jobs test`, 0 where
    it is missing."""
    rows = [*_ours(place), *_theirs(place, jenkins_jobs)]
    costs: dict[str, list[Cost]] = {row.name: [] for row in rows}
    for _ in range(rounds):
        for row in rows:
            row.prepare()
            costs[row.name].append(run(row.command, cwd=row.place))
        print(".", end="", file=sys.stderr, flush=True)
    base, lines = _median(costs[BASE]), []
    for row in rows:
        wall = _median(costs[row.name])
        memory = statistics.median(cost.memory for cost in costs[row.name])
        lines.append(Line(row.name, f"{wall * 1000:.0f} ms, {memory:.0f} MiB", f"{wall / base:.1f}", row.target))
    few, many = (costs.get(f"`jenkins-jobs test`, {number} jobs") for number in (configs.PIPELINES, _JOBS))
    if not few or not many:
        return lines, 0.0
    job = (_median(many) - _median(few)) / (_JOBS - configs.PIPELINES)
    return [*lines, Line("`jenkins-jobs test`, each further job", f"{job * 1000:.2f} ms", "")], job


def _ours(place: Path) -> Iterator[Row]:
    command = str(Path(sys.executable).with_name("transpipe"))
    fresh, cold = (configs.repository(place / name) for name in ("fresh", "cold"))
    run([command, "generate"], cwd=fresh)
    turn = itertools.count()

    def change() -> None:
        (cold / configs.CONFIG).write_text(f"{configs.USUAL.format(n=0)}# {next(turn)}\n")

    yield Row(BASE, [sys.executable, "-c", "pass"], place)
    yield Row("hook, nothing changed: `transpipe generate --check`", [command, "generate", "--check"], fresh, "3")
    yield Row("`transpipe generate`, usual config, changed", [command, "generate"], cold, "20", change)


def _theirs(place: Path, jenkins_jobs: Path | None) -> Iterator[Row]:
    engines = Path(os.environ.get("TRANSPIPE_ENGINES", ROOT / ".venv-engines")).resolve()
    if program := _there(jenkins_jobs or engines / "bin/jenkins-jobs"):
        for number in (configs.PIPELINES, _JOBS):
            file = jjb.definitions(place, number)
            yield Row(f"`jenkins-jobs test`, {number} jobs", [program, "test", str(file)], place)
    if program := _there(Path(sys.executable).with_name("check-jsonschema")):
        call = [program, "--schemafile", str(ROOT / "schemas/config.schema.json"), ".pipeline/config.yaml"]
        yield Row("`check-jsonschema` of the same config", call, place / "fresh")
    if program := _there(Path(sys.executable).with_name("pre-commit")):
        yield Row("`pre-commit run` that has nothing to do", [program, "run"], _committed(place / "committed"))


def _there(program: Path) -> str:
    if not program.exists():
        print(f"NOT MEASURED: there is no {program}", file=sys.stderr)
        return ""
    return str(program)


def _committed(root: Path) -> Path:
    """A repository whose one hook has no file to see."""
    root.mkdir()
    hook = "{id: nothing, name: nothing, language: system, entry: 'true', files: ^$}"
    (root / ".pre-commit-config.yaml").write_text(f"repos:\n  - {{repo: local, hooks: [{hook}]}}\n")
    for arguments in ("init -q", "add .", "-c user.name=a -c user.email=a@example.org commit -q -m first"):
        subprocess.run(["git", *arguments.split()], cwd=root, check=True)
    return root


def _median(costs: list[Cost]) -> float:
    return statistics.median(cost.wall for cost in costs)


# ---- within a process ----


def inside(place: Path, rounds: int, job: float, *, short: bool) -> Iterator[Line]:
    """What compiling takes without start-up, and how it grows with one config; `job` are the seconds of a job of
    `jenkins-jobs test`."""
    number = 50 if short else 200
    seconds, memory = _inside(place, "usual", number, rounds)
    each = seconds / number / configs.PIPELINES / configs.TARGETS
    of_job = f"{each / job:.2f} of such a job" if job else ""
    yield Line("a pipeline and target, in one process", f"{each * 1000:.2f} ms, {memory:.0f} MiB", of_job, _IN_PROCESS)
    for what in ("pipelines", "stages"):
        before = 0.0
        for count in (250, 500) if short else (500, 1000, 2000):
            seconds, memory = _inside(place, what, count, 1)
            grown = f"{seconds / before:.1f} times the last" if before else ""
            yield Line(f"{count:,} {what} in one config, lowered", f"{seconds:.2f} s, {memory:.0f} MiB", grown)
            before = seconds


def _inside(place: Path, what: str, number: int, rounds: int) -> tuple[float, float]:
    """Median seconds and MiB."""
    found = []
    for _ in range(rounds):
        with _folder(place / what) as folder:
            command = [sys.executable, str(INSIDE), what, str(folder), str(number)]
            said = folder / "said"
            cost = run(["sh", "-c", 'said=$1; shift; exec "$@" > "$said"', "sh", str(said), *command])
            found.append((float(said.read_text()), cost.memory))
        print(".", end="", file=sys.stderr, flush=True)
    return statistics.median(s for s, _ in found), statistics.median(m for _, m in found)


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[Path]:
    path.mkdir()
    yield path
    shutil.rmtree(path)


# ---- many repositories ----


def repositories(place: Path, number: int) -> Iterator[Line]:
    """What so many of them take, all to be written."""
    with _folder(place / "many") as folder:
        for n in range(number):
            configs.repository(folder / f"r{n}", n)
        listed = folder / "list"
        listed.write_text("".join(f"r{n}\n" for n in range(number)))
        cores = os.cpu_count() or 1
        command = str(Path(sys.executable).with_name("transpipe"))
        cost = run([command, "generate", "--repos", str(listed), "-j", str(cores)])
    each = f"{cost.wall / number * 1000:.1f} ms each, {cost.cpu / number * 1000:.1f} of a core"
    yield Line(
        f"{number:,} repositories, `-j {cores}`", f"{cost.wall:.1f} s, {cost.memory:.0f} MiB a process", each, "150 MiB"
    )


# ---- telling ----


def table(lines: list[Line], rounds: int) -> str:
    """The table as Markdown."""
    body = [
        f"{_machine()}; medians of {rounds} rounds in turn.",
        "",
        "| what | measured | times doing nothing | target |",
        "|---|---|---|---|",
        *(f"| {line.name} | {line.measured} | {line.ratio} | {line.target} |" for line in lines),
    ]
    return "\n".join(body) + "\n"


def _machine() -> str:
    cpu = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()}), {system}"


if __name__ == "__main__":
    main()
