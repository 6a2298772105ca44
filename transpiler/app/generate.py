"""`transpipe generate` and `transpipe lint`, for one repository at a time, in this process or a worker."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path

from transpiler.app.patch import patch
from transpiler.app.place import Place, WrongUsage, find, portable, profile
from transpiler.app.results import Exit, Report, Result, died, failed
from transpiler.diagnostics import Diagnostic, Diagnostics, Severity
from transpiler.driver import Outcome, Phase, Request, compile_config, reach
from transpiler.fast_path.check import expanded, usual_places
from transpiler.fast_path.digests import FORMAT, normal
from transpiler.freshness import writing
from transpiler.freshness.header import Choice, Move, compose
from transpiler.freshness.verdicts import State, Verdict, judge, unmade
from transpiler.inputs import check_outputs
from transpiler.records import dataclass, replace
from transpiler.targets import TARGETS


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the two commands. `mode` is `write`, `stdout`, `diff`, `check`, `diff-check`, `lint` or
    `print-phase`; `phase` is the phase to print. `shown_profile` is how commands in hints name the profile, if that
    differs from `profile`."""

    mode: str
    targets: tuple[str, ...]
    profile: str | None
    project: str
    loss: Severity
    out: Path | None = None
    force: bool = False
    shown_profile: str | None = None
    phase: Phase | None = None


def run_all(paths: Sequence[str | None], options: Options, jobs: int) -> Generator[Report, None, None]:
    """The report on each repository, in the order of `paths`; uses at most `jobs` worker processes."""
    if jobs == 1 or len(paths) == 1:
        yield from (run(path, options) for path in paths)
        return
    from transpiler.app import pool

    yield from pool.each(partial(run, options=options), paths, jobs, died)


def run(path: str | None, options: Options) -> Report:
    """The report on one repository. Raises nothing but KeyboardInterrupt."""
    try:
        return run_in(find(path), path, options)
    except Exception as error:
        # Whatever the error is, the other repositories are still processed.
        return failed(error)


def run_in(place: Place, path: str | None, options: Options) -> Report:
    """The report on the repository at a place; `path` is the command's argument for it. Raises WrongUsage and
    OSError."""
    name = profile(place, options.profile)
    if options.mode not in ("stdout", "diff", "lint", "print-phase") and not options.out and not portable(place, name):
        raise WrongUsage(
            f"the profile {name} lies outside the repository, so no other clone could make the same outputs: "
            "copy it into the repository, or write elsewhere with --out or --stdout"
        )
    request = Request(
        place.root, place.config, name, options.targets, options.project, options.loss, folder=place.folder
    )
    if options.phase:
        return _phase(place, request, options.phase)
    outcome = compile_config(request)
    if outcome.failed or options.mode == "lint":
        return _report(place, outcome)
    if options.mode == "stdout":
        if len(outcome.files) != 1:
            raise WrongUsage(f"--stdout needs exactly one file, not {len(outcome.files)}: {', '.join(outcome.files)}")
        return _report(place, outcome, output="".join(outcome.files.values()))
    return _against_disk(place, path, outcome, options)


def _phase(place: Place, request: Request, phase: Phase) -> Report:
    """The result of a phase, as YAML."""
    from transpiler.phases import as_yaml

    outcome = reach(request, phase)
    return _report(place, outcome, output="" if outcome.failed else as_yaml(outcome.reached))


def _against_disk(place: Place, path: str | None, outcome: Outcome, options: Options) -> Report:
    root, found = options.out or place.root, Diagnostics()
    outcome = _with_unmade(root, place, outcome, options)
    assert outcome.inputs
    assert outcome.profile
    writing.check_paths(root, tuple(outcome.files), found)
    if options.out:
        outputs = ((output.target, output.path) for output in outcome.outputs)
        check_outputs(outcome.inputs, place.root, outputs, root, outcome.profile, found)
    if found.failed:
        return _report(place, outcome, tuple(found))
    places = {name: settings.path for name, settings in outcome.profile.settings.items()}
    targets = frozenset(options.targets)
    earlier = (*usual_places(str(root)), *(path for name in places.values() for path in expanded(str(root), name)))
    verdicts = judge(root, place.config, outcome.files, outcome.inputs, earlier, targets)
    orphans = frozenset(path for path, state, _ in verdicts if state is State.ORPHAN)
    for name, output in places.items():
        if output in outcome.files and not place.folder:  # a subfolder has an order of its own, or none
            writing.check_hidden(root, TARGETS[name], output, orphans, found)
    difference = _difference(root, outcome, verdicts) if options.mode.startswith("diff") else ""
    if options.mode == "diff":
        return _report(place, outcome, output=difference)
    if options.mode.endswith("check"):
        stale = _stale(verdicts, _command(path, options))
        if not stale and not tuple(found):
            return Report(Exit.FINE, Result.FRESH)  # everything else was reported when they were written
        result = Result.STALE if any(d.severity is Severity.ERROR for d in stale) else Result.FRESH
        done = tuple((v.state.value, v.path) for v in verdicts if v.state is not State.FRESH)
        result = Result.FAILED if found.failed else result
        return _report(place, outcome, (*found, *stale), result, difference, done)
    writing.check_verdicts(verdicts, found, force=options.force, command=f"{_command(path, options)} --force")
    if found.failed:
        return _report(place, outcome, tuple(found))
    done = writing.apply(root, outcome.files, verdicts)
    return _report(place, outcome, tuple(found), Result.WRITTEN if done else Result.FRESH, done=done)


