"""`transpipe explain`: the catalogue of diagnostics, for people."""

from __future__ import annotations

import difflib
import textwrap

from transpiler.app.place import WrongUsage
from transpiler.resources import directory, read_text
from transpiler.yaml_loader import load

_FOLDER = "schemas/diagnostics"
"""One file for each diagnostic, named after its code."""


def explanation(code: str) -> str:
    """The meaning of a diagnostic, an example, and the fix. Raises WrongUsage if there is no diagnostic of that
    code."""
    code = code.strip("[]").lower()
    codes = sorted(path.stem for path in directory(_FOLDER).glob("*.yaml"))
    if code not in codes:
        near = difflib.get_close_matches(code, codes, n=1)
        raise WrongUsage(f"no diagnostic is called {code}" + (f"; did you mean {near[0]}?" if near else ""))
    entry = load(read_text(_FOLDER, f"{code}.yaml"))
    parts = [
        f"{code} ({entry['severity']}): {entry['title']}",
        textwrap.fill(entry["meaning"].strip(), 100),
        f"Example:\n\n{textwrap.indent(entry['example'].rstrip(), '    ')}",
        textwrap.fill(f"Fix: {entry['fix'].strip()}", 100),
    ]
    return "\n\n".join(parts) + "\n"
