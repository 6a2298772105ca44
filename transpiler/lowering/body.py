"""What the steps of one stage give, one after another, and which function lowers each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from transpiler.lowering.program_scope import Draft
from transpiler.lowering.shell import Lines
from transpiler.program import Archive, CredentialUse, TriggerCall
from transpiler.records import dataclass


@dataclass(slots=True)
class Body:
    """The lines of a program's sections, and what is to be known of it beside them: the fields of `StageProgram` that
    only one kind of step fills in."""

    sections: list[tuple[str, list[str]]] = field(default_factory=list)
    credentials: list[CredentialUse] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    takes: bool = False
    archives: list[Archive] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    trigger: TriggerCall | None = None
    publishes: str = ""
    releases: str = ""
    uninstall: Lines = ()

    def add(self, heading: str, lines: Lines) -> None:
        """Lines under a heading; further ones under the same heading follow."""
        if self.sections and self.sections[-1][0] == heading:
            self.sections[-1][1].extend(lines)
        elif lines:
            self.sections.append((heading, list(lines)))


Lower: TypeAlias = Callable[[Any, Draft, Body], None]


@cache
def lowerer(step: str) -> Lower:
    """The function `lower` of the module here that is called like the step, imported now: a run pays only for the
    steps that its config has. Its first argument is the step of that kind."""
    lower: Lower = import_module(f"transpiler.lowering.{step}").lower
    return lower
