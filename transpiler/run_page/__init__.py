"""The page of `transpipe run --report-html`: one file that a browser shows without a network and without a script.

All text of users, their programs and their tests goes through a template that escapes it for HTML. The policy in the
page's head lets the browser use this style, by its digest, and load and run nothing at all.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import metadata
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from transpiler.local.outcome import Outcome
from transpiler.program import Plan
from transpiler.resources import read_text
from transpiler.run_page.view import view

_FOLDER = "run_page"


def write(
    file: Path, outcome: Outcome, plan: Plan, project: str, facts: tuple[tuple[str, str], ...], output: Path
) -> None:
    """Writes the page by a rename, so that nobody sees half of it. `facts` are names and values to show about the run;
    `output` is where its logs and files are. Raises OSError."""
    shown = view(outcome, plan, project, facts, output, metadata.version("transpipe"))
    style = read_text(_FOLDER, "page.css")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(read_text(_FOLDER, "page.html"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    text = template.render(view=shown, style=style, digest=f"sha256-{digest}")
    new = file.with_name(f".{file.name}.new")
    try:
        new.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        new.replace(file)
    except OSError:
        new.unlink(missing_ok=True)
        raise
