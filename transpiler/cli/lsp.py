"""`transpipe lsp`: its arguments, and what it says where pygls is missing."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from transpiler.app.place import WrongUsage
from transpiler.cli import tell
from transpiler.cli.options import ProfileName


def lsp(
    profile: ProfileName = None,
    stdio: Annotated[  # noqa: ARG001 - many editors pass it
        bool, typer.Option("--stdio", help="Speak on stdin and stdout, which it does in any case.", hidden=True)
    ] = True,
) -> None:
    """Run a language server for editors on stdin and stdout; needs the extra `transpipe[lsp]`."""
    try:
        from transpiler.app.lsp.server import serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise WrongUsage(
            "the language server needs pygls: install transpipe with its extra `lsp`, as in `pipx install '.[lsp]'`"
        ) from None
    if sys.stdin.isatty():
        tell.put("transpipe: this is for editors, which start it themselves; Ctrl-C ends it\n", sys.stderr)
    serve(profile)
