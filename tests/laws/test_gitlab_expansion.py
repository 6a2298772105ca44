"""What GitLab expands comes out as it was: it looks for variables where a config's texts stand outside of `script`.

By GitLab's documentation (CI/CD variables, "Where variables can be used"): `$NAME`, `${NAME}` and `%NAME%` are
replaced, `$$` becomes `$`, and nothing is in a variable that says `expand: false`. Paths of artifacts are patterns,
too, as the Go library doublestar reads them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import yaml
from support import plans
from support.drawing import drawn, texts

from transpiler.frontend.profiles import load
from transpiler.program import Archive, Parameter, StageProgram, TriggerCall
from transpiler.targets import TARGETS

GITLAB = TARGETS["gitlab"]

Told = Callable[[str, object], None]
VARIABLE = re.compile(r"\$\$|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|%([A-Za-z_]\w*)%", re.ASCII)
META = re.compile(r"\\(.)|\[(.)\]|([*?\[{])", re.DOTALL)


def expanded(text: str) -> str:
    """With every variable's value in its place."""
    return VARIABLE.sub(lambda found: "$" if found[0] == "$$" else "<a secret>", text)


def only_match(pattern: str) -> str | None:
    """The one path that a pattern matches; None where it may match others."""
    if any(found[3] for found in META.finditer(pattern)):
        return None
    return META.sub(lambda found: found[1] or found[2], pattern)


def job_of(stage: StageProgram) -> dict[str, Any]:
    profile = load.decode({"triggers": {"docs": {"gitlab": "team/docs"}}})
    (file,) = GITLAB.emit(plans.plan(plans.pipeline("p", stage)), profile, frozenset())
    jobs: dict[str, Any] = yaml.safe_load(file.body)
    return next(job for name, job in jobs.items() if name.startswith("p-a"))


def test_a_parameter_of_what_is_triggered_is_not_expanded(count: int, record_property: Told) -> None:
    cases = drawn(texts, record_property, count)
    parameters = tuple(Parameter(f"P{i}", text, "") for i, text in enumerate(cases))
    stage = replace(plans.stage("a"), lines=(), trigger=TriggerCall("docs", parameters, propagate=True, wait=False))
    variables = job_of(stage)["variables"]
    assert list(variables.values()) == [{"value": text, "expand": False} for text in cases]


def test_the_path_of_an_artifact_means_itself_alone(count: int, record_property: Told) -> None:
    cases = [text for text in drawn(texts, record_property, count) if text]
    stage = replace(plans.stage("a"), archives=tuple(Archive(text, directory=False) for text in cases))
    paths = job_of(stage)["artifacts"]["paths"]
    assert [only_match(expanded(path)) for path in paths] == cases
