"""Names of archived files: which characters all engines' own steps for artifacts take as they are."""

from __future__ import annotations

REFUSED = ",*?$\\"
"""What some engine reads otherwise wherever it stands."""

ALLOWED = "".join(c for c in map(chr, range(0x20, 0x7F)) if c not in f"{REFUSED}/") + "\té"

NAMES = (
    *(f"a{ALLOWED[i : i + 12]}z" for i in range(0, len(ALLOWED), 12)),
    "[ab]",
    "{a;b}",
    "%HOME%",
    "~",
    "#x#",
    "-x",
    "é ü",
    "a [z-a] {%HOME%} ~",
)
"""Names that hold all of the allowed ones, and those that are patterns, variables or backups to somebody."""
