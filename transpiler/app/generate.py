"""`transpipe generate` and `transpipe lint`, for one repository at a time, in this process or a worker."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path

from transpiler.app.patch import patch
from transpiler.app.place import Place, WrongUsage, find, portable, profile
from transpiler.app.results import Exit, Report, Result, died, failed
from transpiler.app.staleness import compare, not_fresh
from transpiler.diagnostics import Diagnostic, Severity
from transpiler.driver import Outcome, Phase, Request, compile_config, reach
from transpiler.fast_path.digests import normal
from transpiler.files import is_file
from transpiler.freshness import writing
from transpiler.freshness.verdicts import State, Verdict
from transpiler.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the two commands. `mode` is `write`, `stdout`, `diff`, `check`, `diff-check`, `lint`, `fix`,
    `fix-diff` or `print-phase`; `phase` is the phase to print. `shown_profile` is how commands in hints name the
    profile, if that differs from `profile`. `quiet` and `verbose` say how much is printed."""

    mode: str
    targets: tuple[str, ...]
    profile: str | None
    project: str
    loss: Severity
    out: Path | None = None
    force: bool = False
    shown_profile: str | None = None
    phase: Phase | None = None
    quiet: bool = False
    verbose: bool = False


_WRITES_NO_OUTPUT = ("stdout", "diff", "lint", "fix", "fix-diff", "print-phase")


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
    if options.mode not in _WRITES_NO_OUTPUT and not options.out and not portable(place, name):
        raise WrongUsage(
            f"the profile {name} lies outside the repository, so no other clone could make the same outputs: "
            "copy it into the repository, or write elsewhere with --out or --stdout"
        )
    request = Request(
        place.root, place.config, name, options.targets, options.project, options.loss, folder=place.folder
    )
    if options.phase:
        return _phase(place, request, options.phase)
    if options.mode in ("fix", "fix-diff"):
        return _fixed(place, request, options)
    outcome = compile_config(request)
    shown = name if options.verbose else ""
    if outcome.failed or options.mode == "lint":
        return replace(_report(place, outcome), profile=shown)
    if options.mode == "stdout":
        if len(outcome.files) != 1:
            raise WrongUsage(f"--stdout needs exactly one file, not {len(outcome.files)}: {', '.join(outcome.files)}")
        return _report(place, outcome, output="".join(outcome.files.values()))
    return replace(_against_disk(place, path, outcome, options), profile=shown)


def _fixed(place: Place, request: Request, options: Options) -> Report:
    """What is left to report once the fixes are made; or what they would change."""
    from transpiler.app.fix import fix

    made = fix(place, request, write=options.mode == "fix")
    if options.mode == "fix-diff":
        return Report(Exit.FINE, Result.COMPILED, place, output=made.difference, done=made.done)
    done = () if made.diagnostics else made.done
    return _report(place, compile_config(request), made.diagnostics, done=done)


def _phase(place: Place, request: Request, phase: Phase) -> Report:
    """The result of a phase, as YAML."""
    from transpiler.phases import as_yaml

    outcome = reach(request, phase)
    return _report(place, outcome, output="" if outcome.failed else as_yaml(outcome.reached))


def _against_disk(place: Place, path: str | None, outcome: Outcome, options: Options) -> Report:
    root = options.out or place.root
    compared = compare(root, place, outcome, options.targets)
    outcome, verdicts, found = compared.outcome, compared.verdicts, compared.found
    if compared.refused:
        return _report(place, outcome, tuple(found))
    difference = _difference(root, outcome, verdicts) if options.mode.startswith("diff") else ""
    if options.mode == "diff":
        return _report(place, outcome, output=difference)
    if options.mode.endswith("check"):
        stale = not_fresh(verdicts, command(path, options))
        if not stale and not tuple(found):
            return Report(Exit.FINE, Result.FRESH)  # everything else was reported when they were written
        result = Result.STALE if any(d.severity is Severity.ERROR for d in stale) else Result.FRESH
        done = tuple((v.state.value, v.path) for v in verdicts if v.state is not State.FRESH)
        result = Result.FAILED if found.failed else result
        return _report(place, outcome, (*found, *stale), result, difference, done)
    writing.check_verdicts(verdicts, found, force=options.force, command=f"{command(path, options)} --force")
    if found.failed:
        return _report(place, outcome, tuple(found))
    done = writing.apply(root, outcome.files, verdicts)
    fresh = tuple(path for path, state, _ in verdicts if state is State.FRESH and options.verbose)
    report = _report(place, outcome, tuple(found), Result.WRITTEN if done else Result.FRESH, done=done)
    return replace(report, fresh=fresh)


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
    old = normal(there.read_bytes().decode("utf-8", "backslashreplace")) if is_file(there) else ""
    return patch(old, wanted, f"a/{path}" if is_file(there) else "/dev/null", f"b/{path}" if wanted else "/dev/null")


def command(path: str | None, options: Options) -> str:
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
