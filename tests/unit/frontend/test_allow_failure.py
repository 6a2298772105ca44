"""`allowFailure` of a stage: what it allows, and what may be read of a stage that may fail."""

from __future__ import annotations

import pytest
from support.compiling import Compiled, compile_text

from transpiler.expressions import refs
from transpiler.ir import Run


def compiled(first: str, second: str = "build: x") -> Compiled:
    """A pipeline with two stages that have these keys, one after the other."""
    stages = f"[{{name: a, {first}}}, {{name: b, {second}}}]"
    return compile_text(f"pipelines: {{test: {{dockerfile: D, stages: {stages}}}}}")


@pytest.mark.parametrize(("written", "meant"), [("true", True), ("false", False), ("''", False)])
def test_a_flag(written: str, meant: bool) -> None:
    made = compiled(f"build: x, allowFailure: {written}")
    if written != "''":
        assert not made.codes, made.diagnostics
        assert made.stage("a").may_fail is meant


@pytest.mark.parametrize("key", ["output", "published", "imageName"])
def test_a_value_needs_a_default(key: str) -> None:
    keys = "build: x, run: {tail: 1}, publish: {image: true}, exports: {published: '${.publishedImage}'}"
    made = compiled(f"allowFailure: true, {keys}", f"run: {{image: i, arguments: ['${{a.{key}}}']}}")
    assert "may-fail-value" in made.codes
    found = next(d for d in made.diagnostics if d.code == "may-fail-value")
    assert f"`${{a.{key}|DEFAULT}}`" in found.hint
    made = compiled(f"allowFailure: true, {keys}", f"run: {{image: i, arguments: ['${{a.{key}|x}}']}}")
    assert "may-fail-value" not in made.codes
    (run,) = (step for step in made.stage("b").steps if isinstance(step, Run))
    (ref,) = refs(run.arguments)
    assert (ref.stage, ref.key, ref.default) == ("a", key, "x")


def test_a_known_value_is_not_known_any_more() -> None:
    made = compiled("allowFailure: true, exports: {word: known}", "run: {image: i, arguments: ['${a.word|x}']}")
    (run,) = (step for step in made.stage("b").steps if isinstance(step, Run))
    assert [ref.key for ref in refs(run.arguments)] == ["word"]


def test_the_stage_itself_reads_its_values_without_a_default() -> None:
    assert not compiled("allowFailure: true, build: x, run: {tail: 1}, exports: {a: '${.output}'}").codes


@pytest.mark.parametrize("key", ["imageID", "imageLocalName", "container"])
@pytest.mark.parametrize("default", ["", "|busybox"])
def test_what_is_only_on_the_daemon_cannot_be_used_elsewhere(key: str, default: str) -> None:
    made = compiled("allowFailure: true, build: x, run: true", f"run: {{image: '${{a.{key}{default}}}'}}")
    assert made.codes == ["may-fail-image"]


@pytest.mark.parametrize("key", ["imageID", "imageLocalName", "container"])
def test_nor_can_an_export_carry_it(key: str) -> None:
    made = compiled(f"allowFailure: true, build: x, run: true, exports: {{it: 'a ${{.{key}}}'}}")
    assert made.codes == ["may-fail-image"]
