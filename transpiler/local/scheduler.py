"""Runs a plan: each stage as soon as all its predecessors have succeeded, pipelines in parallel, and always the
teardown.

This module decides when a stage runs and when it is stopped; `stage` runs it.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from transpiler.graph import order
from transpiler.local import checkout, environment, process
from transpiler.local.approving import APPROVED_BY, Answer, Approver
from transpiler.local.environment import World
from transpiler.local.lines import title
from transpiler.local.outcome import GOOD, End, Outcome, StageOutcome
from transpiler.local.shell import NoShell, Shell
from transpiler.local.stage import Home, Settings, StageRun, Watcher
from transpiler.local.sweep import UNINSTALL
from transpiler.program import PipelineProgram, Plan, StageProgram, setup_variable
from transpiler.quoting import sh


def run(plan: Plan, world: World, settings: Settings, watcher: Watcher) -> Outcome:
    """Runs the plan in this process's main thread until it ends or a signal (INT, TERM) stops it. Raises OSError."""
    try:
        return asyncio.run(_run(plan, world, settings, watcher))
    except BaseExceptionGroup as group:
        raise _first(group) from None


async def _run(plan: Plan, world: World, settings: Settings, watcher: Watcher) -> Outcome:
    # `_Run` makes events and semaphores, which must be made in the running event loop
    return await _Run(plan, world, settings, watcher).all()


