"""The `transpipe` command: reads the arguments, calls the rest, writes to stdout and stderr, and exits.

Imports are inside the commands, so that each pays only for what it needs.
"""

from __future__ import annotations

import sys
from copy import copy
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple, NoReturn

import click
import typer

from transpiler import formats
from transpiler.app.results import Exit, failed
from transpiler.cli import hook, profile, sync, tell
from transpiler.cli.audit import AUDIT_EXAMPLES, audit
from transpiler.cli.diff import DIFF_EXAMPLES, diff
from transpiler.cli.graph import graph
from transpiler.cli.group import Commands
from transpiler.cli.init import INIT_EXAMPLES, init
from transpiler.cli.lsp import lsp
from transpiler.cli.migrate import migrate
from transpiler.cli.options import (
    ONE,
    PATH_HELP,
    Jobs,
    ProfileName,
    Project,
    Quiet,
    Repos,
    Verbose,
    examples,
    repositories,
)
from transpiler.cli.reference import EXPLAIN_EXAMPLES, explain, schema
from transpiler.cli.run import run
from transpiler.targets import TARGETS
from transpiler.yaml_loader import SLOW

_SLOW_YAML = "transpipe: note: this Python's PyYAML has no libyaml: YAML is read more slowly, with the same result.\n"
_MAKES = [target.makes for target in TARGETS.values()]

