"""`transpipe init`: its arguments. What it prints is in `init_words`."""

from __future__ import annotations

from typing import Annotated

import typer

from transpiler.cli.options import ONE, OTHER, ProfileName, Project, examples, target_option

INIT_EXAMPLES = examples(
    ("transpipe init", "write .pipeline/config.yaml, and a profile if a target can be seen"),
    (f"transpipe init {ONE} {OTHER}", "for these engines"),
    ("transpipe init --stdout", "only show it"),
)


def init(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="[PATH]",
            help="A repository's root. Default: the repository around the current directory.",
            show_default=False,
        ),
    ] = None,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the config instead of writing it.")] = False,
    target: Annotated[list[str] | None, target_option("Write a profile that chooses this target")] = None,
    profile: ProfileName = None,
    project: Project = "",
) -> None:
    """Write a first config from the Dockerfiles and Blubber files of a repository, and a profile if it has none."""
    from transpiler.app.init import first_config
    from transpiler.cli.init_words import print_result

    raise typer.Exit(print_result(first_config(path, profile, project, tuple(target or ()), shown_only=stdout)))
