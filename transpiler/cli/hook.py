"""`transpipe hook`: what commit hooks call, and putting one in place."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from transpiler.app import tell
from transpiler.app.tell import Exit, Said
from transpiler.cli.options import ProfileName, Project
from transpiler.targets import TARGETS

app = typer.Typer(
    name="hook",
    help="Keep outputs in step at every commit.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Path = Annotated[str | None, typer.Argument(
    metavar="[PATH]", help="A repository's root or a config; by default the repository around the current directory.",
    show_default=False,
)]  # fmt: skip
_Targets = Annotated[list[str] | None, typer.Option("--target", "-t", help="Only this target; repeatable.")]
_Unsupported = Annotated[str, typer.Option("--unsupported", metavar="error|warn", help="As for `generate`.")]
_Staged = Annotated[bool, typer.Option("--staged", help="Judge what is staged, not what is in the working tree.")]


@app.command()
def check(
    path: _Path = None,
    target: _Targets = None,
    profile: ProfileName = None,
    unsupported: _Unsupported = "error",
    project: Project = "",
    staged: _Staged = False,
) -> None:
    """Exit 1 unless every output is fresh; write nothing."""
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
    """Write the outputs anew where they are not fresh, and exit 1 then."""
    _work("write", path, target, profile, unsupported, project, staged=staged)


def _work(
    mode: str, path: str | None, target: list[str] | None, profile: str | None, unsupported: str, project: str, *,
    staged: bool,
) -> NoReturn:  # fmt: skip
    from transpiler.app.generate import Options
    from transpiler.app.hooks import commit
    from transpiler.app.hooks import staged as staging
    from transpiler.diagnostics import Severity

    targets = _checked(target, unsupported)
    loss = Severity.WARNING if unsupported == "warn" else Severity.ERROR
    colour = tell.coloured(sys.stdout if mode == "check" else sys.stderr)
    options = Options(mode, targets, profile, project, loss, None, False, "text", colour)
    _exit(staging.judged(path, options) if staged else commit.work(path, options))


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
    unsupported: Annotated[str | None, typer.Option(metavar="error|warn", help="As for `generate`.")] = None,
    project: Project = "",
) -> None:
    """Put a git hook in place that runs `transpipe hook run --staged` with these options; nobody else's is touched."""
    from transpiler.app.hooks.install import install as put_in_place

    options = [f"--target={name}" for name in _checked(target, unsupported or "error")]
    options += [f"--unsupported={unsupported}"] if unsupported else []
    options += [f"--project={project}"] if project else []
    _exit(put_in_place(path, options or None, profile or ""))


@app.command()
def uninstall(path: _Path = None) -> None:
    """Remove the git hook that `install` wrote."""
    from transpiler.app.hooks.install import uninstall as remove

    _exit(remove(path))


def _exit(said: Said) -> NoReturn:
    tell.put(said.out)
    tell.put(said.talk, sys.stderr)
    raise typer.Exit(Exit(said.code))
