"""What a commit hook does with a repository: `generate`, and what only hooks meet.

A config that is gone leaves outputs behind, and a config of SAP's Project Piper is none of ours: a hook removes the
former and passes over the latter.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from transpiler.app import tell
from transpiler.app.generate import Options, run_in
from transpiler.app.place import Place, WrongUsage, find, profile, repository
from transpiler.app.tell import Exit, Result, Said
from transpiler.diagnostics import Diagnostic, Severity
from transpiler.driver import Request, understand
from transpiler.fast_path.check import places
from transpiler.freshness import writing
from transpiler.freshness.header import Inputs
from transpiler.freshness.verdicts import State, judge
from transpiler.records import replace


def work(path: str | None, options: Options, inputs: Sequence[str] = ()) -> Said:
    """One repository, its outputs written or only checked; status 1 where any was not fresh. What is written is to be
    staged together with these inputs. Raises OSError."""
    try:
        place = find(path)
    except WrongUsage:
        if path is not None and not Path(path).is_dir():
            raise
        return without_config(repository(path), options)
    said = in_place(place, path, options)
    if said.result is not Result.WRITTEN:
        return said
    done = (*(("wrote", name) for name in inputs), *said.done)
    return replace(said, code=max(said.code, Exit.FINDINGS), talk=said.talk + stage(place, done))


def in_place(place: Place, path: str | None, options: Options) -> Said:
    """A repository with a config, whoever's it is. Raises OSError."""
    try:
        said = run_in(place, path, replace(options, mode="check"))
        # What is fresh is passed in silence, as by the short way, and not compiled a second time.
        if options.mode != "check" and said != Said(Exit.FINE, result=Result.FRESH):
            said = run_in(place, path, options)
    except WrongUsage:
        if not _foreign(place, options):
            raise
        return _passed_over(place)
    return _passed_over(place) if said.code is Exit.FINDINGS and _foreign(place, options) else said


def _passed_over(place: Place) -> Said:
    talk = f"{place.call(place.config)} is a config of SAP's Project Piper: passed over\n"
    return Said(Exit.FINE, talk=talk, result=Result.FRESH)


def _foreign(place: Place, options: Options) -> bool:
    outcome = understand(Request(place.root, place.config, profile(place, options.profile)))
    return any(diagnostic.code == "foreign-config" for diagnostic in outcome.diagnostics)


def without_config(place: Place, options: Options) -> Said:
    """The outputs that a config left behind when it went."""
    verdicts = judge(place.root, place.config, {}, Inputs((), ""), places(str(place.root)), frozenset())
    orphans = tuple((v.state, v.path) for v in verdicts if v.state is State.ORPHAN)
    edited = tuple(v.path for v in verdicts if v.state is State.EDITED_ORPHAN)
    stay = tuple(
        Diagnostic("edited-orphan", Severity.WARNING, f"`{path}` is no longer made, but edited by hand.", None,
                   "Delete it when its edits are no longer needed.")
        for path in edited
    )  # fmt: skip
    if options.mode != "check":
        done = writing.apply(place.root, {}, verdicts)
        said = "".join(f"deleted {path}\n" for _, path in done) + (stage(place, done) if done else "")
        talk = tell.text(place, stay, {}, colour=options.colour) + said
        return Said(Exit.FINDINGS if done else Exit.FINE, talk=talk, done=done)
    hint = f"Run `{shlex.join(['rm', '--', *(place.call(path) for _, path in orphans)])}`."
    gone = tuple(
        Diagnostic("orphaned-output", Severity.ERROR,
                   f"`{path}` is no longer made because {place.config} is gone.", None, hint)
        for _, path in orphans
    )  # fmt: skip
    text = tell.text(place, (*gone, *stay), {}, colour=options.colour)
    return Said(Exit.FINDINGS if gone else Exit.FINE, text, done=orphans)


def stage(place: Place, done: tuple[tuple[str, str], ...]) -> str:
    """How to stage what was done."""
    wrote = [place.call(path) for what, path in done if what == "wrote"]
    deleted = [place.call(path) for what, path in done if what == "deleted"]
    commands = [["git", "add", "--", *wrote]] if wrote else []
    commands += [["git", "rm", "-q", "--cached", "--ignore-unmatch", "--", *deleted]] if deleted else []
    return f"Stage that and commit again: {' && '.join(map(shlex.join, commands))}\n"
