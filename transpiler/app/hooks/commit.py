"""Runs `generate` for a commit hook, and handles two cases that only hooks have.

If the config was deleted, the hook removes its outputs. If the file belongs to another program, such as SAP's Project
Piper, whose config has the same path, the hook skips the repository.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from transpiler.app.generate import Options, run_in
from transpiler.app.place import Place, WrongUsage, find, profile, repository
from transpiler.app.results import Exit, Report, Result
from transpiler.diagnostics import Diagnostic, Severity
from transpiler.driver import Request, understand
from transpiler.fast_path.places import places
from transpiler.files import is_folder
from transpiler.freshness import writing
from transpiler.freshness.header import Inputs
from transpiler.freshness.verdicts import State, judge
from transpiler.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Hooked:
    """The report on a repository, and the changes that must be staged: pairs of "wrote" or "deleted" and the path below
    the root."""

    report: Report
    to_stage: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> Exit:
        """The exit status of the hook. It fails if something was written, because the commit does not contain that."""
        return max(self.report.status, Exit.FINDINGS) if self.to_stage else self.report.status


def work(path: str | None, options: Options, inputs: Sequence[str] = ()) -> Hooked:
    """Writes the outputs of a repository, or only checks them. If something was written, it must be staged together
    with `inputs`. Raises WrongUsage and OSError."""
    try:
        place = find(path)
    except WrongUsage:
        if path is not None and not is_folder(path):
            raise
        report = without_config(repository(path), options)
        return Hooked(report, report.done if options.mode != "check" else ())
    report = in_place(place, path, options)
    if report.result is not Result.WRITTEN:
        return Hooked(report)
    return Hooked(report, (*(("wrote", name) for name in inputs), *report.done))


def in_place(place: Place, path: str | None, options: Options) -> Report:
    """Processes a repository with a config, which may be one of another tool. Raises WrongUsage and OSError."""
    try:
        report = run_in(place, path, replace(options, mode="check"))
        # As on the fast path, fresh outputs cause no message, and nothing is compiled a second time.
        if options.mode != "check" and report != Report(Exit.FINE, Result.FRESH):
            report = run_in(place, path, options)
    except WrongUsage:
        if not _foreign(place, options):
            raise
        return Report(Exit.FINE, Result.PASSED_OVER, place)
    if report.status is Exit.FINDINGS and _foreign(place, options):
        return Report(Exit.FINE, Result.PASSED_OVER, place)
    return report


def _foreign(place: Place, options: Options) -> bool:
    outcome = understand(Request(place.root, place.config, profile(place, options.profile), folder=place.folder))
    return any(diagnostic.code == "foreign-config" for diagnostic in outcome.diagnostics)


def without_config(place: Place, options: Options) -> Report:
    """Removes the outputs of a config that was deleted, or reports them. Raises OSError."""
    verdicts = judge(place.root, place.config, {}, Inputs((), ""), places(str(place.root)), frozenset())
    orphans = tuple((v.state.value, v.path) for v in verdicts if v.state is State.ORPHAN)
    stay = tuple(
        Diagnostic(
            "edited-orphan",
            Severity.WARNING,
            f"transpipe no longer generates `{v.path}`, but keeps it because it was edited by hand.",
            None,
            "Delete it when you no longer need the edits.",
        )
        for v in verdicts
        if v.state is State.EDITED_ORPHAN
    )
    if options.mode != "check":
        done = writing.apply(place.root, {}, verdicts)
        return Report(Exit.FINE, Result.WRITTEN if done else Result.FRESH, place, stay, done=done)
    hint = f"Run `{shlex.join(['rm', '--', *(place.call(path) for _, path in orphans)])}`."
    gone = tuple(
        Diagnostic(
            "orphaned-output",
            Severity.ERROR,
            f"`{path}` is no longer generated because {place.config} is gone.",
            None,
            hint,
        )
        for _, path in orphans
    )
    status, result = (Exit.FINDINGS, Result.STALE) if gone else (Exit.FINE, Result.FRESH)
    return Report(status, result, place, (*gone, *stay), done=orphans)
