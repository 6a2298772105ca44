"""What is about to be committed, judged as it would be checked out: for a plain git hook.

The pre-commit program puts aside what is not staged before it runs hooks; plain git does not. So the files that count
are taken from the index into a directory of their own and checked there. The working tree is only written to when what
is staged is not fresh.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path

from transpiler.app.generate import Options
from transpiler.app.hooks import commit, index
from transpiler.app.place import CONFIG, Place, hooked
from transpiler.app.tell import Exit, Said
from transpiler.fast_path.check import OWN_PROFILE
from transpiler.records import replace

_HEAD = "What is staged is not fresh:\n"
_HALF = f"""\
Only a part of {CONFIG} is staged, and outputs are made of all that is in the working tree: nothing is written.
To commit that part alone, put the rest aside: `git diff {CONFIG} > rest.patch && git checkout {CONFIG}`,
`transpipe generate`, stage what it wrote, commit, `git apply rest.patch`.
"""


def judged(path: str | None, options: Options) -> Said:
    """Whether what is staged is fresh; if not, and unless only a check was asked for, the working tree is brought in
    step and the command that stages it shown. Raises WrongUsage, OSError."""
    place = hooked(path)
    said = _checked(place, path, options)
    if said.code != Exit.FINDINGS:
        return said
    if options.mode == "check":
        return replace(said, out=_HEAD + said.out)
    if index.status(place.root, CONFIG).get(CONFIG) in ("MM", "AM"):
        return Said(said.code, talk=_HEAD + said.out + said.talk + _HALF)
    # `git commit -a` has an index of its own, which goes when it fails: what it would stage must be staged again.
    inputs = _unstaged(place, CONFIG, OWN_PROFILE)
    worked = commit.work(path, options, inputs)
    # The same mistake in what is staged and in the working tree is told once.
    first = "" if said.out in (worked.out, worked.talk) else said.out
    talk = _HEAD + first + said.talk + worked.out + worked.talk
    if worked.code == Exit.FINE:
        changed = [place.call(name) for name in (*inputs, *_unstaged(place, *(name for _, name in said.done)))]
        how = f"Stage it: {shlex.join(['git', 'add', '--', *changed])}"
        talk += f"The working tree is. {how if changed else 'It is staged, too: commit without naming files.'}\n"
    return Said(max(said.code, worked.code), talk=talk)


def _checked(place: Place, path: str | None, options: Options) -> Said:
    """What a check says of a copy of what is staged."""
    with tempfile.TemporaryDirectory(prefix="transpipe-") as temporary:
        copy = replace(place, root=Path(temporary).resolve())
        named = _named_profile(place, options.profile)
        index.check_out(place.root, copy.root, named)
        own = replace(options, mode="check", profile=str(copy.root / named) if named else options.profile)
        said = _said(copy, path, own)

    def here(text: str) -> str:
        # What the check prints is about the repository, not about the copy.
        given = text.replace(str(copy.root / named), options.profile) if named and options.profile else text
        return given.replace(f"{copy.root}/", "")

    return replace(said, out=here(said.out), talk=here(said.talk))


def _said(copy: Place, path: str | None, options: Options) -> Said:
    if not (copy.root / copy.config).is_file():
        return commit.without_config(copy, options)
    return commit.in_place(copy, path, options)


def _named_profile(place: Place, given: str | None) -> str:
    """The path below the root of the profile that was named, "" where it is none of the repository's files."""
    from transpiler.frontend.profiles.load import built_in

    named = given or os.environ.get("TRANSPIPE_PROFILE")
    file, root = Path(named or "").resolve(), place.root.resolve()
    own = named and named not in built_in() and file.is_file() and file.is_relative_to(root)
    return file.relative_to(root).as_posix() if own else ""


def _unstaged(place: Place, *names: str) -> list[str]:
    """Which of these are not staged as they are, whatever index the commit has."""
    return sorted(name for name, letters in index.status(place.root, *names, own=False).items() if letters[1] != " ")