app = typer.Typer(
    name="transpipe",
    help=f"Compiles .pipeline/config.yaml to {', '.join(_MAKES[:-1])} and {_MAKES[-1]} that mean the same.",
    epilog="\b\nFirst steps in a repository:\n"
    "  transpipe init       write a first config, for its Dockerfiles or Blubber files\n"
    "  transpipe lint       check it\n"
    "  transpipe generate   write what your CI reads\n\n"
    "README.md and docs/ of the source are the documentation; `transpipe COMMAND --help` shows the options of a "
    "command.",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(sync.app)
app.add_typer(hook.app)
app.add_typer(profile.app)


class Loss(StrEnum):
    """What to do if a target does not support a feature that the config uses."""

    ERROR = "error"
    WARN = "warn"


class PhaseName(StrEnum):
    """The phases of the compiler that can be printed."""

    DOCUMENT = "document"
    WORKFLOW = "workflow"
    PLAN = "plan"


Paths = Annotated[list[str] | None, typer.Argument(metavar="[PATH]...", help=PATH_HELP, show_default=False)]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        "-t",
        click_type=click.Choice(tuple(TARGETS)),
        help="Compile for this target only; repeatable. Default: the profile's targets.",
    ),
]
Unsupported = Annotated[
    Loss,
    typer.Option(
        "--unsupported",
        help="If a target does not support a feature that the config uses: report an error, or warn and leave it out.",
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Write the outputs below DIR instead of the repository.")
]
Stdout = Annotated[
    bool, typer.Option("--stdout", help="Print the output instead of writing it; there must be exactly one.")
]
Diff = Annotated[bool, typer.Option("--diff", help="Show what would change as a patch; write nothing.")]
Check = Annotated[bool, typer.Option("--check", help="Exit 1 if an output is missing, stale or edited; write nothing.")]
Force = Annotated[
    bool, typer.Option("--force", help="Overwrite outputs edited by hand, and files that transpipe did not write.")
]
PrintPhase = Annotated[
    PhaseName | None,
    typer.Option(
        "--print-phase",
        help="Print what this phase of the compiler makes of the config, as YAML; write nothing.",
        show_default=False,
    ),
]
FormOption = Annotated[
    str,
    typer.Option(
        "--format",
        click_type=click.Choice((formats.TEXT, *formats.DOCUMENTS)),
        help="How to print diagnostics: as text, or as a document for another program.",
    ),
]


def _version(asked: bool) -> None:
    if asked:
        from importlib import metadata

        tell.put(f"transpipe {metadata.version('transpipe')}\n")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    if SLOW:
        tell.put(_SLOW_YAML, sys.stderr)


@app.command(
    epilog=examples(
        ("transpipe generate", "write every output that is not fresh"),
        ("transpipe generate --check", "fail if one is not fresh, for CI"),
        (f"transpipe generate --diff {ONE}", "show what would change in one output"),
    )
)
def generate(
    paths: Paths = None,
    repos: Repos = None,
    target: Targets = None,
    profile: ProfileName = None,
    out: Out = None,
    stdout: Stdout = False,
    diff: Diff = False,
    check: Check = False,
    force: Force = False,
    print_phase: PrintPhase = None,
    unsupported: Unsupported = Loss.ERROR,
    project: Project = "",
    form: FormOption = formats.TEXT,
    jobs: Jobs = 1,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compile configs and write the CI definitions beside them."""
    if stdout and (diff or check or out):
        raise typer.BadParameter("--stdout cannot be combined with --out, --diff or --check")
    if form != formats.TEXT and (stdout or diff):
        raise typer.BadParameter(f"--format {form} cannot be combined with --stdout or --diff")
    named = repositories(paths, repos)
    if out and len(named) > 1:
        raise typer.BadParameter("--out takes one PATH: the outputs of several would overwrite each other")
    if print_phase and (stdout or diff or check or out or force or target or form != formats.TEXT or len(named) > 1):
        raise typer.BadParameter("--print-phase takes one PATH, and no other option than --profile and --project")
    modes = {(True, False): "diff", (False, True): "check", (True, True): "diff-check"}
    mode = "print-phase" if print_phase else "stdout" if stdout else modes.get((diff, check), "write")
    into = _Into(out, force, print_phase)
    _compile(named, mode, target, profile, project, unsupported, form, jobs, into, quiet=quiet, verbose=verbose)


@app.command(
    epilog=examples(
        ("transpipe lint", "check the config around the current directory"),
        ("transpipe lint --fix --diff", "show the changes that hints name, where they leave no choice"),
        ("transpipe lint --repos FILE -j 4 -q", "the errors of many repositories"),
    )
)
def lint(
    paths: Paths = None,
    repos: Repos = None,
    target: Targets = None,
    profile: ProfileName = None,
    unsupported: Unsupported = Loss.ERROR,
    project: Project = "",
    fix: Annotated[
        bool, typer.Option("--fix", help="First make each change that a hint names and that leaves no choice.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="With --fix: show what would change as a patch; write nothing.")
    ] = False,
    form: FormOption = formats.TEXT,
    jobs: Jobs = 1,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Check configs and print diagnostics; write nothing without --fix."""
    if diff and (not fix or form != formats.TEXT):
        raise typer.BadParameter("--diff needs --fix, and cannot be combined with --format")
    mode = "fix-diff" if diff else "fix" if fix else "lint"
    named = repositories(paths, repos)
    _compile(named, mode, target, profile, project, unsupported, form, jobs, _Into(), quiet=quiet, verbose=verbose)


class _Into(NamedTuple):
    """What only `generate` is told: where outputs go, and whether a phase is printed in their place."""

    out: Path | None = None
    force: bool = False
    phase: PhaseName | None = None


def _compile(
    paths: list[str | None],
    mode: str,
    target: list[str] | None,
    profile: str | None,
    project: str,
    unsupported: Loss,
    form: str,
    jobs: int,
    into: _Into,
    *,
    quiet: bool = False,
    verbose: bool = False,
) -> NoReturn:
    if quiet and verbose:
        raise typer.BadParameter("--quiet cannot be combined with --verbose")
    from transpiler.app.generate import Options
    from transpiler.cli.many import report_all
    from transpiler.diagnostics import Severity
    from transpiler.driver import Phase

    loss = Severity.ERROR if unsupported is Loss.ERROR else Severity.WARNING
    targets = tuple(dict.fromkeys(target or ()))
    phase = Phase(into.phase.value) if into.phase else None
    options = Options(
        mode, targets, profile, project, loss, into.out, into.force, phase=phase, quiet=quiet, verbose=verbose
    )
    raise typer.Exit(report_all(paths, options, jobs, form))


app.command(epilog=INIT_EXAMPLES)(init)
app.command(epilog=AUDIT_EXAMPLES)(audit)
app.command(epilog=DIFF_EXAMPLES)(diff)
app.command()(graph)
app.command()(run)
app.command()(migrate)
app.command()(lsp)


app.command()(schema)
app.command(epilog=EXPLAIN_EXAMPLES)(explain)


def _part(words: list[str]) -> typer.Typer:
    """The application with only the command that the first word names, to save the time of building the others."""
    commands = [c for c in app.registered_commands if c.callback and [c.name or c.callback.__name__] == words]
    groups = [g for g in app.registered_groups if g.typer_instance and [g.typer_instance.info.name] == words]
    if not commands and not groups:
        return app
    part = copy(app)
    part.registered_commands, part.registered_groups = commands, groups
    return part


def main() -> None:
    """Runs the command and exits with its status."""
    tell.set_up_streams()
    if sys.argv[1:] == ["init", "--profile"]:  # a first profile of one's own, without a name that is to be used
        sys.argv[1:] = ["profile", "init"]
    try:
        _part(sys.argv[1:2])()
    except BrokenPipeError:
        # The reader of the pipe has closed it (`| head`); closing stderr stops Python from printing another error when
        # it closes stdout.
        sys.stderr.close()
        sys.exit(Exit.FINE)
    except Exception as error:
        report = failed(error)
        assert report.failure
        tell.put(tell.failure(report.failure), sys.stderr)
        sys.exit(report.status)
