"""`transpipe explain`: the catalogue of diagnostics, for people."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Mapping
from functools import cache

import yaml

from transpiler.app.place import WrongUsage
from transpiler.resources import read_text


def explanation(code: str) -> str:
    """What a diagnostic means, an example, the mend. Raises WrongUsage on a code that no diagnostic has."""
    catalogue, code = _catalogue(), code.strip("[]").lower()
    if code not in catalogue:
        near = difflib.get_close_matches(code, catalogue, n=1)
        raise WrongUsage(f"no diagnostic is called {code}" + (f"; did you mean {near[0]}?" if near else ""))
    entry = catalogue[code]
    parts = [
        f"{code} ({entry['severity']}): {entry['title']}",
        textwrap.fill(entry["meaning"].strip(), 100),
        f"Example:\n\n{textwrap.indent(entry['example'].rstrip(), '    ')}",
        textwrap.fill(f"Mend: {entry['mend'].strip()}", 100),
    ]
    return "\n\n".join(parts) + "\n"


@cache
def _catalogue() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = yaml.load(
        read_text("schemas", "diagnostics.yaml"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    return found
