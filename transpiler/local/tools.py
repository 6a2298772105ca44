"""The commands that a run needs on this machine in addition to docker or podman: which are missing, and replacements.

`docs/running-locally.md` lists them. Tests compare the list with the text of the programs, and run programs with no
other commands in `$PATH`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from transpiler.local.simulation import DEPLOY, MAIL, PROMOTE, PUBLISH
from transpiler.profile import Profile
from transpiler.program import Plan, StageProgram

UTILITIES = (
    "sh",
    "awk",
    "base64",
    "cat",
    "cp",
    "cut",
    "grep",
    "gzip",
    "head",
    "ln",
    "mkdir",
    "od",
    "rm",
    "sed",
    "sort",
    "tail",
    "tar",
    "tr",
)
"""Commands that every Unix has; any stage may use them."""

TIMEOUT = "timeout"
STAND_INS = {TIMEOUT: "gtimeout"}
"""The same command under another name: Homebrew adds a `g` to the names of GNU's commands."""

_HINTS = {
    TIMEOUT: "it is part of GNU coreutils; on macOS run `brew install coreutils`, and its gtimeout is used",
    "sh": "is $PATH set?",
}

Find: TypeAlias = Callable[[str], str | None]
"""Returns the path of a command or None, like `shutil.which`."""


def missing(plan: Plan, profile: Profile, allowed: Collection[str], find: Find = shutil.which) -> tuple[str, ...]:
    """A line for each command that the plan needs and this machine does not have. `profile` is the simulated one."""
    needed = dict.fromkeys(UTILITIES, "")
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            for name in _of_stage(stage, profile, allowed):
                needed.setdefault(name, f", for {pipeline.name}/{stage.name}")
    lacking = {name: whom for name, whom in needed.items() if not find(name) and not find(STAND_INS.get(name, name))}
    return tuple(f"{name}{whom}{f': {_HINTS[name]}' if name in _HINTS else ''}" for name, whom in lacking.items())


def _of_stage(stage: StageProgram, profile: Profile, allowed: Collection[str]) -> Iterator[str]:
    """The commands of a stage in addition to the utilities. A command that is a path is not checked, because it may be
    in the repository."""
    commands: list[str] = []
    if "run" in stage.kinds or stage.layers:
        commands.append(TIMEOUT)
    if stage.timeout is not None:
        commands += ["date", "ps", "sleep"]
    if stage.services:
        commands += ["date", "sleep"]
    if PUBLISH in stage.kinds and PUBLISH in allowed and profile.registry.method == "command":
        commands.append(profile.registry.command[0])
    if PROMOTE in stage.kinds and PROMOTE in allowed:
        commands += ["git", profile.promotion.update[0]]
        commands += ["curl", "jq"] if profile.promotion.asks_reviewers else []
    if DEPLOY in stage.kinds and DEPLOY in allowed:
        commands.append(profile.kubernetes.helm[0])
    if stage.mail and MAIL in allowed and profile.mail_command:
        commands.append(profile.mail_command[0])
    yield from (command for command in commands if "/" not in command)


def path(directory: Path, environment: Mapping[str, str], find: Find = shutil.which) -> str:
    """The `$PATH` of programs: `directory`, with a link for each replaced command, and then the caller's."""
    given = environment.get("PATH", os.defpath)
    links = {name: other for name, stand_in in STAND_INS.items() if not find(name) and (other := find(stand_in))}
    for name, other in links.items():
        directory.mkdir(parents=True, exist_ok=True)
        (directory / name).symlink_to(Path(other).absolute())
    return f"{directory}{os.pathsep}{given}" if links else given
