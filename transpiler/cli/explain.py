"""`transpipe explain`: the catalogue of diagnostics, for people."""

from __future__ import annotations

import difflib
import textwrap

from transpiler import catalogue
from transpiler.app.place import WrongUsage


def explanation(code: str) -> str:
    """The meaning of a diagnostic, an example, and the fix. Raises WrongUsage if there is no diagnostic of that
    code."""
    code, codes = code.strip("[]").lower(), catalogue.codes()
    if code not in codes:
        near = difflib.get_close_matches(code, codes, n=1)
        raise WrongUsage(f"no diagnostic is called {code}" + (f"; did you mean {near[0]}?" if near else ""))
    entry = catalogue.entry(code)
    parts = [
        f"{code} ({entry.severity}): {entry.title}",
        textwrap.fill(entry.meaning, 100),
        f"Example:\n\n{textwrap.indent(entry.example, '    ')}",
        textwrap.fill(f"Fix: {entry.fix}", 100),
    ]
    parts += [textwrap.fill(entry.fixed_when, 100)] if entry.fixed_when else []
    return "\n\n".join(parts) + "\n"
