"""`attempts` of a stage: the forms that it can have, and every mistake in one."""

from __future__ import annotations

import pytest
from support.compiling import Compiled, compile_text


def compiled(keys: str) -> Compiled:
    """A pipeline with one stage that has these keys."""
    return compile_text(f"pipelines: {{test: {{dockerfile: D, stages: [{{name: unit, {keys}}}]}}}}")


@pytest.mark.parametrize(("written", "attempts"), [("1", None), ("2", 2), ("5", 5), ("0x3", 3)])
def test_a_number_from_1_to_5(written: str, attempts: int | None) -> None:
    made = compiled(f"build: x, run: true, attempts: {written}")
    assert not made.codes, made.diagnostics
    assert made.stage("unit").attempts == attempts


@pytest.mark.parametrize("written", ["0", "6", "-1", "2.5", "'2'", "true", "[2]"])
def test_anything_else_is_an_error(written: str) -> None:
    made = compiled(f"build: x, run: true, attempts: {written}")
    assert set(made.codes) & {"bad-value", "wrong-type"}, made.diagnostics


@pytest.mark.parametrize(
    "step", ["publish: {image: true}", "promote: true", "deploy: {chart: x}", "trigger: {name: docs}"]
)
def test_what_must_not_be_done_twice_is_refused(step: str) -> None:
    made = compiled(f"build: x, run: true, attempts: 2, {step}")
    assert "attempts-not-allowed" in made.codes, made.diagnostics
    found = next(d for d in made.diagnostics if d.code == "attempts-not-allowed")
    assert f"`{step.partition(':')[0]}`" in found.message


def test_one_attempt_is_allowed_in_every_stage() -> None:
    assert "attempts-not-allowed" not in compiled("build: x, attempts: 1, publish: {image: true}").codes


def test_a_stage_that_runs_nothing_is_warned_of() -> None:
    assert compiled("build: x, attempts: 2").codes == ["attempts-without-run"]


def test_every_member_of_a_matrix_has_the_attempts() -> None:
    made = compiled("build: x, run: true, attempts: 2, matrix: {v: [1, 2]}")
    assert [stage.attempts for stage in made.pipeline.stages] == [2, 2]
