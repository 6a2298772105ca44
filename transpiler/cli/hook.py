"""`transpipe hook`: the commands that git hooks call, and those that install and remove a hook."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from transpiler.cli import tell
from transpiler.cli.group import Commands
from transpiler.cli.options import ProfileName, Project
from transpiler.targets import TARGETS

app = typer.Typer(
    name="hook",
    help="Git hooks that keep the outputs up to date.",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Path = Annotated[
    str | None,
    typer.Argument(
        metavar="[PATH]",
        show_default=False,
        help="A repository's root or a config file. Default: the repository around the current directory.",
    ),
]
_Targets = Annotated[list[str] | None, typer.Option("--target", "-t", help="Compile for this target only; repeatable.")]
_Unsupported = Annotated[str, typer.Option("--unsupported", metavar="error|warn", help="As in `transpipe generate`.")]
_Staged = Annotated[bool, typer.Option("--staged", help="Check what is staged instead of the working tree.")]


@app.command()
def check(
    path: _Path = None,
    target: _Targets = None,
    profile: ProfileName = None,
    unsupported: _Unsupported = "error",
    project: Project = "",
    staged: _Staged = False,
) -> None:
    """Exit 1 if an output is missing, stale or edited; write nothing."""
    _work("check", path, target, profile, unsupported, project, staged=staged)


@app.command()
def run(
    path: _Path = None,
    target: _Targets = None,
    profile: ProfileName = None,
    unsupported: _Unsupported = "error",
    project: Project = "",
    staged: _Staged = False,
) -> None:
    """Regenerate outputs that are not fresh; exit 1 if any was written."""
    _work("write", path, target, profile, unsupported, project, staged=staged)


def _work(
    mode: str,
    path: str | None,
    target: list[str] | None,
    profile: str | None,
    unsupported: str,
    project: str,
    *,
    staged: bool,
) -> NoReturn:
    from transpiler.app.generate import Options
    from transpiler.app.hooks import commit
    from transpiler.app.hooks.staged import judged
    from transpiler.cli import hook_words as words
    from transpiler.diagnostics import Severity

    targets = _checked(target, unsupported)
    loss = Severity.WARNING if unsupported == "warn" else Severity.ERROR
    options = Options(mode, targets, profile, project, loss)
    if staged:
        found = judged(path, options)
        _exit(found.status, *words.of_staged(found, options))
    worked = commit.work(path, options)
    _exit(worked.status, *words.of_work(worked, options))


def _checked(target: list[str] | None, unsupported: str) -> tuple[str, ...]:
    """The targets, each once."""
    targets = tuple(dict.fromkeys(target or ()))
    if unknown := set(targets) - TARGETS.keys():
        *most, last = TARGETS
        raise typer.BadParameter(f"no target is called {min(unknown)}: there are {', '.join(most)} and {last}")
    if unsupported not in ("error", "warn"):
        raise typer.BadParameter("--unsupported is error or warn")
    return targets


@app.command()
def install(
    path: _Path = None,
    target: _Targets = None,
    profile: ProfileName = None,
    unsupported: Annotated[str | None, typer.Option(metavar="error|warn", help="As in `transpipe generate`.")] = None,
    project: Project = "",
) -> None:
    """Install a git hook that runs `transpipe hook run --staged` with these options. Other hooks stay as they are."""
    from transpiler.app.hooks.install import install as put_in_place
    from transpiler.cli import hook_words as words

    options = [f"--target={name}" for name in _checked(target, unsupported or "error")]
    options += [f"--unsupported={unsupported}"] if unsupported else []
    options += [f"--project={project}"] if project else []
    installed = put_in_place(path, options or None, profile or "")
    _exit(installed.status, "", words.of_installation(installed))


@app.command()
def uninstall(path: _Path = None) -> None:
    """Remove the git hook that `install` wrote."""
    from transpiler.app.hooks.install import uninstall as remove

    deleted = remove(path)
    _exit(0, "", "".join(f"deleted {file}\n" for file in deleted) or "there is no hook of transpipe's\n")


def _exit(status: int, out: str, talk: str) -> NoReturn:
    tell.put(out)
    tell.put(talk, sys.stderr)
    raise typer.Exit(status)
