"""Collects the results of lowering the steps of one stage, and finds the function that lowers a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from transpiler.lowering.program_scope import Draft
from transpiler.lowering.shell import Lines
from transpiler.program import Archive, CredentialUse, Deployment, Report, TriggerCall
from transpiler.records import dataclass


@dataclass(slots=True)
class Body:
    """The lines of a program's sections, and those fields of `StageProgram` that only one kind of step fills in.
    `programs` are the commands of the site that its steps call, which not every machine has."""

    sections: list[tuple[str, list[str]]] = field(default_factory=list)
    credentials: list[CredentialUse] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    takes: bool = False
    archives: list[Archive] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    programs: list[str] = field(default_factory=list)
    trigger: TriggerCall | None = None
    publishes: str = ""
    releases: str = ""
    uninstall: Lines = ()
    deployment: Deployment | None = None
    services: list[str] = field(default_factory=list)

    def add(self, heading: str, lines: Lines) -> None:
        """Appends lines to the section with this heading."""
        if self.sections and self.sections[-1][0] == heading:
            self.sections[-1][1].extend(lines)
        elif lines:
            self.sections.append((heading, list(lines)))


Lower: TypeAlias = Callable[[Any, Draft, Body], None]


@cache
def lowerer(step: str) -> Lower:
    """Returns the function `lower` of the module that has the name of the step; its first argument is that step.

    The module is imported only now, so that a run imports only the steps that its config has."""
    lower: Lower = import_module(f"transpiler.lowering.{step}").lower
    return lower
