"""`transpipe migrate`: its arguments, and what it prints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from transpiler.cli import tell
from transpiler.cli.options import OnePath, ProfileName, Project

if TYPE_CHECKING:
    from transpiler.app.migrate import Migrated


def migrate(
    path: OnePath = None,
    diff: Annotated[bool, typer.Option("--diff", help="Show what would change as a patch; write nothing.")] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print the config instead of writing it.")] = False,
    profile: ProfileName = None,
    project: Project = "",
) -> None:
    """Rewrite an older config as version 0: its comments are kept, and its meaning is proven to be the same."""
    from transpiler.app import migrate as app

    if diff and stdout:
        raise typer.BadParameter("--diff and --stdout exclude each other")
    made = app.migrate(path, profile, project, "diff" if diff else "stdout" if stdout else "write")
    colour = tell.coloured(sys.stderr)
    tell.put(tell.text(made.place, made.diagnostics, made.sources, colour=colour), sys.stderr)
    tell.put(made.output)
    if made.migration.content is not None:
        tell.put(_message(made), sys.stderr)
    raise typer.Exit(made.status)


def _message(made: Migrated) -> str:
    from collections import Counter

    from transpiler.frontend.dialects import TITLES, Dialect
    from transpiler.migration import can_be_fixed

    found, place = made.migration, made.place
    if not made.changed:
        left = any(can_be_fixed(diagnostic) for diagnostic in found.diagnostics)
        why = "what is noted above cannot be written otherwise without a change of meaning"
        return f"nothing to do: {why if left else 'the config is version 0 as it should be'}\n"
    fixed = Counter(diagnostic.code for diagnostic in found.fixed)
    done = ["rewritten from " + TITLES[found.dialect]] if found.dialect is not Dialect.V0 else []
    done += [f"fixed {', '.join(f'{n} {code}' for code, n in sorted(fixed.items()))}"] if fixed else []
    name = f"{place.shown + '/' if place.shown else ''}{place.config}"
    return f"{'; '.join(done)}\n" + (f"wrote {name}; now run `transpipe generate`\n" if made.written else "")
