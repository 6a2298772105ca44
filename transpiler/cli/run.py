"""The arguments of `transpipe run`. What it does is imported only when it runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from transpiler.cli.options import ProfileName, Project


class EngineName(StrEnum):
    """What runs containers."""

    DOCKER = "docker"
    PODMAN = "podman"


class EventName(StrEnum):
    """What makes a pipeline run."""

    CHANGE = "change"
    MERGE = "merge"
    TAG = "tag"


_RUN_HELP = (
    "A repository's root or a config, and a pipeline or PIPELINE/STAGE (which brings its ancestors); by default all "
    "pipelines of the repository around the current directory."
)


def run(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH] [PIPELINE[/STAGE]]", help=_RUN_HELP, show_default=False)
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="STEP", help="Do this too, which leaves the machine; repeatable."),
    ] = None,
    event: Annotated[EventName | None, typer.Option("--event", help="Only pipelines that run on this.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="${setup.params.NAME}; repeatable.")
    ] = None,
    engine: Annotated[EngineName | None, typer.Option("--engine", help="By default the profile's.")] = None,
    jobs: Annotated[
        int | None, typer.Option("-j", "--jobs", metavar="N", min=1, help="At most N stages at a time.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Keep logs and files here, not in .transpipe.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave containers, images and checkouts.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan; run nothing.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="With --dry-run: the programs too.")] = False,
    profile: ProfileName = None,
    project: Project = "",
) -> None:
    """Run pipelines on this machine, with docker or podman."""
    from transpiler.app.run import Options, carry_out, parameters
    from transpiler.ir import Event
    from transpiler.local.simulation import LEAVING

    if what and len(what) > 2:
        raise typer.BadParameter("at most a PATH and a PIPELINE[/STAGE]")
    if unknown := set(allow or ()) - set(LEAVING):
        raise typer.BadParameter(f"{min(unknown)!r} is not one of {', '.join(LEAVING)}.", param_hint="--allow")
    options = Options(
        engine.value if engine else "", frozenset(allow or ()),
        Event(event.value) if event else None, parameters(param or ()), jobs, out, keep, dry_run, verbose,
        profile, project,
    )  # fmt: skip
    raise typer.Exit(carry_out(what or (), options))
