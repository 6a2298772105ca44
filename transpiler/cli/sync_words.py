"""What `transpipe sync` prints, while it works and at its end."""

from __future__ import annotations

import json
import sys

from transpiler.app.results import Exit, Report
from transpiler.app.sync import Applied, Asked, Planned, Wishes
from transpiler.cli import tell
from transpiler.cli.progress_bar import Progress
from transpiler.jenkins_sync import apply as applying
from transpiler.jenkins_sync import show
from transpiler.jenkins_sync.plan import Plan
from transpiler.jenkins_sync.server.write import Done, Result


class Speaker:
    """Prints progress while the command works; keeps results only if they are to be printed as JSON."""

    def __init__(self, asked: Asked, *, as_json: bool) -> None:
        self._asked, self._as_json = asked, as_json
        self._progress = Progress(0)
        self._once = tell.Once()
        self.results: list[Result] = []

    def waiting(self, why: str) -> None:
        """A request is tried again."""
        tell.put(f"{why}\n", sys.stderr)

    def compiled(self, report: Report) -> None:
        """A repository has been compiled."""
        report = self._once.untold(report)
        if report.failure:
            tell.put(tell.failure(report.failure), sys.stderr)
        elif report.place:
            colour = tell.coloured(sys.stderr)
            tell.put(tell.text(report.place, report.diagnostics, report.sources, colour=colour), sys.stderr)

    def starting(self, plan: Plan) -> None:
        """The plan is about to be carried out."""
        self._progress = Progress(len(plan.entries) + len(plan.folders))
        for name in applying.named(plan) if self._asked.prune else ():
            self._progress.talk(f"will delete {name}")

    def done(self, result: Result) -> None:
        """A job or folder has been processed."""
        if self._as_json:
            self.results.append(result)
            self._progress.talk(show.line(result))
        else:
            self._progress.line(show.line(result))
        self._progress.step()

    def close(self) -> None:
        """Erases the progress bar."""
        self._progress.close()


def of_plan(made: Planned, asked: Asked, *, as_json: bool) -> Exit:
    """Prints what `apply` would do; returns the exit status."""
    _of_repositories(made.wishes, asked)
    if made.plan is None:
        tell.put(f"transpipe: {made.failure}\n", sys.stderr)
        return Exit.WORLD
    if as_json:
        data = {**show.plan_data(made.plan), "lacking": list(made.lacking)}
        tell.put(json.dumps(data, ensure_ascii=False, indent=1) + "\n")
    else:
        tell.put("".join(f"{line}\n" for line in show.table(made.plan)))
        tell.put(f"{show.counts(made.plan.entries)}\n", sys.stderr)
    _of_plugins(made.lacking)
    status = made.wishes.status
    return Exit.FINDINGS if asked.exit_code and made.changes and status is Exit.FINE else status


def of_result(made: Applied, asked: Asked, speaker: Speaker, *, as_json: bool) -> Exit:
    """Prints what was done; returns the exit status."""
    speaker.close()
    _of_repositories(made.wishes, asked)
    if made.outcome is None:
        tell.put(f"transpipe: {made.failure}\n", sys.stderr)
        return Exit.WORLD
    counts, stopped = made.outcome.counts, made.outcome.stopped
    if as_json:
        data = {
            "jobs": [show.result_data(result) for result in speaker.results],
            "counts": {done.value: counts[done] for done in Done},
            "stopped": stopped,
            "lacking": list(made.lacking),
        }
        tell.put(json.dumps(data, ensure_ascii=False, indent=1) + "\n")
    tell.put(f"{show.summary(counts, made.seconds)}\n", sys.stderr)
    _of_plugins(made.lacking)
    if stopped:
        tell.put(f"transpipe: {stopped}\nRun it again: what is done stays done.\n", sys.stderr)
    return made.status


def _of_repositories(wishes: Wishes, asked: Asked) -> None:
    if wishes.failed:
        count = f"{wishes.failed} of {len(asked.paths)}"
        tell.put(f"{count} repositories have errors: their jobs stay as they are\n", sys.stderr)


def _of_plugins(lacking: tuple[str, ...]) -> None:
    tell.put("".join(f"warning: {line}\n" for line in lacking), sys.stderr)
