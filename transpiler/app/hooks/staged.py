"""Checks what is about to be committed, as it would be checked out, for a hook without the pre-commit program.

The pre-commit program stashes unstaged changes before it runs hooks; git itself does not. So the files that matter are
copied from the index to a temporary directory and checked there. The working tree is changed only if the staged
outputs are not fresh.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path

from transpiler.app.generate import Options
from transpiler.app.hooks import commit, index
from transpiler.app.hooks.commit import Hooked
from transpiler.app.place import CONFIG, Place, hooked
from transpiler.app.results import Exit, Report
from transpiler.diagnostics import Diagnostic, Severity
from transpiler.fast_path.digests import copy_of
from transpiler.fast_path.places import OWN_PROFILE
from transpiler.files import is_file
from transpiler.records import dataclass, replace


@dataclass(frozen=True, slots=True)
class Judged:
    """The result of a check. `checked` is the report on what is staged; `worked` is the result for the working tree,
    None if that was not changed. `partly`: only a part of the config's changes is staged, so nothing may be written.
    `to_add` are files that must be staged."""

    place: Place
    checked: Report
    worked: Hooked | None = None
    partly: bool = False
    to_add: tuple[str, ...] = ()

    @property
    def fresh(self) -> bool:
        """Whether the staged outputs are fresh."""
        return self.checked.status != Exit.FINDINGS

    @property
    def status(self) -> Exit:
        """The exit status of the hook."""
        return max(self.checked.status, self.worked.status) if self.worked else self.checked.status

    @property
    def twice(self) -> bool:
        """Whether the working tree has the same mistakes as what is staged."""
        return self.worked is not None and self.worked.report.diagnostics == self.checked.diagnostics


def judged(path: str | None, options: Options) -> Judged:
    """Checks what is staged. If it is not fresh, and the mode is not `check`, it regenerates the outputs in the working
    tree. Raises WrongUsage and OSError."""
    place = hooked(path)
    found = Judged(place, _checked(place, path, options))
    if found.fresh or options.mode == "check":
        return found
    if index.status(place.root, CONFIG).get(CONFIG) in ("MM", "AM"):
        return replace(found, partly=True)
    # `git commit -a` uses a temporary index, which git discards if the hook fails. So the inputs must be staged too.
    inputs = _unstaged(place, CONFIG, OWN_PROFILE, copy_of(OWN_PROFILE))
    worked = commit.work(path, options, inputs)
    if worked.status != Exit.FINE:
        return replace(found, worked=worked)
    outputs = _unstaged(place, *(name for _, name in found.checked.done))
    return replace(found, worked=worked, to_add=(*inputs, *outputs))


def _checked(place: Place, path: str | None, options: Options) -> Report:
    """The report of a check of a copy of what is staged, with the paths of the repository."""
    with tempfile.TemporaryDirectory(prefix="transpipe-") as temporary:
        copy = replace(place, root=Path(temporary).resolve())
        named = _named_profile(place, options.profile)
        index.check_out(place.root, copy.root, named)
        own = replace(options, mode="check", shown_profile=options.profile)
        if named:
            if not is_file(copy.root / named):
                return Report(Exit.FINDINGS, place=place, diagnostics=(_not_staged(named),))
            own = replace(own, profile=str(copy.root / named))
        report = _judge(copy, path, own)
    # The copy has the files that outputs are made from, and not the folders of the repository.
    kept = tuple(d for d in report.diagnostics if d.code != "missing-directory")
    return replace(report, place=place, diagnostics=kept)


def _not_staged(profile: str) -> Diagnostic:
    message = f"The profile `{profile}` is not staged, so no other clone would have it."
    hint = f"Run `{shlex.join(['git', 'add', profile])}`."
    return Diagnostic("profile-not-found", Severity.ERROR, message, None, hint)


def _judge(copy: Place, path: str | None, options: Options) -> Report:
    if not is_file(copy.root / copy.config):
        return commit.without_config(copy, options)
    return commit.in_place(copy, path, options)


def _named_profile(place: Place, given: str | None) -> str:
    """The path below the root of the profile that the user named, "" if it is not a file of the repository."""
    from transpiler.frontend.profiles.load import built_in

    named = given or os.environ.get("TRANSPIPE_PROFILE")
    file, root = Path(named or "").resolve(), place.root.resolve()
    own = named and named not in built_in() and is_file(file) and file.is_relative_to(root)
    return file.relative_to(root).as_posix() if own else ""


def _unstaged(place: Place, *names: str) -> list[str]:
    """Those of these files that have unstaged changes in the repository's own index."""
    return sorted(name for name, letters in index.status(place.root, *names, own=False).items() if letters[1] != " ")
