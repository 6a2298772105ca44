"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PATH_HELP = "A repository's root or a config; by default the repository around the current directory."
OnePath = Annotated[str | None, typer.Argument(metavar="[PATH]", help=PATH_HELP, show_default=False)]
ProfileName = Annotated[
    str | None, typer.Option("--profile", metavar="FILE|NAME", help="The profile: a file, or a built-in name.")
]
Repos = Annotated[
    Path | None,
    typer.Option("--repos", metavar="FILE", help="More of them, one a line, relative to the file; `-` is stdin."),
]
Project = Annotated[
    str, typer.Option("--project", metavar="PATH", help="The repository's path on its server.", show_default=False)
]
