"""`transpipe run`: its arguments, and what it prints. What it does is imported only when it runs."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from transpiler.cli import tell
from transpiler.cli.options import ProfileName, Project

if TYPE_CHECKING:
    from transpiler.app.place import Place
    from transpiler.app.results import Exit
    from transpiler.app.run import Options
    from transpiler.local.stage import Watcher
    from transpiler.profile import Profile
    from transpiler.program import Plan


class EngineName(StrEnum):
    """The program that runs containers."""

    DOCKER = "docker"
    PODMAN = "podman"


class EventName(StrEnum):
    """The event that starts a pipeline."""

    CHANGE = "change"
    MERGE = "merge"
    TAG = "tag"
    SCHEDULE = "schedule"


class PullName(StrEnum):
    """When images are pulled."""

    ALWAYS = "always"
    MISSING = "missing"
    NEVER = "never"


_RUN_HELP = (
    "A repository's root or a config file, then a pipeline, or one of its stages (which runs after the stages that it "
    "needs). Default: all pipelines of the repository around the current directory."
)


What = Annotated[
    list[str] | None, typer.Argument(metavar="[PATH] [PIPELINE[/STAGE]]", help=_RUN_HELP, show_default=False)
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow", metavar="STEP", help="Also do this step, which changes something outside this machine; repeatable."
    ),
]
EventOption = Annotated[EventName | None, typer.Option("--event", help="Run only pipelines with this event.")]
Param = Annotated[
    list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="Set ${setup.params.NAME}; repeatable.")
]
EngineOption = Annotated[
    EngineName | None, typer.Option("--engine", help="What runs containers. Default: the profile's choice.")
]
PullOption = Annotated[
    PullName,
    typer.Option(
        "--pull",
        help="Pull newer base images before each build (always), only images that are not on this machine (missing), "
        "or none (never).",
    ),
]
Jobs = Annotated[int | None, typer.Option("-j", "--jobs", metavar="N", min=1, help="Run at most N stages at a time.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Keep logs and archived files below DIR instead of .transpipe."),
]
ReportHtml = Annotated[
    Path | None,
    typer.Option(
        "--report-html",
        metavar="FILE",
        help="Write a page about the run to FILE: stages on a time line, their logs, failed tests.",
    ),
]
Keep = Annotated[bool, typer.Option("--keep", help="Do not remove containers, images and checkouts.")]
Shell = Annotated[
    str,
    typer.Option(
        "--shell",
        metavar="STAGE",
        help="Run this stage and the stages that it needs; then, whether it failed or succeeded, open a shell in its "
        "container: with its files, environment, credentials, volumes, network and services. PIPELINE/STAGE if several "
        "pipelines have it.",
        show_default=False,
    ),
]
AtOnce = Annotated[
    bool, typer.Option("--at-once", help="With --shell: open the shell before the stage's command, which does not run.")
]
Approve = Annotated[
    list[str] | None,
    typer.Option(
        "--approve",
        metavar="STAGE",
        help="Approve this stage, which asks for it (`approve`), instead of asking on the terminal; repeatable. "
        "PIPELINE/STAGE if several pipelines have it.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan; run nothing.")]
Since = Annotated[
    str,
    typer.Option(
        "--since", metavar="REV", help="Run pipelines with `changes` only if a file that counts was changed since REV."
    ),
]
Times = Annotated[
    Path | None,
    typer.Option(
        "--times", metavar="FILE", help="Write how long each stage took, as JSON, for `transpipe graph --cost --times`."
    ),
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="With --dry-run: print the stages' programs too.")]


def run(
    what: What = None,
    allow: Allow = None,
    approve: Approve = None,
    event: EventOption = None,
    param: Param = None,
    engine: EngineOption = None,
    pull: PullOption = PullName.ALWAYS,
    jobs: Jobs = None,
    out: Out = None,
    report_html: ReportHtml = None,
    keep: Keep = False,
    shell: Shell = "",
    at_once: AtOnce = False,
    dry_run: DryRun = False,
    verbose: Verbose = False,
    since: Since = "",
    times: Times = None,
    profile: ProfileName = None,
    project: Project = "",
) -> None:
    """Run pipelines on this machine, with docker or podman."""
    from transpiler.app.run import Options, parameters
    from transpiler.ir import Event
    from transpiler.profile import Pull

    _check(what or [], allow or [])
    if at_once and not shell:
        raise typer.BadParameter("--at-once needs --shell STAGE")
    options = Options(
        engine.value if engine else "",
        frozenset(allow or ()),
        Event(event.value) if event else None,
        parameters(param or ()),
        jobs,
        out,
        keep,
        dry_run,
        verbose,
        profile,
        project,
        Pull(pull.value),
        shell,
        at_once,
        report_html,
        since,
        times,
        frozenset(approve or ()),
    )
    raise typer.Exit(_carry_out(what or [], options))


def _check(what: list[str], allow: list[str]) -> None:
    from transpiler.local.simulation import LEAVING

    if len(what) > 2:
        raise typer.BadParameter("at most a PATH and a PIPELINE[/STAGE]")
    if unknown := set(allow) - set(LEAVING):
        raise typer.BadParameter(f"{min(unknown)!r} is not one of {', '.join(LEAVING)}.", param_hint="--allow")


def _carry_out(what: list[str], options: Options) -> Exit:
    from transpiler.app.results import Exit
    from transpiler.app.run import prepare
    from transpiler.local import summary

    made = prepare(what, options)
    understood, colour = made.understood, tell.coloured(sys.stderr)
    tell.put(tell.text(made.place, understood.diagnostics, understood.sources, colour=colour), sys.stderr)
    if made.plan is None or made.profile is None:
        return Exit.FINDINGS
    tell.put("".join(f"{line}\n" for line in made.skipped), sys.stderr)
    if options.dry_run:
        tell.put(summary.described(made.plan, options.allowed, programs=options.verbose))
        if options.shell:
            tell.put(f"  then a shell opens{', before its command is run' if options.at_once else ''}\n")
    elif made.plan.pipelines:
        return _run(made.place, made.plan, made.profile, options)
    elif not made.skipped:
        tell.put(f"nothing to run: no pipeline runs on the event {options.event}\n", sys.stderr)
    return Exit.FINE


def _run(place: Place, plan: Plan, profile: Profile, options: Options) -> Exit:
    from transpiler.app.results import Exit
    from transpiler.app.run import TEARDOWN, run, write_page
    from transpiler.local import summary

    ran = run(place, plan, profile, options, _watcher)
    if options.keep:
        tell.put(f"kept containers, images and checkouts; to remove them: sh {ran.output / TEARDOWN}\n", sys.stderr)
    shown = Path(os.path.relpath(ran.output)) if ran.output.is_relative_to(Path.cwd()) else ran.output
    try:
        tell.put(f"\n{summary.table(ran.outcome, shown, colour=tell.coloured(sys.stdout))}")
    finally:  # the page is written even if nobody reads stdout any more
        if options.report_html:
            write_page(ran, plan, options.report_html)
    if options.report_html:
        tell.put(f"a page about the run: {options.report_html}\n", sys.stderr)
    return Exit.FINDINGS if ran.outcome.failed else Exit.FINE


def _watcher(plan: Plan) -> Watcher:
    from transpiler.local.lines import title
    from transpiler.local.live import Live, Plain

    titles = [title(p.name, stage.name) for p in plan.pipelines for stage in p.stages]
    width = max(map(len, titles), default=0)

    def write(words: str) -> None:
        with suppress(OSError):  # the reader has closed the pipe, or the terminal is gone; the run goes on
            tell.put(words, sys.stderr)

    return Live(write, width) if tell.coloured(sys.stderr) else Plain(write, width)
