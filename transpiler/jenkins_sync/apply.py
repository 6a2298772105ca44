"""Carries out a plan: makes folders, writes jobs with several workers, then deletes orphans.

Jenkins silently drops parts of a job for which it has no plugin. So for each set of Java classes that jobs need, one
job is written first and read back; jobs with a class that Jenkins dropped are not posted. This module prints nothing
and knows no config.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import field
from itertools import groupby, islice
from typing import TypeVar

from transpiler.jenkins_sync.jobs import naming
from transpiler.jenkins_sync.plan import Entry, Plan, State
from transpiler.jenkins_sync.server import write as writing
from transpiler.jenkins_sync.server.client import Client
from transpiler.jenkins_sync.server.failures import JenkinsFailure, ServerLost
from transpiler.jenkins_sync.server.write import Done, Drifted, NotKept, Result
from transpiler.records import dataclass

_T = TypeVar("_T")
_HOPELESS = 10
"""After this number of failures without a success the run ends, because all other jobs would probably fail too."""

_TO_WRITE = frozenset({State.CREATE, State.UPDATE, State.RENAME})


@dataclass(frozen=True, slots=True)
class Options:
    """`force`: overwrite jobs that were changed by hand. `prune`: delete orphans."""

    force: bool = False
    prune: bool = False
    workers: int = 4


@dataclass(slots=True)
class Outcome:
    """The number of jobs with each result; `stopped` says why the run ended early, "" if it did not."""

    counts: Counter[Done] = field(default_factory=Counter)
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """Whether nothing failed."""
        return not self.stopped and not self.counts[Done.FAILED]


def to_write(entry: Entry, options: Options) -> bool:
    """Whether `apply` creates or changes this job."""
    return entry.state in _TO_WRITE or (options.force and entry.state is State.DRIFTED)


def is_pruned(entry: Entry) -> bool:
    """Whether `--prune` deletes this job."""
    return entry.state is State.ORPHAN and not entry.kept


def apply(plan: Plan, client: Client, options: Options, tell: Callable[[Result], None]) -> Outcome:
    """Carries out the plan. `tell` is called in this thread with the result of each job. Failures of the server are in
    the results and the outcome; they raise no exception."""
    run = _Run(client, options, tell)
    try:
        run.all(plan)
    except ServerLost as lost:
        run.outcome.stopped = str(lost)
    return run.outcome


class _Run:
    """One run, and what it knows about the server so far: the classes that are kept and dropped, and folders that could
    not be made."""

    def __init__(self, client: Client, options: Options, tell: Callable[[Result], None]) -> None:
        self.client = client
        self.options = options
        self.outcome = Outcome()
        self._tell = tell
        self._kept: set[str] = set()
        self._dropped: dict[str, str] = {}
        self._no_folder: dict[str, str] = {}

    def all(self, plan: Plan) -> None:
        todo = [entry for entry in plan.entries if to_write(entry, self.options)]
        for entry in plan.entries:
            if not to_write(entry, self.options) and not (self.options.prune and is_pruned(entry)):
                self._note(self._untouched(entry))
        for _, level in groupby(plan.folders, key=lambda folder: folder.count("/")):
            self._each(self._folder, level)
        self._each(self._entry, self._explored(todo))
        if self.options.prune:
            self._each(self._orphan, (entry for entry in plan.entries if is_pruned(entry)))
            for folder in plan.emptied:
                self._note(self._emptied(folder))

    def _untouched(self, entry: Entry) -> Result:
        # With `--prune`, an orphan that must not be deleted is a conflict.
        state = State.CONFLICT if entry.kept and self.options.prune else entry.state
        return Result(entry.path, Done.UNCHANGED if state is State.UNCHANGED else Done.LEFT, state, entry.why)

    def _explored(self, todo: list[Entry]) -> list[Entry]:
        """Writes jobs and reads them back until it knows of every class whether Jenkins keeps or drops it. Returns the
        other jobs."""
        kinds: dict[frozenset[str], list[Entry]] = {}
        for entry in todo:
            assert entry.wanted
            kinds.setdefault(entry.wanted.needs, []).append(entry)
        tried: set[str] = set()
        while True:
            open_kinds = [k for k, entries in kinds.items() if k - self._kept and not k & self._dropped.keys()]
            news = {k: fresh[0] for k in open_kinds if (fresh := [e for e in kinds[k] if e.path not in tried][:1])}
            if not news:
                return [entry for entry in todo if entry.path not in tried]
            kind = max(news, key=lambda k: (len(k - self._kept), sorted(k)))
            tried.add(news[kind].path)
            self._note(self._guarded(news[kind], self._pioneer))
            self._give_up_if_hopeless()

    def _pioneer(self, entry: Entry) -> Result:
        try:
            result = writing.write(entry, self.client, force=self.options.force, check=True)
        except NotKept as dropped:
            self._dropped.update(dict.fromkeys(dropped.classes, f"{dropped} (seen with {entry.path})"))
            raise
        assert entry.wanted
        self._kept |= entry.wanted.needs
        return self._cleared(entry, result)

    def _entry(self, entry: Entry) -> Result:
        return self._guarded(
            entry, lambda e: self._cleared(e, writing.write(e, self.client, force=self.options.force, check=False))
        )

    def _guarded(self, entry: Entry, work: Callable[[Entry], Result]) -> Result:
        """The result of `work`, or of a failure that affects only this job. Raises ServerLost."""
        assert entry.wanted
        if dropped := entry.wanted.needs & self._dropped.keys():
            return Result(entry.path, Done.FAILED, entry.state, self._dropped[min(dropped)])
        for folder in naming.ancestors(naming.split(entry.path)[0]):
            if why := self._no_folder.get(folder):
                return Result(entry.path, Done.FAILED, entry.state, why)
        return _caught(entry.path, entry.state, lambda: work(entry))

    def _cleared(self, entry: Entry, result: Result) -> Result:
        """Returns the result. If the server cannot rename, a new job was created, and the one with the old name is
        deleted as an orphan."""
        if entry.item and result.done is Done.CREATED and self.options.prune:
            writing.delete(Entry(State.ORPHAN, entry.item.path, None, entry.item), self.client)
        return result

    def _folder(self, path: str) -> Result:
        for outer in naming.ancestors(path)[:-1]:
            if why := self._no_folder.get(outer):
                self._no_folder[path] = why
                return Result(path, Done.FAILED, None, why)
        result = _caught(path, None, lambda: writing.make_folder(path, self.client))
        if result.done is Done.FAILED:
            self._no_folder[path] = result.why
        return result

    def _orphan(self, entry: Entry) -> Result:
        return _caught(entry.path, entry.state, lambda: writing.delete(entry, self.client))

    def _emptied(self, path: str) -> Result | None:
        nothing = Result(path, Done.LEFT)
        result = _caught(path, None, lambda: writing.delete_folder(path, self.client) or nothing)
        return None if result is nothing else result

    def _each(self, work: Callable[[_T], Result], items: Iterable[_T]) -> None:
        with ThreadPoolExecutor(self.options.workers) as pool:
            for result in _in_parallel(pool, work, items, 2 * self.options.workers):
                self._note(result)
                self._give_up_if_hopeless()

    def _give_up_if_hopeless(self) -> None:
        counts = self.outcome.counts
        worked = sum(counts[done] for done in (Done.CREATED, Done.UPDATED, Done.RENAMED, Done.DELETED))
        if counts[Done.FAILED] >= _HOPELESS and not worked:
            raise ServerLost(f"nothing succeeded: gave up after {counts[Done.FAILED]} failures")

    def _note(self, result: Result | None) -> None:
        if result:
            self.outcome.counts[result.done] += 1
            self._tell(result)


def _caught(path: str, state: State | None, work: Callable[[], Result]) -> Result:
    """The result of `work`, or of its failure. Raises ServerLost."""
    try:
        return work()
    except Drifted as drifted:
        return Result(path, Done.LEFT, state, str(drifted))
    except ServerLost:
        raise
    except JenkinsFailure as failed:
        return Result(path, Done.FAILED, state, str(failed))


def _in_parallel(
    pool: ThreadPoolExecutor, work: Callable[[_T], Result], items: Iterable[_T], ahead: int
) -> Iterator[Result]:
    """Yields results in the order of completion; at most `ahead` items are in progress. After an exception it starts
    no further items, yields the results of those in progress, and raises the exception."""
    waiting = iter(items)
    running: set[Future[Result]] = {pool.submit(work, item) for item in islice(waiting, ahead)}
    errors: list[BaseException] = []
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            if error := None if future.cancelled() else future.exception():
                errors.append(error)
                for other in running:
                    other.cancel()
            elif not future.cancelled():
                yield future.result()
            if not errors:
                running |= {pool.submit(work, item) for item in islice(waiting, 1)}
    if errors:
        raise errors[0]


def named(plan: Plan) -> Sequence[str]:
    """The names of the jobs and folders that `--prune` would delete."""
    return [*(entry.path for entry in plan.entries if is_pruned(entry)), *plan.emptied]
