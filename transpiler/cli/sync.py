"""`transpipe sync plan` and `transpipe sync apply`: their arguments, and the exit status."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click
import typer

from transpiler.cli.group import Commands
from transpiler.cli.options import ProfileName, Project, Repos

app = typer.Typer(
    name="sync",
    help="Create and update the jobs of a Jenkins server from configs.",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH]...",
        help="Repositories' roots or config files. Default: the repository around the current directory.",
        show_default=False,
    ),
]
Unsupported = Annotated[
    str,
    typer.Option(
        "--unsupported",
        click_type=click.Choice(["error", "warn"]),
        help="If a Jenkinsfile does not support a feature that the config uses: report an error, or warn and leave it "
        "out.",
    ),
]
Url = Annotated[str | None, typer.Option("--url", help="The server's URL. Default: $TRANSPIPE_JENKINS_URL.")]
User = Annotated[
    str | None, typer.Option("--user", help="The user to log in as. Default: $TRANSPIPE_JENKINS_USER, else netrc.")
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help="The file that holds the user's API token. Default: $TRANSPIPE_JENKINS_TOKEN, else netrc.",
    ),
]
CaBundle = Annotated[
    Path | None, typer.Option("--ca-bundle", metavar="FILE", help="The CA certificates to trust, as a PEM file.")
]
Deadline = Annotated[
    float,
    typer.Option("--deadline", metavar="SECONDS", min=0, help="How long to retry a request that fails."),
]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long to wait for a response.")
]
Workers = Annotated[int, typer.Option("-j", "--jobs", metavar="N", min=1, max=64, help="Send N requests at a time.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Verify = Annotated[bool, typer.Option("--verify", help="Read every job's configuration, to find changes made by hand.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite changes made by hand.")]
Prune = Annotated[
    bool, typer.Option("--prune", help="Delete jobs that transpipe created and that no config needs any more.")
]
Adopt = Annotated[
    bool, typer.Option("--adopt", help="Take over jobs that another repository of the same project wrote last.")
]
Retired = Annotated[
    list[str] | None,
    typer.Option(
        "--retire", metavar="PROJECT", help="Treat all jobs of PROJECT, which no longer exists, as orphans; repeatable."
    ),
]
LookIn = Annotated[
    list[str] | None,
    typer.Option("--look-in", metavar="FOLDER", help="Also look for orphaned jobs in FOLDER; repeatable."),
]


ExitCode = Annotated[bool, typer.Option("--exit-code", help="With `plan`: exit 1 if anything would change.")]


def _repositories(paths: list[str] | None, repos: Path | None, project: str) -> tuple[str | None, ...]:
    """The repositories that the arguments name; None is the one around the current directory."""
    from transpiler.app.place import paths_in

    named = (*(paths or ()), *(paths_in(repos) if repos else ()))
    if project and len(named) > 1:
        raise typer.BadParameter("--project needs exactly one PATH, because each project has its own name")
    return named if paths or repos else (None,)


def _sync(
    ctx: typer.Context,
    paths: Paths = None,
    repos: Repos = None,
    profile: ProfileName = None,
    project: Project = "",
    unsupported: Unsupported = "error",
    url: Url = None,
    user: User = None,
    token_file: TokenFile = None,
    ca_bundle: CaBundle = None,
    deadline: Deadline = 300,
    timeout: Timeout = 60,
    workers: Workers = 8,
    as_json: Json = False,
    verify: Verify = False,
    force: Force = False,
    prune: Prune = False,
    adopt: Adopt = False,
    retire: Retired = None,
    look_in: LookIn = None,
    exit_code: ExitCode = False,
) -> None:
    from transpiler.app import sync
    from transpiler.cli import sync_words as words

    if ctx.info_name == "apply" and exit_code:
        raise typer.BadParameter("--exit-code is only for `plan`: `apply` always exits 1 if it could not change a job")
    asked = sync.Asked(
        _repositories(paths, repos, project),
        profile,
        project,
        unsupported,
        sync.Connection(url, user, token_file, ca_bundle, deadline, timeout),
        workers,
        verify,
        force,
        prune,
        adopt,
        tuple(retire or ()),
        tuple(look_in or ()),
        exit_code,
    )
    speaker = words.Speaker(asked, as_json=as_json)
    if ctx.info_name == "plan":
        raise typer.Exit(words.of_plan(sync.plan(asked, speaker), asked, as_json=as_json))
    raise typer.Exit(words.of_result(sync.apply(asked, speaker), asked, speaker, as_json=as_json))


# One function, so that both take the same options.
app.command("plan", help="Show what `apply` would change; write nothing.")(_sync)
app.command("apply", help="Create, update and (with --prune) delete jobs so that the server matches the configs.")(
    _sync
)
