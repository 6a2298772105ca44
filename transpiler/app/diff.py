"""`transpipe diff`: compares configs with a revision of git, one repository at a time, in this process or a worker."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path

from transpiler import files
from transpiler.app import place as places
from transpiler.app.place import CONFIG, Place, WrongUsage
from transpiler.app.results import Exit, Report, Result, died, failed
from transpiler.app.revision import Revision, named, opened
from transpiler.diagnostics import Diagnostic, Severity
from transpiler.difference.compare import compare
from transpiler.difference.model import Difference, Meaning, Side
from transpiler.driver import Outcome, Request, plan_config
from transpiler.fast_path import digests
from transpiler.fast_path.places import usual_places
from transpiler.files import exists, is_file, is_folder
from transpiler.freshness.verdicts import made_with
from transpiler.frontend.profiles.load import built_in
from transpiler.frontend.yaml.decode import MAX_BYTES
from transpiler.git import Git
from transpiler.needs import silences
from transpiler.records import dataclass, replace
from transpiler.targets import TARGETS

_BRANCHES = ("main", "master")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command. `revision` is None for the default; `strict`: a difference of meaning is a
    finding."""

    revision: str | None
    profile: str | None
    project: str
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """The result for one repository: the revision as people call it, and the difference; None if one side has errors,
    or could not be read. `report` has the errors of both sides, those of the old one with the revision in their
    files' names."""

    report: Report
    revision: str = ""
    difference: Difference | None = None


