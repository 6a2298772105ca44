"""All in one run: what targets need is told beside what the front end finds, and nothing that only follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.repositories import compiled, make

HEAD = "project: team/ores\npipelines:\n"
SHIP = "{name: production, build: production, publish: {image: true}}"


def codes(tmp_path: Path, pipelines: str, profile: str = "default") -> list[str]:
    outcome = compiled(make(tmp_path, HEAD + pipelines), profile)
    assert not outcome.files
    return [f"{d.span.line if d.span else 0}: {d.code}" for d in outcome.diagnostics if d.severity == "error"]


@pytest.mark.parametrize(
    ("pipelines", "expected"),
    [
        pytest.param(
            f"  a: {{stages: [{SHIP}, {{name: up, deploy: {{image: x, tag: y, cluster: z}}}}]}}\n",
            ["3: profile-lacks"] * 3,
            id="a cluster, a chart repository and a registry",
        ),
        pytest.param(
            "  a: {stages: [{name: x, build: test, exports: {a: '${.nothing}'}}]}\n"
            f"  b: {{stages: [{SHIP}]}}\n",
            ["3: unbound-value", "4: profile-lacks"],
            id="a mistake in one pipeline, a registry for another",
        ),
        pytest.param(
            "  a: {stages: [{name: x, trigger: {name: t}, build: test, notify: {email: {to: a@b.c}}}]}\n",
            ["3: trigger-not-allowed"],
            id="a pipeline with a hole is not put before the targets",
        ),
        pytest.param(
            f"  a: {{execution: [[production, x]], stages: [{SHIP}]}}\n  b: {{stages: []}}\n",
            ["3: unknown-stage"],
            id="no pipeline that is whole and needs something",
        ),
    ],
)
def test_errors_of_both_ends_come_together(pipelines: str, expected: list[str], tmp_path: Path) -> None:
    assert codes(tmp_path, pipelines) == expected


def test_what_the_profile_lacks_is_said_once(tmp_path: Path) -> None:
    deploy = "deploy: {image: x, tag: y}"
    stages = f"[{{name: a, {deploy}}}, {{name: b, {deploy}}}]"
    found = codes(tmp_path, f"  a: {{stages: {stages}}}\n  b: {{stages: {stages}}}\n")
    assert found == ["3: profile-lacks"] * 3, "the cluster, the chart repository and the registry"


def test_pipelines_that_share_a_mistake_by_an_alias_both_have_a_hole(tmp_path: Path) -> None:
    """The mistake is said once; the second pipeline is no more whole than the first."""
    stages = f"&s [{{name: x, trigger: {{name: t}}}}, {SHIP}]"
    assert codes(tmp_path, f"  a: {{stages: {stages}}}\n  b: {{stages: *s}}\n") == ["3: trigger-not-allowed"]
