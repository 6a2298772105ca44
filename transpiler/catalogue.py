"""The catalogue of diagnostics: what each code means, an example, and the fix; one file for each code in
`schemas/diagnostics/`."""

from __future__ import annotations

from transpiler.records import dataclass
from transpiler.resources import directory, read_text
from transpiler.yaml_loader import load

_FOLDER = "schemas/diagnostics"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue says of one code. The texts are plain text with `code` in backquotes; `example` is YAML."""

    code: str
    severity: str
    area: str
    title: str
    meaning: str
    example: str
    fix: str
    automatic: str = ""

    @property
    def fixed_when(self) -> str:
        """A sentence about when `lint --fix` makes the change, "" if it never does."""
        when = "" if self.automatic == "always" else f" {self.automatic}"
        return f"`transpipe lint --fix` does this{when}." if self.automatic else ""


def codes() -> tuple[str, ...]:
    """All codes, sorted."""
    return tuple(sorted(path.stem for path in directory(_FOLDER).glob("*.yaml")))


def entry(code: str) -> Entry:
    """What the catalogue says of a code. Raises FileNotFoundError if it has none of that name."""
    held = load(read_text(_FOLDER, f"{code}.yaml"))
    return Entry(
        code=code,
        severity=held["severity"],
        area=held["area"],
        title=held["title"].strip(),
        meaning=held["meaning"].strip(),
        example=held["example"].rstrip(),
        fix=held["fix"].strip(),
        automatic=held.get("automatic", ""),
    )
