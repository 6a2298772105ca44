"""A stage's label: its name in lines that fit a box, and what it does below.

Widths are counted in cells of a terminal, of which a wide character (Chinese, emoji) takes two, for the pictures use a
font in which all cells are equally wide.
"""

from __future__ import annotations

from transpiler.cells import first, width
from transpiler.ir import Stage
from transpiler.records import dataclass
from transpiler.steps import remarks, summary

CELL = 7.8
"""The width of a cell in pixels, with text of 13 pixels."""
SMALL_CELL = CELL * 11 / 13
"""The same with text of 11 pixels, in which the note is."""
LINE = 17
_CELLS = 30
_NOTE_CELLS = 48
_LINES = 3
_CUT = "…"


@dataclass(frozen=True, slots=True)
class Label:
    """What is written in a box: the lines of the name, and a note below them, "" for none. `whole` says all of it,
    also what was cut."""

    name: tuple[str, ...]
    note: str
    whole: str

    @property
    def pixels(self) -> float:
        """The width of the widest line in pixels."""
        return max(*(width(line) * CELL for line in self.name), width(self.note) * SMALL_CELL)

    @property
    def lines(self) -> int:
        """The number of lines."""
        return len(self.name) + bool(self.note)


def label(stage: Stage) -> Label:
    """The label of a stage."""
    name = visible(stage.name)
    note = visible(", ".join(filter(None, (*remarks(stage), summary(stage)))))
    return Label(_lines(name), _shortened(note, _NOTE_CELLS), f"{name}: {note}" if note else name)


def visible(text: str) -> str:
    """The text on one line, with characters that cannot be seen as escapes: XML has no form for some of them, and some
    change the direction of what follows."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _lines(name: str) -> tuple[str, ...]:
    """The name in lines, broken after a separator where there is one; what does not fit is cut."""
    lines: list[str] = []
    while width(name) > _CELLS and len(lines) < _LINES - 1:
        line = first(name, _CELLS)
        at = max((line.rfind(c) + 1 for c in " -_./,:"), default=0)
        line = line[:at] if at > _CELLS // 3 else line
        lines.append(line)
        name = name[len(line) :]
    return (*lines, _shortened(name, _CELLS))


def _shortened(text: str, cells: int) -> str:
    return text if width(text) <= cells else first(text, cells - 1) + _CUT
