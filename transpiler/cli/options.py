"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    ),
]
