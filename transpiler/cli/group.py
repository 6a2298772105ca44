"""Finds a command by its name, and suggests one for a name that is misspelt."""

from __future__ import annotations

import click
from typer.core import TyperGroup


class Commands(TyperGroup):
    """A group of commands. click and typer each add a suggestion of their own to the message about an unknown command;
    this gives one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names. Raises click.UsageError."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, self.list_commands(ctx), 1)
            hint = f"Did you mean `{near[0]}`?" if near else f"There are {', '.join(self.list_commands(ctx))}."
            ctx.fail(f"no command is called `{name}`. {hint}")
        return super().resolve_command(ctx, args)
