"""`transpipe explain`: the catalogue of diagnostics, for people."""

from __future__ import annotations

import difflib
import textwrap

from transpiler import catalogue, report
from transpiler.app.place import WrongUsage


def explanation(code: str) -> str:
    """The meaning of a diagnostic, an example, and the fix. Raises WrongUsage if there is no diagnostic of that
    code."""
    code, codes = code.strip("[]").lower(), catalogue.codes()
    if code not in codes:
        near = difflib.get_close_matches(code, codes, n=1)
        hint = f"did you mean {near[0]}?" if near else "`transpipe explain --list` lists all"
        raise WrongUsage(f"no diagnostic is called {code}; {hint}")
    entry = catalogue.entry(code)
    parts = [
        f"{code} ({entry.severity}): {entry.title}",
        textwrap.fill(entry.meaning, 100),
        f"Example:\n\n{textwrap.indent(entry.example, '    ')}",
        textwrap.fill(f"Fix: {entry.fix}", 100),
        f"This is also in {report.page(code)}.",
    ]
    parts += [textwrap.fill(entry.fixed_when, 100)] if entry.fixed_when else []
    return "\n\n".join(parts) + "\n"


def listing() -> str:
    """All codes, each on a line with its severity and title, by area."""
    entries = [catalogue.entry(code) for code in catalogue.codes()]
    width = max(len(entry.code) for entry in entries)
    parts = []
    for area in sorted({entry.area for entry in entries}, key=str.lower):
        own = [f"  {e.code:<{width}}  {e.severity:<7}  {e.title}" for e in entries if e.area == area]
        parts.append("\n".join([f"{area[0].upper()}{area[1:]}", *own]))
    return "\n\n".join(parts) + "\n"
