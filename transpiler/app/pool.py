"""Worker processes for many repositories: each worker takes one at a time; results come in the order of the items,
whether a worker finishes or dies.

If a worker dies, only the repository that it was working on is lost. The workers are at most a few repositories ahead
of the results that were yielded, so memory does not grow with the number of repositories. This module is imported only
if there are several workers; it knows nothing of what they do.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from transpiler.records import dataclass

_AHEAD = 8

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(
    work: Callable[[Item], Result], items: Sequence[Item], workers: int, died: Callable[[Item, int], Result]
) -> Generator[Result, None, None]:
    """Yields the result of `work` for every item, in their order, from several processes. If a worker died, `died`
    makes the result from the item and the worker's exit code (negative for a signal). `work` must not raise.

    Closing the iterator lets the workers finish their current items.
    """
    team = _Team(work, min(workers, len(items)))
    results: dict[int, Result] = {}
    given = yielded = 0
    try:
        while yielded < len(items):
            for worker in team.idle:
                if given < min(len(items), yielded + _AHEAD * workers):
                    team.give(worker, given, items[given])
                    given += 1
            results |= {at: died(items[at], made.code) if isinstance(made, _Died) else made for at, made in team.take()}
            while yielded in results:
                yield results.pop(yielded)
                yielded += 1
    finally:
        team.dismiss()


@dataclass(frozen=True, slots=True)
class _Died:
    """A worker ended before it had a result."""

    code: int


@dataclass(slots=True)
class _Worker:
    """A process, the parent's end of the pipe to it, and the position of its current item."""

    process: BaseProcess
    pipe: Connection
    at: int | None = None


class _Team(Generic[Item, Result]):
    """The workers, each replaced when it dies."""

    def __init__(self, work: Callable[[Item], Result], number: int) -> None:
        self._work = work
        # A fork has everything imported already, but it is safe on Linux only.
        self._context: BaseContext = get_context("fork" if sys.platform == "linux" else None)
        self._workers: list[_Worker] = []
        for _ in range(number):
            self._workers.append(self._hire())

    @property
    def idle(self) -> tuple[_Worker, ...]:
        return tuple(worker for worker in self._workers if worker.at is None)

    def give(self, worker: _Worker, at: int, item: Item) -> None:
        worker.at = at
        try:
            worker.pipe.send(item)
        except OSError:
            # It died while it was idle; a new worker replaces it and takes the item.
            self._replace(worker)
            self._workers[-1].at = at
            self._workers[-1].pipe.send(item)

    def take(self) -> Iterator[tuple[int, Result | _Died]]:
        """The positions and results that are ready; waits until there is at least one."""
        busy = {worker.pipe: worker for worker in self._workers if worker.at is not None}
        for pipe in connection.wait(list(busy)):
            assert isinstance(pipe, Connection)
            worker = busy[pipe]
            assert worker.at is not None
            try:
                made: Result | _Died = pipe.recv()
            except (EOFError, OSError):
                yield worker.at, _Died(self._replace(worker))
            else:
                yield worker.at, made
                worker.at = None

    def dismiss(self) -> None:
        """Lets each worker finish its current item, so that no repository is left half written."""
        for worker in self._workers:
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join()

    def _hire(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        # A fork must close the pipes that it inherits, or no other worker would ever see the end of its pipe.
        inherited = (ours, *(worker.pipe for worker in self._workers)) if sys.platform == "linux" else ()
        process = self._context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(self._work, theirs, inherited), daemon=True
        )
        # Ctrl-C sends SIGINT to the whole process group, but the main process decides when workers stop; a child
        # inherits the blocked signals.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        return _Worker(process, ours)

    def _replace(self, worker: _Worker) -> int:
        """Replaces a dead worker with a new one; returns the exit code of the dead one."""
        worker.pipe.close()
        worker.process.join()
        self._workers.remove(worker)
        self._workers.append(self._hire())
        return worker.process.exitcode or 0


def _serve(work: Callable[[Item], Result], pipe: Connection, inherited: tuple[Connection, ...]) -> None:
    """The main loop of a worker; it ends when its pipe is closed."""
    for other in inherited:
        other.close()
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            return
        made = work(item)
        try:
            pipe.send(made)
        except OSError:
            # The main process no longer waits for the result.
            return
