"""The page of a run that never was, with something in every part of it."""

from __future__ import annotations

from pathlib import Path

from support.plans import pipeline, plan, stage
from transpiler import run_page
from transpiler.local.outcome import End, Outcome, StageOutcome
from transpiler.local.results import Coverage, FailedTest, Results, Suite

EDGES = (("build", "unit"), ("build", "lint"), ("lint", "slow"), ("unit", "report"), ("slow", "report"))


def write(directory: Path, word: str = "") -> Path:
    """Writes the page below a directory and returns its path. `word` is a part of every text of a user's in it."""
    log = directory / "log"
    log.write_text(f"first {word}\n\x1b[32msecond\x1b[0m\n")
    names = {name: f"{name}{word}" for name in ("build", "unit", "lint", "slow", "report")}
    test = pipeline(
        f"test{word}", *(stage(n) for n in names.values()), edges=tuple((names[a], names[b]) for a, b in EDGES)
    )

    def ended(name: str, end: End, began: float, seconds: float, why: str = "", **more: object) -> StageOutcome:
        return StageOutcome(test.name, names[name], end, seconds, why, log, began=began, **more)  # type: ignore[arg-type]

    results = Results(
        (Suite(f"suite{word}", 12, 2, 1, 3.0),),
        (
            FailedTest(f"suite{word}", f"bad{word}", f"message{word}", f"details{word}\nmore"),
            FailedTest("", "b", "", ""),
        ),
        (Coverage(f"coverage{word}", 0.875, 0.6),),
        (f"there is no report {word}",),
    )
    stages = (
        ended("build", End.SUCCEEDED, 0.0, 10.0, notes=(f"pushed {word}",)),
        ended("unit", End.FAILED, 10.1, 30.0, f"exit status 1{word}", kept=(f"kept{word}",), results=results),
        ended("lint", End.SUCCEEDED, 10.1, 5.0),
        ended("slow", End.ALLOWED, 20.0, 5.0),
        StageOutcome(test.name, names["report"], End.NOT_STARTED, why=f"comes after {names['unit']}"),
    )
    outcome = Outcome(stages, 42.0, (f"the teardown {word} was stopped",))
    file = directory / "page.html"
    facts = (("branch", f"main{word}"), ("tag", ""))
    run_page.write(file, outcome, plan(test), f"team/ores{word}", facts, directory / f"out{word}")
    return file
