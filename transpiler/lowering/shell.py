"""Lays out shell code: breaks long commands between options, and indents blocks.

A line is a logical line of a program (see `program.StageProgram.lines`). Knows no value and no step.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Lines: TypeAlias = tuple[str, ...]

WIDTH = 110


def command(*groups: str) -> Lines:
    """One command, broken with ` \\` into lines of at most WIDTH. The words of a group stay on one line."""
    lines: list[str] = []
    line = ""
    for group in groups:
        if not group:
            continue
        wider = f"{line} {group}" if line else group
        if line and len(wider) - wider.rfind("\n") > WIDTH - 1:  # after a newline in a literal, columns start at 0
            lines.append(line + " \\")
            line = "    " + group
        else:
            line = wider
    return (*lines, line)


def indent(lines: Iterable[str]) -> Lines:
    """The lines, indented as the inside of a block."""
    return tuple(f"    {line}" for line in lines)


def join_commands(lines: Lines, ending: str) -> Lines:
    """The lines with `ending`, such as a redirection or a pipe, after the last one."""
    return (*lines[:-1], lines[-1] + ending)
