"""`approve` of a stage in a local run: `--approve` answers beforehand, or the terminal is asked; without either the
answer is no."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import field

from transpiler.ir import Approval
from transpiler.local.lines import one_line, title
from transpiler.program import Plan
from transpiler.records import dataclass

APPROVED_BY = "approvedBy"
"""The key of `setup` by which a program reads who has approved."""
_YES = frozenset({"y", "yes"})
_MOST = 4096  # bytes of one line: a terminal takes no more


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the stage may start: `who` has said so, or `why` not."""

    approved: bool
    who: str = ""
    why: str = ""


def wrong(names: Collection[str], plan: Plan) -> str:
    """What is wrong with the first of these names, `STAGE` or `PIPELINE/STAGE`, that is no stage of the plan with
    `approve`; "" if all are."""
    gates = [(p.name, stage) for p in plan.pipelines for stage in p.gates()]
    known = {name for pipeline, stage in gates for name in (stage, title(pipeline, stage))}
    first = next((name for name in sorted(names) if name not in known), "")
    if not first or not gates:
        return first and f"--approve {first}: no stage of this run has `approve`"
    these = ", ".join(title(*gate) for gate in gates)
    return f"--approve {first}: no stage of this run with that name has `approve`; these have it: {these}"


@dataclass(slots=True)
class Approver:
    """Answers for the stages of a run, one after the other. `given` are the names of `--approve`; `asks`: standard
    input is a terminal; `say` writes a line for the person; `stop` ends the waiting. `asking` is true while it
    waits."""

    given: Collection[str]
    asks: bool
    say: Callable[[str], None]
    stop: asyncio.Event
    asking: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def answer(self, pipeline: str, stage: str, approval: Approval) -> Answer:
        """Whether the stage may start."""
        if stage in self.given or f"{pipeline}/{stage}" in self.given:
            return Answer(approved=True, who=_user())
        if not self.asks:
            return Answer(
                approved=False, why=f"was not approved: there is no terminal to ask, and no --approve {stage}"
            )
        async with self._turn:
            if self.stop.is_set():
                return Answer(approved=False)
            name = title(pipeline, stage)
            question = f": {one_line(approval.message)}" if approval.message else ""
            self.say(f"{name} waits for approval{question} Start it? [y/N]")
            text = await self._line(approval.timeout)
            if text is None:
                return Answer(approved=False, why="was not approved in time")
            if text.strip().lower() in _YES:
                return Answer(approved=True, who=_user())
            return Answer(approved=False, why="was not approved")

    async def _line(self, timeout: int | None) -> str | None:
        """The line that the person types, "" after the end of the input or a signal; None after the time."""
        ending = asyncio.create_task(self.stop.wait())
        with self._typed() as typed:

            def stopped(_: object) -> None:
                if not typed.done():
                    typed.set_result("")

            ending.add_done_callback(stopped)
            try:
                return await asyncio.wait_for(typed, timeout)
            except TimeoutError:
                return None
            finally:
                ending.cancel()

    @contextmanager
    def _typed(self) -> Iterator[asyncio.Future[str]]:
        """What is typed next, while the terminal is watched."""
        loop = asyncio.get_running_loop()
        typed: asyncio.Future[str] = loop.create_future()

        def ready() -> None:
            if not typed.done():
                try:
                    typed.set_result(os.read(0, _MOST).decode("utf-8", "replace"))
                except OSError:  # the terminal is gone
                    typed.set_result("")

        self.asking = True
        loop.add_reader(0, ready)
        try:
            yield typed
        finally:
            loop.remove_reader(0)
            self.asking = False


def _user() -> str:
    with suppress(OSError, KeyError):
        return getpass.getuser()
    return ""
