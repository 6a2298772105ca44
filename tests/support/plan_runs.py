"""Runs hand-made plans with the local engine, in this process: no docker, a stage is a few lines of shell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from support.plans import plan
from transpiler.frontend.profiles.load import decode
from transpiler.local import scheduler
from transpiler.local.checkout import Source
from transpiler.local.environment import World
from transpiler.local.outcome import End, Outcome, StageOutcome
from transpiler.local.stage import Settings
from transpiler.program import PipelineProgram

TEARDOWN = ('echo "$run" >> "$GONE"', 'ls "$values" >> "$GONE"', 'rm -rf "$values"')


@dataclass
class Told:
    """What the engine told while it ran."""

    events: list[tuple[str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def stage_started(self, pipeline: str, stage: str, log: Path) -> None:
        self.events.append(("started", f"{pipeline}/{stage}"))

    def stage_ended(self, outcome: StageOutcome) -> None:
        self.events.append((outcome.end.value, f"{outcome.pipeline}/{outcome.stage}"))

    def teardown_started(self, pipeline: str, log: Path) -> None:
        self.events.append(("cleaning", pipeline))

    def teardown_ended(self, pipeline: str) -> None:
        self.events.append(("cleaned", pipeline))

    def message(self, line: str) -> None:
        self.lines.append(line)

    def tick(self) -> None:
        pass


@dataclass(frozen=True)
class Done:
    """What came of it. `gone` is what teardowns saw."""

    outcome: Outcome
    told: Told
    directory: Path

    @property
    def ends(self) -> dict[str, End]:
        return {f"{s.pipeline}/{s.stage}": s.end for s in self.outcome.stages}

    @property
    def gone(self) -> list[str]:
        file = self.directory / "gone"
        return file.read_text().split() if file.exists() else []

    @property
    def shared(self) -> Path:
        """Where stages leave things for the test, `$SHARED`."""
        return self.directory / "shared"

    def stage(self, name: str) -> StageOutcome:
        return next(s for s in self.outcome.stages if f"{s.pipeline}/{s.stage}" == name)

    def log(self, name: str) -> str:
        log = self.stage(name).log
        assert log
        return log.read_text()


def run(
    directory: Path,
    *pipelines: PipelineProgram,
    concurrency: int | None = None,
    caller: Mapping[str, str] | None = None,
    profile: Mapping[str, Any] | None = None,
    git: bool = False,
    **settings: Any,
) -> Done:
    """Runs the pipelines in a tree of one file; `git` makes believe that it is a repository."""
    tree, shared = directory / "tree", directory / "shared"
    tree.mkdir(exist_ok=True)
    shared.mkdir(exist_ok=True)
    (tree / "file").write_text("text\n")
    given = {"PATH": "/usr/bin:/bin", "GONE": str(directory / "gone"), "SHARED": str(shared), **(caller or {})}
    world = World(Source(tree.resolve(), git), decode(profile or {}), given, "2026-01-02-030405", {})
    told = Told()
    made = plan(*(replace(p, teardown=TEARDOWN) for p in pipelines), concurrency=concurrency)
    outcome = scheduler.run(made, world, Settings("run", directory / "work", directory / "out", **settings), told)
    return Done(outcome, told, directory)
