"""`transpipe audit`: its arguments."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import click
import typer

from transpiler import formats
from transpiler.cli.options import Jobs, ProfileName, Repos, examples, repositories

AUDIT_EXAMPLES = examples(
    ("transpipe audit --repos FILE -j 4", "how each stands, and the totals"),
    ("transpipe audit --repos FILE --html page.html", "a page to sort and filter"),
    ("transpipe audit --repos FILE --fail-on stale", "exit 1 if an output is not fresh"),
)


class FailOn(StrEnum):
    """What makes an audit exit with 1; WARNING includes ERROR."""

    STALE = "stale"
    ERROR = "error"
    WARNING = "warning"


def audit(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Repositories' roots, or config files. Default: the repository around the current directory.",
            show_default=False,
        ),
    ] = None,
    repos: Repos = None,
    profile: ProfileName = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            click_type=click.Choice((formats.TEXT, *formats.DOCUMENTS)),
            help="How to print what was found. Default: text; with --html, only the totals.",
            show_default=False,
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", help="Write a page for browsers to FILE; it needs no other file and no network."
        ),
    ] = None,
    fail_on: Annotated[
        list[FailOn] | None,
        typer.Option(
            "--fail-on",
            help="Exit 1 if an output is not fresh, or if there is an error or a warning; repeatable.",
            show_default=False,
        ),
    ] = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="Tell what a run costs, too, for each event and target (see `graph --cost`).")
    ] = False,
    jobs: Jobs = 1,
) -> None:
    """Show how repositories stand: their outputs, diagnostics, house rules, and what each target would lose."""
    from transpiler.cli.audit_report import Wanted, report_audits

    wanted = Wanted(form or ("totals" if html else formats.TEXT), profile, html, frozenset(fail_on or ()), cost)
    raise typer.Exit(report_audits([path or "." for path in repositories(paths, repos)], wanted, jobs))