def divided(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The revision and the paths among the command's words: the first is a revision unless there is such a file or
    folder. Raises WrongUsage if it could be both."""
    if not words or not exists(words[0]):
        return (words[0], [*words[1:]]) if words else (None, [])
    name = words[0]
    if "/" not in name and name != "." and Git(Path.cwd()).answer("rev-parse", "--verify", "--quiet", name):
        raise WrongUsage(
            f"{name} is a revision and a path: write ./{name} for the path, or refs/heads/{name} for the branch"
        )
    return None, [*words]


def run_all(paths: Sequence[str | None], options: Options, jobs: int) -> Generator[Compared, None, None]:
    """The result for each repository, in the order of `paths`; uses at most `jobs` worker processes."""
    if jobs == 1 or len(paths) == 1:
        yield from (run(path, options) for path in paths)
        return
    from transpiler.app import pool

    yield from pool.each(partial(run, options=options), paths, jobs, _died)


def run(path: str | None, options: Options) -> Compared:
    """The result for one repository. Raises nothing but KeyboardInterrupt."""
    try:
        place = _place(path)
        return _compared(place, options)
    except Exception as error:
        # Whatever the error is, the other repositories are still processed.
        return Compared(failed(error))


def _died(path: str | None, code: int) -> Compared:
    return Compared(died(path, code))


def _place(path: str | None) -> Place:
    """The place of a config, which may be gone from the working tree. Raises WrongUsage."""
    try:
        return places.find(path)
    except WrongUsage:
        if path is not None and not is_folder(path):
            raise
        return places.repository(path)


def _compared(place: Place, options: Options) -> Compared:
    """Raises WrongUsage and OSError."""
    profile = places.profile(place, options.profile)
    options = replace(options, project=options.project or _project(place))
    new = _planned(place, profile, options) if is_file(place.root / place.config) else None
    branches = new.profile.branches if new and new.profile else _BRANCHES
    with Git(place.root).objects() as objects:
        there = named(objects, place.root, options.revision, branches)
        with opened(objects, there.commit, place) as revision:
            old = None
            if revision.content(place.config) is not None:
                before = revision.profile(options.profile)
                if new and new.plan and _unchanged(place, revision, new, profile, before):
                    return _result(place, there.title, new, new, options)
                old = _planned(revision.place, before, options)
            elif new is None:
                raise WrongUsage(f"there is no {CONFIG} in {place.shown or '.'}, neither now nor in {there.title}")
    return _result(place, there.title, old, new, options)


def _project(place: Place) -> str:
    """The project that the outputs were made with, if it was an option."""
    made = made_with(place.root, place.config, usual_places(str(place.root)))
    return dict(made.inputs.options).get("project", "") if made and made.inputs else ""


def _planned(place: Place, profile: str, options: Options) -> Outcome:
    """Compiles up to the plan. What a target loses is a part of the difference, not an error."""
    request = Request(place.root, place.config, profile, (), options.project, Severity.WARNING, folder=place.folder)
    return plan_config(request)


def _unchanged(place: Place, revision: Revision, new: Outcome, profile: str, old_profile: str) -> bool:
    """Whether the revision has the same bytes in every file that the compiler read, so that it need not read them
    again. `profile` and `old_profile` are the profiles of both sides."""
    assert new.inputs
    assert new.profile
    if revision.today(old_profile) != (profile if profile in built_in() else os.path.realpath(profile)):
        return False
    names = [file.name for file in new.inputs.files if file.kind != digests.PROFILE]
    for name, _ in new.profile.sources:
        if name not in built_in() and files.within(os.path.realpath(place.root / name), revision.now):
            names.append(name)
    if any(name.startswith("../") for name in names):
        return False
    return all(revision.content(name) == files.read(place.root / name, MAX_BYTES + 1) for name in names)


def _result(place: Place, title: str, old: Outcome | None, new: Outcome | None, options: Options) -> Compared:
    """The result of comparing two outcomes; None for a config that does not exist."""
    before, after = _errors(old), _errors(new)
    told = tuple(_dated(diagnostic, place, title) for diagnostic in before) if old is not new else ()
    sources = dict(new.sources) if new else {}
    sources |= {_old_name(name, place, title): text for name, text in old.sources.items()} if old and told else {}
    sides = [side_of(outcome) if outcome else None for outcome in (old, new)]
    complete = all(bool(side) == bool(outcome) for side, outcome in zip(sides, (old, new), strict=True))
    difference = None
    if complete:
        identical = old is new or bool(old and new and _same_inputs(old, new))
        difference = compare(*sides, identical=identical)
    differs = difference is None or (options.strict and difference.meaning is Meaning.DIFFERENT)
    status = Exit.FINDINGS if after or differs else Exit.FINE
    result = Result.FAILED if after or not difference else Result.COMPILED
    return Compared(Report(status, result, place, (*told, *after), sources), title, difference)


def _same_inputs(old: Outcome, new: Outcome) -> bool:
    return bool(old.inputs and new.inputs and old.inputs.files == new.inputs.files)


def _errors(outcome: Outcome | None) -> tuple[Diagnostic, ...]:
    return tuple(d for d in outcome.diagnostics if d.severity is Severity.ERROR) if outcome else ()


def _dated(diagnostic: Diagnostic, place: Place, title: str) -> Diagnostic:
    """An error of the old config, which names the revision."""
    if not diagnostic.span:
        return replace(diagnostic, message=f"In {title}: {diagnostic.message}")
    return replace(diagnostic, span=diagnostic.span._replace(file=_old_name(diagnostic.span.file, place, title)))


def _old_name(name: str, place: Place, title: str) -> str:
    return f"{title}: {place.call(name)}"


def side_of(outcome: Outcome) -> Side | None:
    """What is compared of an outcome; None if errors left it incomplete."""
    workflow, plan, profile = outcome.workflow, outcome.plan, outcome.profile
    if not workflow or not plan or not profile:
        return None
    lost = tuple(
        (name, use, TARGETS[name].support(use, plan, profile).why)
        for name, uses in outcome.lost.items()
        for use in plan.uses
        if use in uses
    )
    silent = tuple((name, *found) for name in outcome.lost for found in silences(TARGETS[name], plan, profile))
    rules = {*profile.policy, "required-stage"}
    breaches = tuple((d.code, d.message) for d in outcome.diagnostics if d.code in rules)
    return Side(workflow, plan, profile, lost, silent, breaches)
