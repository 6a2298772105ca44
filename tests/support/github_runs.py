"""Runs what the target `github` emits for a plan made by hand with act, on this machine."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from engines import github_events as events
from engines.fixtures import without
from engines.github_act import Given, Machine, program, run_act
from engines.github_events import Event
from engines.github_log import ActRun
from engines.judges import ENGINES
from engines.missing import EngineMissing

from transpiler.profile import Profile
from transpiler.program import Plan
from transpiler.targets import TARGETS

from .git_repository import git


@cache
def _folder() -> Path:
    """For the runs of this process; laws that are asked outside of a test have no folder of their own."""
    made = tempfile.mkdtemp(prefix="github-runs-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return Path(made)


def machine() -> Machine:
    """One for a run: a repository with a commit, and a place for what the run leaves."""
    try:
        program(ENGINES)
    except EngineMissing as missing:
        without(missing)
    place = Path(tempfile.mkdtemp(dir=_folder()))
    root = place / "origin"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch", "main")
    (root / "tracked").write_text("content")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "first")
    home = place / "home"
    home.mkdir()
    return Machine(ENGINES, root, place / "run", {"PATH": os.environ["PATH"], "HOME": str(home)})


def run(
    plan: Plan, profile: Profile, event: Event | None = None, given: Given | None = None, *, on: Machine | None = None
) -> ActRun:
    """One run of the plan's one workflow, which is run as it is written, unread."""
    # What transpipe makes containers with is not there, so nothing is to be torn down.
    tidy = replace(plan, pipelines=tuple(replace(one, teardown=()) for one in plan.pipelines))
    (file,) = TARGETS["github"].emit(tidy, profile, frozenset())
    return run_text(file.body, on or machine(), event, given)


def run_text(body: str, where: Machine, event: Event | None = None, given: Given | None = None) -> ActRun:
    """One run of a workflow for an event, by default a push to `main`."""
    workflow = where.repository.parent / "workflow.yml"
    workflow.write_text(body, encoding="utf-8")
    happened = event or events.push()
    git(where.repository, "update-ref", happened.ref, "HEAD")
    commit = git(where.repository, "rev-parse", "HEAD").strip()
    return run_act(where, workflow, replace(happened, commit=commit), given)
