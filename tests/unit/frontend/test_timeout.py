"""`timeout` of a stage: the forms that it can have, and every mistake in one."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.compiling import Compiled, compile_text

from transpiler.diagnostics import Severity
from transpiler.driver import Request, compile_config


def compiled(keys: str) -> Compiled:
    """A pipeline with one stage that has these keys."""
    text = f"pipelines: {{test: {{dockerfile: D, stages: [{{name: unit, {keys}}}]}}}}"
    return compile_text(text)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90", 90), ("'90'", 90), ("90s", 90), ("20m", 1200), ("2h", 7200), ("168h", 604_800), ("~", None), ("''", None)],
)
def test_a_limit_is_read_in_seconds(written: str, seconds: int | None) -> None:
    made = compiled(f"build: x, timeout: {written}")
    if seconds is not None:
        assert not made.codes, made.diagnostics
        assert made.stage("unit").timeout == seconds


@pytest.mark.parametrize("written", ["0", "-1", "1.5", "true", "90 s", "1d", "'0s'", "[1]", "169h", "604801"])
def test_anything_else_is_an_error(written: str) -> None:
    made = compiled(f"build: x, timeout: {written}")
    assert set(made.codes) & {"bad-value", "wrong-type"}, made.diagnostics


def test_a_stage_without_the_key_has_no_limit() -> None:
    assert compiled("build: x").stage("unit").timeout is None


def test_every_member_of_a_matrix_has_the_limit() -> None:
    made = compiled("build: x, timeout: 5m, matrix: {v: [1, 2]}")
    assert [stage.timeout for stage in made.pipeline.stages] == [300, 300]


@pytest.mark.parametrize(("wait", "codes"), [("true", ["timeout-with-trigger"]), ("false", [])])
def test_a_stage_with_a_limit_triggers_only_what_it_does_not_wait_for(
    wait: str, codes: list[str], tmp_path: Path
) -> None:
    (tmp_path / ".pipeline").mkdir()
    stage = f"{{name: unit, trigger: {{name: docs, wait: {wait}}}, timeout: 5m}}"
    (tmp_path / ".pipeline/config.yaml").write_text(f"pipelines: {{test: {{stages: [{stage}]}}}}\n")
    (tmp_path / ".pipeline/profile.yaml").write_text("triggers: {docs: {jenkins: docs}}\n")
    request = Request(tmp_path, ".pipeline/config.yaml", str(tmp_path / ".pipeline/profile.yaml"), ("jenkins",))
    found = compile_config(request).diagnostics
    assert [one.code for one in found if one.severity is Severity.ERROR] == codes
