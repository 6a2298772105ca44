"""`transpipe sync plan` and `transpipe sync apply`: arguments in, words and an exit status out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click
import typer

from transpiler.cli.options import Repos

app = typer.Typer(
    name="sync",
    help="Keep the jobs of a Jenkins server in step with configs.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH]...", help="Repositories or configs; by default the one around you.", show_default=False
    ),
]
ProfileName = Annotated[
    str | None, typer.Option("--profile", metavar="FILE|NAME", help="The profile: a file, or a built-in name.")
]
Project = Annotated[
    str, typer.Option("--project", metavar="PATH", help="The repository's path on its server.", show_default=False)
]
Unsupported = Annotated[
    str,
    typer.Option(
        "--unsupported",
        click_type=click.Choice(["error", "warn"]),
        help="How bad it is that a Jenkinsfile cannot say something.",
    ),
]
Url = Annotated[str | None, typer.Option("--url", help="Where Jenkins is, or $TRANSPIPE_JENKINS_URL.")]
User = Annotated[str | None, typer.Option("--user", help="As whom, or $TRANSPIPE_JENKINS_USER, or netrc.")]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", metavar="FILE", help="Holds the API token; or $TRANSPIPE_JENKINS_TOKEN, or netrc."),
]
CaBundle = Annotated[
    Path | None, typer.Option("--ca-bundle", metavar="FILE", help="Certificates of those whose signature we trust.")
]
Deadline = Annotated[
    float,
    typer.Option("--deadline", metavar="SECONDS", min=0, help="How long a request that fails is tried again."),
]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long to wait for an answer.")
]
Workers = Annotated[int, typer.Option("-j", "--jobs", metavar="N", min=1, max=64, help="Requests at a time.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON on stdout.")]
Verify = Annotated[bool, typer.Option("--verify", help="Read every job, to find what was changed by hand.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what was changed by hand.")]
Prune = Annotated[bool, typer.Option("--prune", help="Delete jobs that transpipe made and nothing asks for any more.")]
Retired = Annotated[
    list[str] | None,
    typer.Option("--retire", metavar="PROJECT", help="A project that is gone: all its jobs are left over; repeatable."),
]
LookIn = Annotated[
    list[str] | None,
    typer.Option("--look-in", metavar="FOLDER", help="Look there too for what is left over; repeatable."),
]


ExitCode = Annotated[bool, typer.Option("--exit-code", help="`plan`: exit 1 when something would change.")]


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
    retire: Retired = None,
    look_in: LookIn = None,
    exit_code: ExitCode = False,
) -> None:
    from transpiler.app import sync
    from transpiler.app.place import paths_in
    from transpiler.cli import sync_words as words

    if ctx.info_name == "apply" and exit_code:
        raise typer.BadParameter("--exit-code goes with `plan`: `apply` exits 1 when it had to leave something")
    named = [*(paths or ()), *(paths_in(repos) if repos else ())]
    if project and len(named) > 1:
        raise typer.BadParameter("--project goes with one PATH: every project has its own name")
    asked = sync.Asked(
        tuple(named) if paths or repos else (None,), profile, project, unsupported, url, user, token_file,
        ca_bundle, deadline, timeout, workers, verify, force, prune, tuple(retire or ()),
        tuple(look_in or ()), exit_code,
    )  # fmt: skip
    speaker = words.Speaker(asked, as_json=as_json)
    if ctx.info_name == "plan":
        raise typer.Exit(words.of_plan(sync.plan(asked, speaker), asked, as_json=as_json))
    raise typer.Exit(words.of_result(sync.apply(asked, speaker), asked, speaker, as_json=as_json))


# One function, so that both take the same options.
app.command("plan", help="Say what `apply` would do, and write nothing.")(_sync)
app.command("apply", help="Make the server's jobs what the configs say.")(_sync)