def _with_unmade(root: Path, place: Place, outcome: Outcome, options: Options) -> Outcome:
    """An outcome for some targets only. Its first header still lists the outputs that earlier runs wrote for other
    targets."""
    if not options.targets:
        return outcome
    assert outcome.inputs
    others = unmade(root, place.config, outcome.files, frozenset(options.targets))
    chosen = () if outcome.profile and outcome.profile.targets == options.targets else options.targets
    files = compose(place.config, outcome.inputs, outcome.outputs, Choice(chosen, others))
    return replace(outcome, files=dict(files))


def _report(
    place: Place,
    outcome: Outcome,
    more: tuple[Diagnostic, ...] = (),
    result: Result = Result.COMPILED,
    output: str = "",
    done: tuple[tuple[str, str], ...] = (),
) -> Report:
    diagnostics = (*outcome.diagnostics, *more)
    wrong = any(d.severity is Severity.ERROR for d in diagnostics)
    if wrong and result is not Result.STALE:
        result = Result.FAILED
    files = {d.span.file for d in diagnostics if d.span}
    sources = {name: text for name, text in outcome.sources.items() if name in files}
    return Report(Exit.FINDINGS if wrong else Exit.FINE, result, place, diagnostics, sources, output, done)


def _difference(root: Path, outcome: Outcome, verdicts: tuple[Verdict, ...]) -> str:
    """The changes that `generate` would make, as a patch."""
    changes = ((v.path, outcome.files.get(v.path, "")) for v in verdicts if v.state is not State.FRESH)
    return "".join(_patch(root, path, wanted) for path, wanted in changes)


def _patch(root: Path, path: str, wanted: str) -> str:
    there = root / path
    old = normal(there.read_bytes().decode("utf-8", "backslashreplace")) if there.is_file() else ""
    return patch(old, wanted, f"a/{path}" if there.is_file() else "/dev/null", f"b/{path}" if wanted else "/dev/null")


_CODES = {
    State.MISSING: "missing-output",
    State.STALE: "stale-output",
    State.EDITED: "edited-output",
    State.FOREIGN: "foreign-output",
    State.ORPHAN: "orphaned-output",
    State.EDITED_ORPHAN: "edited-orphan",
}


def _stale(verdicts: tuple[Verdict, ...], command: str) -> tuple[Diagnostic, ...]:
    """A diagnostic for each stale output, all with the one command that fixes them all."""
    if others := [f"`{verdict.path}`" for verdict in verdicts if verdict.state in (State.EDITED, State.FOREIGN)]:
        command = f"{command} --force"
    also = f", which overwrites {' and '.join(others)} too" if others else ""
    return tuple(_finding(verdict, command, also) for verdict in verdicts if verdict.state is not State.FRESH)


def _finding(verdict: Verdict, command: str, also: str) -> Diagnostic:
    """The diagnostic for one output; `also` is what else the command does."""
    moved = " and ".join(_moved(move) for move in verdict.moves)
    joint = ". In addition, " if verdict.state is State.EDITED else " because "
    verb = "was" if verdict.state in (State.EDITED, State.FOREIGN) else "is"
    message = f"`{verdict.path}` {verb} {verdict.state}{joint if moved else ''}{moved}."
    severity = Severity.WARNING if verdict.state is State.EDITED_ORPHAN else Severity.ERROR
    hints = {
        State.EDITED_ORPHAN: "Delete it.",
        State.EDITED: f"Make the change in the config instead, or overwrite the file with `{command}`.",
        State.FOREIGN: "Give the output another path in the profile, choose other targets with `-t`, or overwrite it "
        f"with `{command}`.",
    }
    hint = hints.get(verdict.state, f"Run `{command}`{also}.")
    if any(move.newer for move in verdict.moves):
        hint = f"{writing.UPDATE} with `{command}{'' if also else ' --force'}`."
    there = "" if verdict.state is State.MISSING else verdict.path
    return Diagnostic(_CODES[verdict.state], severity, message, None, hint, there)


_MOVED = {
    "options": "it was generated with {}",
    "templates": "transpipe's templates have changed",
    "format": "transpipe's output format was {}",
    "targets": "it was generated by a run for {} only",
    "run": "it is not from the run that generated {}",
    "unknown": "{}, which lists its inputs, is missing or edited",
    "merge": "it contains the markers of a merge conflict",
    "folder": "it was generated for a config in {}",
}
"""The message for each kind of move that is not about a file."""

_NOTHING = {"options": "no options", "folder": "the root of the repository"}
"""What a move is called without a name."""


def _moved(move: Move) -> str:
    match move:
        case Move("format", name) if move.newer:
            return f"a newer transpipe generated it (output format {name}, this one writes {FORMAT})"
        case Move(what, name) if what in _MOVED:
            return _MOVED[what].format(name or _NOTHING.get(what, ""))
        case Move("helmconfig", name):
            return f"the helm config {name} was added, changed or removed"
        case Move(kind, name, "gone"):
            return f"it was generated with the {kind} {name}"
        case Move(kind, name, "new"):
            return f"the {kind} {name} is new"
        case Move("blubberfile" | "dockerfile", name):
            return f"the variants of {name} have changed"
        case Move(kind, name):
            return f"the {kind} {name} has changed"


def _command(path: str | None, options: Options) -> str:
    """The command that makes the outputs fresh, as it is typed in the current directory."""
    words = ["transpipe", "generate"]
    words += [word for target in options.targets for word in ("-t", target)]
    profile = options.shown_profile or options.profile
    words += ["--profile", profile] if profile else []
    words += ["--project", options.project] if options.project else []
    words += ["--unsupported", "warn"] if options.loss is Severity.WARNING else []
    words += ["--out", str(options.out)] if options.out else []
    words += [path] if path and path != "." else []
    return shlex.join(words)