def _first(error: BaseException) -> BaseException:
    """The first exception in a group. It made the task group cancel the other tasks."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class _Run:
    """One run. The first signal sets `_stop`, which stops the stages; the second sets `_hurry`, which also stops the
    teardown."""

    def __init__(self, plan: Plan, world: World, settings: Settings, watcher: Watcher) -> None:
        self._plan, self._world, self._settings, self._watcher = plan, world, settings, watcher
        self._lanes = asyncio.Semaphore(plan.concurrency or len(plan.pipelines) or 1)
        self._slots = asyncio.Semaphore(settings.jobs or sum(len(p.stages) for p in plan.pipelines) or 1)
        self._stop, self._hurry = asyncio.Event(), asyncio.Event()
        self._base = environment.base(world, plan)
        self._approver = Approver(settings.approved, settings.asks, watcher.message, self._stop)
        self._problems: list[str] = []
        self._in_shell = self._left = False
        self._start = 0.0

    async def all(self) -> Outcome:
        """Runs all pipelines and returns their outcome."""
        began = self._start = asyncio.get_running_loop().time()
        with self._signals():
            ticking = asyncio.create_task(self._tick())
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(self._pipeline(p)) for p in self._plan.pipelines]
            finally:
                ticking.cancel()
        seconds = asyncio.get_running_loop().time() - began
        stages = tuple(outcome for task in tasks for outcome in task.result())
        return Outcome(stages, seconds, tuple(self._problems), stopped=self._stop.is_set(), left=self._left)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
        # signals that are ignored stay so: `nohup` and `&` start the command like that
        numbers = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
        if threading.current_thread() is not threading.main_thread():
            numbers = []
        for number in numbers:
            asyncio.get_running_loop().add_signal_handler(number, self._signalled, number)
        try:
            yield
        finally:
            for number in numbers:
                asyncio.get_running_loop().remove_signal_handler(number)

    def _signalled(self, number: signal.Signals) -> None:
        if self._stop.is_set():
            # of a lost terminal both the kernel and the shell that has started this process may tell
            if number is not signal.SIGHUP:
                self._hurry.set()
        else:
            self._stop.set()
            self._watcher.message("stopping, and cleaning up (a second signal skips the cleanup)")

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            if not self._in_shell and not self._approver.asking:
                self._watcher.tick()

    async def _pipeline(self, pipeline: PipelineProgram) -> list[StageOutcome]:
        async with self._lanes:
            home = self._home(pipeline)
            try:
                await asyncio.to_thread(checkout.copy, self._world.source, home.checkout, pipeline.fetch)
            except OSError as error:
                self._problem(f"{pipeline.name}: the checkout failed: {error}")
                return [self._not_started(pipeline, stage, "there is no checkout") for stage in pipeline.stages]
            try:
                outcomes = await self._stages(pipeline, home)
                await self._shell(pipeline, home, outcomes)
                return outcomes
            finally:
                await self._teardown(pipeline, home)

    async def _stages(self, pipeline: PipelineProgram, home: Home) -> list[StageOutcome]:
        tasks: dict[str, asyncio.Task[StageOutcome]] = {}
        async with asyncio.TaskGroup() as group:
            for name in order(pipeline.graph):
                before = {other: tasks[other] for other in pipeline.graph.before(name)}
                tasks[name] = group.create_task(self._stage(pipeline, home, pipeline.stage(name), before))
        return [tasks[stage.name].result() for stage in pipeline.stages]

    async def _stage(
        self,
        pipeline: PipelineProgram,
        home: Home,
        stage: StageProgram,
        before: Mapping[str, asyncio.Task[StageOutcome]],
    ) -> StageOutcome:
        for name, task in before.items():
            if (await task).end not in GOOD:
                return self._not_started(pipeline, stage, f"comes after {name}")
        answer = Answer(approved=True)
        if stage.approval:
            answer = await self._approver.answer(pipeline.name, stage.name, stage.approval)
        async with self._slots:
            if self._stop.is_set():
                return self._not_started(pipeline, stage, "")
            if not answer.approved:
                return self._not_started(pipeline, stage, answer.why)
            given = {**self._base, **environment.of_stage(self._world, self._plan, pipeline, stage)}
            given |= {**home.variables, setup_variable(APPROVED_BY): answer.who}
            work = StageRun(pipeline.name, stage, home, given, self._settings, self._stop, self._start)
            self._watcher.stage_started(pipeline.name, stage.name, work.log)
            outcome = await work.run()
        self._watcher.stage_ended(outcome)
        return outcome

    async def _shell(self, pipeline: PipelineProgram, home: Home, outcomes: list[StageOutcome]) -> None:
        """Opens the shell that the settings ask for, where the last stage has run."""
        outcome = next((o for o in outcomes if o.stage == self._settings.shell), None)
        if not outcome or self._stop.is_set():
            return
        name = title(pipeline.name, outcome.stage)
        if outcome.end is End.NOT_STARTED:
            self._problem(f"no shell for {name}: it was not started, because it {outcome.why}")
            return
        engine, stage, run = self._world.profile.container, pipeline.stage(outcome.stage), home.variables["run"]
        given = {**self._base, **home.variables}
        shell = Shell(engine, run, stage, home.values, given, self._stop, self._watcher.message)
        self._in_shell = True
        try:
            await shell.open(name)
        except NoShell as why:
            self._problem(f"no shell for {name}: {why}")
        finally:
            self._in_shell = False

    async def _teardown(self, pipeline: PipelineProgram, home: Home) -> None:
        if self._settings.keep:
            return
        given = {**self._base, **home.variables}
        log = home.logs / "teardown.log"
        self._watcher.teardown_started(pipeline.name, log)
        code = await process.run(pipeline.teardown, home.scripts / "teardown", home.root, given, log, self._hurry)
        self._watcher.teardown_ended(pipeline.name)
        if code is None:
            self._left = True
            self._problem(f"{pipeline.name}: the teardown was stopped; the next run removes what is left")

    def _home(self, pipeline: PipelineProgram) -> Home:
        root, logs = self._settings.work / pipeline.slug, self._settings.output / pipeline.slug
        values, artifacts = root / "values", logs / "artifacts"
        values.mkdir(parents=True)
        logs.mkdir(parents=True)
        if lines := [line for stage in pipeline.stages for line in stage.uninstall]:
            (root / UNINSTALL).write_bytes("\n".join([*lines, ""]).encode())
        run = f"{self._settings.run}-{pipeline.slug}"
        variables = environment.of_pipeline(self._world, run, values, logs, artifacts)
        return Home(root, root / "checkout", values, root / "programs", logs, artifacts, variables)

    def _not_started(self, pipeline: PipelineProgram, stage: StageProgram, why: str) -> StageOutcome:
        outcome = StageOutcome(pipeline.name, stage.name, End.NOT_STARTED, why=why)
        self._watcher.stage_ended(outcome)
        return outcome

    def _problem(self, what: str) -> None:
        self._problems.append(what)
        self._watcher.message(what)


def teardown_script(plan: Plan, work: Path, run: str) -> str:
    """The script that `--keep` writes. It removes everything that the run has made, except its logs."""
    parts = [
        f"run={run}-{pipeline.slug}\nvalues={sh(str(work / pipeline.slug / 'values'))}\n" + "\n".join(pipeline.teardown)
        for pipeline in plan.pipelines
    ]
    return "#!/bin/sh\n" + "\n\n".join([*parts, f"rm -rf {sh(str(work))}"]) + "\n"
