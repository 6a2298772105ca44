"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

ProfileName = Annotated[
    str | None, typer.Option("--profile", metavar="FILE|NAME", help="The profile: a file, or a built-in name.")
]
Project = Annotated[
    str, typer.Option("--project", metavar="PATH", help="The repository's path on its server.", show_default=False)
]
