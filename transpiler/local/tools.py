"""The programs of this machine that a run needs beside docker or podman: which are missing, and what may stand in.

`docs/running-locally.md` lists them; tests compare the list with the text of the programs, and run with no others.
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
"""What every Unix has; any stage may use them."""

TIMEOUT = "timeout"
STAND_INS = {TIMEOUT: "gtimeout"}
"""What is as good as a program, under another name: Homebrew puts a `g` before the names of GNU's."""

_HINTS = {
    TIMEOUT: "it is part of GNU coreutils; on macOS `brew install coreutils`, whose gtimeout will do",
    "sh": "is $PATH set?",
}

Find: TypeAlias = Callable[[str], str | None]
"""Where a program is, as `shutil.which` has it."""


def missing(plan: Plan, profile: Profile, allowed: Collection[str], find: Find = shutil.which) -> tuple[str, ...]:
    """A line for each program that the plan needs and this machine does not have, in the site as `withheld` left it."""
    needed = dict.fromkeys(UTILITIES, "")
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            for name in _of_stage(stage, profile, allowed):
                needed.setdefault(name, f", for {pipeline.name}/{stage.name}")
    lacking = {name: whom for name, whom in needed.items() if not find(name) and not find(STAND_INS.get(name, name))}
    return tuple(f"{name}{whom}{f': {_HINTS[name]}' if name in _HINTS else ''}" for name, whom in lacking.items())


def _of_stage(stage: StageProgram, profile: Profile, allowed: Collection[str]) -> Iterator[str]:
    """The programs of a stage beside the utilities. A path in the repository is the stage's own business."""
    commands: list[str] = []
    if "run" in stage.kinds:
        commands.append(TIMEOUT)
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
    """The `$PATH` of programs: the caller's, and before it, in `directory`, what stands in for what is missing."""
    given = environment.get("PATH", os.defpath)
    links = {name: other for name, stand_in in STAND_INS.items() if not find(name) and (other := find(stand_in))}
    for name, other in links.items():
        directory.mkdir(parents=True, exist_ok=True)
        (directory / name).symlink_to(Path(other).absolute())
    return f"{directory}{os.pathsep}{given}" if links else given
