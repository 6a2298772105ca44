"""Lays out shell code: breaks long commands between options, and indents blocks.

A line is a logical line of a program (see `program.StageProgram.lines`). Knows no value and no step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from transpiler.quoting import sh

Lines: TypeAlias = tuple[str, ...]

WIDTH = 110

FUNCTIONS = (
    frozenset({"as_tag", "f", "header", "inside", "json", "no_link", "promote", "slug", "write_login"})
    | {"alive", "end_after", "processes"}
    | {f"{verb}_{what}" for verb in ("give", "take") for what in ("files", "image", "values")}
    | {"cluster_state", "inside_file", "my_turn", "of_release", "put_back", "revisions"}
    | {"copy_after_failure", "log_in", "no_registry", "service_failed", "service_ready", "services_ended"}
)
"""The functions that programs define, and those that a target defines in the shell that runs programs."""


def call(words: Sequence[str]) -> str:
    """A command of the site as shell words. A shell would call a function of the same name instead, and `promote` would
    call itself without end."""
    text = " ".join(map(sh, words))
    return f"command {text}" if words and words[0] in FUNCTIONS else text


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
