"""What the list of mutations must have: one for each function that writes a user's text in some language."""

from __future__ import annotations

import inspect

from jinja2 import Environment

from transpiler import quoting
from transpiler.lowering import json_text
from transpiler.targets import render
from transpiler.targets.gitlab import group_job
from transpiler.targets.zuul import sources

from . import mutations

ELSEWHERE = {"harmless": sources.harmless, "literal": group_job.literal, "quoted": json_text.quoted}
"""Those of one engine or one format, which stand beside their only use: Ansible's texts, GitLab's patterns, JSON."""


def public(module: object) -> set[str]:
    """The functions that a module defines for others."""
    own = getattr(module, "__name__", "")
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and inspect.unwrap(value).__module__ == own
    }


def test_each_quoting_function_is_broken_by_a_mutation() -> None:
    broken = {mutation.function for mutation in mutations.ALL} - {""}
    assert broken == public(quoting) | ELSEWHERE.keys()


def test_templates_quote_with_these_functions_and_no_other() -> None:
    ours = [value for name, value in render.environment().filters.items() if name not in Environment().filters]
    assert {inspect.unwrap(value).__name__ for value in ours} <= public(quoting)
