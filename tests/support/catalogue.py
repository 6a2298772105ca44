"""The catalogue of diagnostics as the tests read it: every file of `schemas/diagnostics/`."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from transpiler.resources import directory

AREAS = (
    "YAML",
    "keys and values",
    "references and values",
    "stages and graph",
    "build files",
    "steps",
    "credentials",
    "profile and targets",
    "house rules",
    "older dialects",
    "generated files",
    "jobs on Jenkins",
)
"""The parts of `docs/diagnostics.md`, in their order; each diagnostic is in one."""

CATALOGUE: Mapping[str, Mapping[str, str]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted(directory("schemas/diagnostics").iterdir())
}
"""Code to its area, severity, title, meaning, example and fix, and when `lint --fix` makes that change."""
