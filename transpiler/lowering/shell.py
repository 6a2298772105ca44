"""How shell code is laid out: long commands broken option by option, blocks indented.

A line is a logical line of a program (see `program.StageProgram.lines`). Knows no value and no step.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Lines: TypeAlias = tuple[str, ...]

WIDTH = 110


def command(*groups: str) -> Lines:
    """One command; each group are words that stay together. Broken with ` \\` where it gets longer than WIDTH."""
    lines: list[str] = []
    line = ""
    for group in groups:
        if not group:
            continue
        wider = f"{line} {group}" if line else group
        if line and len(wider) - wider.rfind("\n") > WIDTH - 1:  # a literal that holds newlines goes on at column 0
            lines.append(line + " \\")
            line = "    " + group
        else:
            line = wider
    return (*lines, line)


def indent(lines: Iterable[str]) -> Lines:
    """The lines inside a block."""
    return tuple(f"    {line}" for line in lines)


def join_commands(lines: Lines, ending: str) -> Lines:
    """The lines with `ending` after the last one: a redirection, a pipe."""
    return (*lines[:-1], lines[-1] + ending)
