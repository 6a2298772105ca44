"""Worker processes for many repositories: one at a time each, results in the order given, however they end.

A worker that dies takes only the repository that it was at with it. No more is ahead of what was told than a few
repositories for each worker, so that memory does not grow with their number. Imported only where there are several
workers; knows nothing of what they do.
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
    """What `work` makes of every item, in their order, by so many processes; `died` says what came of an item whose
    worker ended, and by which exit code (a signal's is negative). `work` must not raise.

    Closing the iterator lets the workers finish what they are at.
    """
    team = _Team(work, min(workers, len(items)))
    results: dict[int, Result] = {}
    given = told = 0
    try:
        while told < len(items):
            for worker in team.idle:
                if given < min(len(items), told + _AHEAD * workers):
                    team.give(worker, given, items[given])
                    given += 1
            results |= {at: died(items[at], made.code) if isinstance(made, _Died) else made for at, made in team.take()}
            while told in results:
                yield results.pop(told)
                told += 1
    finally:
        team.dismiss()


@dataclass(frozen=True, slots=True)
class _Died:
    """A worker ended before it had a result."""

    code: int


@dataclass(slots=True)
class _Worker:
    """A process, our end of the pipe to it, and the position of the item that it is at."""

    process: BaseProcess
    pipe: Connection
    at: int | None = None


class _Team(Generic[Item, Result]):
    """The workers, each replaced when it dies."""

    def __init__(self, work: Callable[[Item], Result], number: int) -> None:
        self._work = work
        # A fork has everything imported already; elsewhere than on Linux it is not safe.
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
            # It died while it had nothing to do; another takes its place and the item.
            self._replace(worker)
            self._workers[-1].at = at
            self._workers[-1].pipe.send(item)

    def take(self) -> Iterator[tuple[int, Result | _Died]]:
        """Positions and results of those that are ready; waits for one."""
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
        """Lets each finish what it is at, so that no repository is left half written."""
        for worker in self._workers:
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join()

    def _hire(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        # What a fork inherits it must close, or no worker would ever see the end of another's pipe.
        inherited = (ours, *(worker.pipe for worker in self._workers)) if sys.platform == "linux" else ()
        process = self._context.Process(  # type: ignore[attr-defined]
            target=_serve, args=(self._work, theirs, inherited), daemon=True
        )
        # Ctrl-C reaches the whole group, but the main process says when to stop; a child inherits what is blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        return _Worker(process, ours)

    def _replace(self, worker: _Worker) -> int:
        """Puts a new worker in the place of a dead one, whose exit code it returns."""
        worker.pipe.close()
        worker.process.join()
        self._workers.remove(worker)
        self._workers.append(self._hire())
        return worker.process.exitcode or 0


def _serve(work: Callable[[Item], Result], pipe: Connection, inherited: tuple[Connection, ...]) -> None:
    """A worker's life: ends when its pipe does."""
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
            # Nobody waits for it any more.
            return
