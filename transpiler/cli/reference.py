"""`transpipe schema` and `transpipe explain`: what the files may hold, and what a diagnostic means."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from transpiler.cli import tell
from transpiler.cli.options import examples


class SchemaName(StrEnum):
    """The kinds of file that have a schema."""

    CONFIG = "config"
    PROFILE = "profile"
    VERSION_0 = "version-0"
    DIALECT_A = "dialect-a"
    DIALECT_B = "dialect-b"
    DIALECT_C = "dialect-c"
    DIFF = "diff"
    AUDIT = "audit"


def schema(name: Annotated[SchemaName, typer.Argument(help="The kind of file.")]) -> None:
    """Print a JSON Schema: of configs in any dialect, of profiles, of one dialect, or of the JSON of `diff` and
    `audit`."""
    if name is SchemaName.CONFIG:
        from transpiler.frontend.shape.published_schema import text

        tell.put(text())
        return
    from transpiler.frontend.shape.schema_files import published

    tell.put(published("config" if name is SchemaName.VERSION_0 else name.value))


EXPLAIN_EXAMPLES = examples(
    ("transpipe explain no-image", "the meaning, an example, the fix"),
    ("transpipe explain --list", "all codes, each with its title"),
)


def explain(
    code: Annotated[
        str,
        typer.Argument(help="The code in brackets at the end of a diagnostic, such as no-image.", show_default=False),
    ] = "",
    listed: Annotated[
        bool, typer.Option("--list", help="List the codes of all diagnostics, with their titles.")
    ] = False,
) -> None:
    """Explain a diagnostic, with an example and the fix."""
    from transpiler.cli.explain import explanation, listing

    if bool(code) == listed:
        raise typer.BadParameter("give the CODE of a diagnostic, or --list")
    tell.put(listing() if listed else explanation(code))
