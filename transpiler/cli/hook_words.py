"""The messages of commit hooks: about a repository, about what is staged, and about installed hooks."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from transpiler.app.generate import Options
from transpiler.app.hooks.commit import Hooked
from transpiler.app.hooks.install import Installation, Way
from transpiler.app.hooks.staged import Judged
from transpiler.app.place import CONFIG, Place
from transpiler.app.results import Exit, Report, Result
from transpiler.cli import many
from transpiler.records import replace

_HEAD = "What is staged is not fresh:\n"
_PARTLY = f"""\
Only a part of {CONFIG} is staged, but outputs are generated from the whole file in the working tree, so nothing
was written. To commit only that part, move the rest to a patch: `git diff {CONFIG} > rest.patch && git checkout
{CONFIG}`, run `transpipe generate`, stage what it wrote, commit, and run `git apply rest.patch`.
"""


def of_work(worked: Hooked, options: Options) -> tuple[str, str]:
    """What to print on stdout and on stderr about a repository that a hook has processed."""
    out, talk = _report(worked.report, options)
    if worked.to_stage and worked.report.place:
        talk += f"Stage that and commit again: {_staging(worked.report.place, worked.to_stage)}\n"
    return out, talk


def of_staged(found: Judged, options: Options) -> tuple[str, str]:
    """What to print on stdout and on stderr about what is staged, and about what the hook did."""
    out, talk = _report(found.checked, replace(options, mode="check"))
    if found.fresh:
        return out, talk
    if options.mode == "check":
        return _HEAD + out, talk
    if found.partly or not found.worked:
        return "", _HEAD + out + talk + _PARTLY
    if found.worked.status == Exit.FINE:  # no command is needed but the one below
        checked = replace(found.checked, diagnostics=tuple(replace(d, hint="") for d in found.checked.diagnostics))
        out, talk = _report(checked, replace(options, mode="check"))
    words = _HEAD + ("" if found.twice else out) + talk + "".join(of_work(found.worked, options))
    if found.worked.status == Exit.FINE:
        changed = [found.place.call(name) for name in found.to_add]
        how = f"Stage them: {shlex.join(['git', 'add', '--', *changed])}"
        how = how if changed else "They are staged, too: commit without naming files."
        words += f"The outputs in the working tree are fresh. {how}\n"
    return "", words


def of_installation(installed: Installation) -> str:
    """The message about the hooks that were installed, and about other hooks that prevent it."""
    words = "".join(f"{_hook(file, way, installed.line)}\n" for file, way in installed.hooks)
    if installed.shared:
        words += f"core.hooksPath is {installed.shared}: all repositories that use this folder run the hook. It does "
        words += "nothing in a repository without a config.\n"
    if installed.attributes:
        words += f"Consider adding these lines to {installed.place.call('.gitattributes')}. Reviews then fold the "
        words += "generated files, and a merge leaves\nthem to `transpipe generate` instead of mixing two versions:\n"
        words += "".join(f"    {line}\n" for line in installed.attributes)
    return words


def _hook(file: str, way: Way, line: str) -> str:
    match way.state:
        case "pre-commit":
            how = "add transpipe to .pre-commit-config.yaml, as docs/hooks.md shows"
            return f"{file} is the pre-commit program's: {how}"
        case "foreign":
            return f"{file} is not transpipe's and stays as it is. Add this line to {way.where}:\n    {line} || exit 1"
        case "called":
            return f"{file} already runs transpipe"
        case "there":
            return f"{file} is already installed"
        case "written":
            return f"wrote {file}"


def _report(report: Report, options: Options) -> tuple[str, str]:
    if report.result is Result.PASSED_OVER and report.place:
        return "", f"{report.place.call(report.place.config)} belongs to another program: passed over\n"
    return many.words(report, options)


def _staging(place: Place, done: Sequence[tuple[str, str]]) -> str:
    """The command that stages the changes."""
    wrote = [place.call(path) for what, path in done if what == "wrote"]
    deleted = [place.call(path) for what, path in done if what == "deleted"]
    commands = [["git", "add", "--", *wrote]] if wrote else []
    commands += [["git", "rm", "-q", "--cached", "--ignore-unmatch", "--", *deleted]] if deleted else []
    return " && ".join(map(shlex.join, commands))
