"""Compares what was compiled with the outputs on the disk, and says what is not fresh, why, and what fixes it."""

from __future__ import annotations

from pathlib import Path

from transpiler.app.place import Place
from transpiler.diagnostics import Diagnostic, Diagnostics, Severity
from transpiler.driver import Outcome
from transpiler.fast_path.digests import FORMAT
from transpiler.fast_path.places import expanded, usual_places
from transpiler.freshness import writing
from transpiler.freshness.header import Choice, Move, compose
from transpiler.freshness.verdicts import State, Verdict, judge, unmade
from transpiler.inputs import check_outputs
from transpiler.records import dataclass, replace
from transpiler.targets import TARGETS


@dataclass(frozen=True, slots=True)
class Compared:
    """A verdict on each output of the outcome, and the diagnostics about their places. `refused`: one of the places
    cannot be written to, so there are no verdicts."""

    outcome: Outcome
    found: Diagnostics
    verdicts: tuple[Verdict, ...] = ()
    refused: bool = False


def compare(root: Path, place: Place, outcome: Outcome, targets: tuple[str, ...] = ()) -> Compared:
    """Compares an outcome without errors with the files below `root`. `targets` are those that the command line chose
    (none: the profile's). Raises OSError if a file cannot be read."""
    outcome, found = _with_unmade(root, place, outcome, targets), Diagnostics()
    assert outcome.inputs
    assert outcome.profile
    writing.check_paths(root, tuple(outcome.files), found)
    if root is not place.root:
        outputs = ((output.target, output.path) for output in outcome.outputs)
        check_outputs(outcome.inputs, place.root, outputs, root, outcome.profile, found)
    if found.failed:
        return Compared(outcome, found, refused=True)
    places = {name: settings.path for name, settings in outcome.profile.settings.items()}
    earlier = (*usual_places(str(root)), *(path for name in places.values() for path in expanded(str(root), name)))
    verdicts = judge(root, place.config, outcome.files, outcome.inputs, earlier, frozenset(targets))
    orphans = frozenset(path for path, state, _ in verdicts if state is State.ORPHAN)
    for name, output in places.items():
        if output in outcome.files and not place.folder:  # a subfolder has an order of its own, or none
            writing.check_hidden(root, TARGETS[name], output, orphans, found)
    return Compared(outcome, found, verdicts)


def _with_unmade(root: Path, place: Place, outcome: Outcome, targets: tuple[str, ...]) -> Outcome:
    """An outcome for some targets only. Its first header still lists the outputs that earlier runs wrote for other
    targets."""
    if not targets:
        return outcome
    assert outcome.inputs
    others = unmade(root, place.config, outcome.files, frozenset(targets))
    chosen = () if outcome.profile and outcome.profile.targets == targets else targets
    files = compose(place.config, outcome.inputs, outcome.outputs, Choice(chosen, others))
    return replace(outcome, files=dict(files))


_CODES = {
    State.MISSING: "missing-output",
    State.STALE: "stale-output",
    State.EDITED: "edited-output",
    State.FOREIGN: "foreign-output",
    State.ORPHAN: "orphaned-output",
    State.EDITED_ORPHAN: "edited-orphan",
}


def not_fresh(verdicts: tuple[Verdict, ...], command: str) -> tuple[Diagnostic, ...]:
    """A diagnostic for each stale output, all with the one command that fixes them all."""
    if others := [f"`{verdict.path}`" for verdict in verdicts if verdict.state in (State.EDITED, State.FOREIGN)]:
        command = f"{command} --force"
    also = f", which overwrites {' and '.join(others)} too" if others else ""
    return tuple(_finding(verdict, command, also) for verdict in verdicts if verdict.state is not State.FRESH)


def _finding(verdict: Verdict, command: str, also: str) -> Diagnostic:
    """The diagnostic for one output; `also` is what else the command does."""
    if formatted := writing.formatted(verdict):
        hint = f"{formatted.hint} Then run `{command}`."
        return Diagnostic("edited-output", Severity.ERROR, formatted.message, None, hint, verdict.path)
    moved = " and ".join(why(move) for move in verdict.moves)
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


def why(move: Move) -> str:
    """Why an output is stale, as the rest of a sentence."""
    match move:
        case Move("format", name) if move.newer:
            return f"a newer transpipe generated it (output format {name}, this one writes {FORMAT})"
        case Move(what, name) if what in _MOVED:
            return _MOVED[what].format(name or _NOTHING.get(what, ""))
        case Move("helmconfig", name):
            return f"the helm config {name} was added, changed or removed"
        case Move("shared", name):
            return f"{name}, the copy of the shared profile, was added, changed or removed"
        case Move(kind, name, "gone"):
            return f"it was generated with the {kind} {name}"
        case Move(kind, name, "new"):
            return f"the {kind} {name} is new"
        case Move("blubberfile" | "dockerfile", name):
            return f"the variants of {name} have changed"
        case Move(kind, name):
            return f"the {kind} {name} has changed"
