"""How fast `transpipe diff` is: 1,000 repositories, of which a third has not changed, a third is only written in
another way, and a third means something else. `git diff` of the same repositories, one by one, is what it is measured
against.

    python tests/benchmarks/meaning.py [--many 1000] [-j 2]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.configs import CONFIG, USUAL, repository
from benchmarks.measure import run

TARGET = 10.0
"""Seconds for 1,000 repositories on two cores that have nothing else to do."""

_QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def first(root: Path) -> Path:
    """A repository with one commit."""
    repository(root)
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for words in (("init", "-q", "-b", "main", "--template="), ("add", "--all"), (*who, "commit", "-q", "-m", "x")):
        subprocess.run(["git", *words], cwd=root, check=True, env=os.environ | _QUIET)
    return root


def changed(text: str, number: int) -> str:
    """The config unchanged, written in another way, or with another argument."""
    match number % 3:
        case 0:
            return text
        case 1:
            return text.replace("- name: lint\n", "- {name: lint}\n")
        case _:
            return text.replace("--seed=0", f"--seed={number}")


def make(place: Path, number: int) -> Path:
    """So many repositories, and the file that lists them."""
    pattern = first(place / "pattern")
    text = USUAL.format(n=0)
    for n in range(number):
        shutil.copytree(pattern, place / f"r{n}")
        (place / f"r{n}" / CONFIG).write_text(changed(text, n))
    listed = place / "repos"
    listed.write_text("".join(f"r{n}\n" for n in range(number)))
    return listed


def main() -> None:
    """Prints the times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--many", type=int, default=1000)
    parser.add_argument("-j", "--jobs", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        listed = make(place, given.many)
        words = [sys.executable, "-m", "transpiler", "diff", "--repos", str(listed), "-j", str(given.jobs)]
        cost = run([*words, "--format", "json"])
        begin = time.perf_counter()
        for n in range(given.many):
            subprocess.run(["git", "diff", "HEAD"], cwd=place / f"r{n}", check=True, stdout=subprocess.DEVNULL)
        git = time.perf_counter() - begin
    each = cost.cpu / given.many * 1000
    took = f"{cost.wall:.1f} s ({cost.cpu:.1f} s of processors, {each:.1f} ms each, {cost.memory:.0f} MiB a process)"
    print(f"{given.many:,} repositories, -j {given.jobs}: {took}")
    print(f"target: {TARGET * given.many / 1000:.0f} s on two cores that are idle")
    print(f"`git diff` of each, one after the other: {git:.1f} s, of which it takes {cost.wall / git:.2f} times")


if __name__ == "__main__":
    main()
