"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import click
import typer

from transpiler.targets import TARGETS

_NO_PROJECT = frozenset("\\:?#")


def _project(given: str) -> str:
    """A project's path, as the schema of configs has it."""
    if not _NO_PROJECT.isdisjoint(given) or any(map(str.isspace, given)):
        raise typer.BadParameter(f"{given!r} is not a path such as team/service, without spaces")
    return given


def target_option(what: str) -> Any:
    """`--target`, which may be repeated and takes the name of a target; `what` begins its help."""
    choice = click.Choice(tuple(TARGETS))
    said = f"{what}; repeatable. Default: the targets that can be seen."
    return typer.Option("--target", "-t", click_type=choice, help=said)


PATH_HELP = "A repository's root or a config file. Default: the repository around the current directory."
OnePath = Annotated[str | None, typer.Argument(metavar="[PATH]", help=PATH_HELP, show_default=False)]
ProfileName = Annotated[
    str | None,
    typer.Option("--profile", metavar="FILE|NAME", help="The profile to use: a file, or the name of a built-in one."),
]
Repos = Annotated[
    Path | None,
    typer.Option(
        "--repos", metavar="FILE", help="Read more paths from FILE, one per line, relative to FILE; `-` reads stdin."
    ),
]
Project = Annotated[
    str,
    typer.Option(
        "--project",
        metavar="PATH",
        help="The project's path on its server, such as team/service. Overrides the config and the profile.",
        show_default=False,
        callback=_project,
    ),
]
Jobs = Annotated[int, typer.Option("-j", "--jobs", metavar="N", min=1, help="Compile N repositories at a time.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print errors only.")]
Verbose = Annotated[
    bool,
    typer.Option(
        "-v",
        "--verbose",
        help="Also say which profile is used, which outputs were fresh, and where each diagnostic is explained.",
    ),
]


ONE, OTHER, *_ = (f"-t {name}" for name in TARGETS)
"""Options that choose a target, for examples."""


def examples(*lines: tuple[str, str]) -> str:
    """The end of a command's help: examples, each with what it does."""
    width = max(len(line) for line, _ in lines) + 3
    shown = "".join(f"  {line.ljust(width)}{what}\n" for line, what in lines)
    return f"\b\nExamples:\n{shown}"


def repositories(paths: list[str] | None, repos: Path | None) -> list[str | None]:
    """The repositories to process; None is the one around the current directory."""
    if repos is None:
        return [*(paths or (None,))]
    from transpiler.app.place import paths_in

    return [*(paths or ()), *paths_in(repos)]
