"""`approve`: who is asked, when, and what does not cross."""

from __future__ import annotations

import pytest
from support.compiling import compile_text

from transpiler.ir import Approval

HEAD = """\
pipelines:
  test:
    dockerfile: Dockerfile
"""


def test_its_forms() -> None:
    found = compile_text(
        HEAD
        + """\
    stages:
      - {name: a, approve: true, build: test}
      - {name: b, approve: false, build: test}
      - {name: c, approve: {message: 'Go?', by: [anna, ops], timeout: 7d}}
      - {name: d, approve: {by: [anna]}, build: test}
"""
    )
    assert not found.codes
    assert [stage.approval for stage in found.pipeline.stages] == [
        Approval("", (), None),
        None,
        Approval("Go?", ("anna", "ops"), 7 * 24 * 3600),
        Approval("", ("anna",), None),
    ]


def test_a_person_is_asked_after_all_that_can_run_before() -> None:
    found = compile_text(
        HEAD
        + """\
    execution: [[a, b, c], [a, slow], [alone]]
    stages:
      - {name: a, build: test}
      - {name: b, approve: true, build: test}
      - {name: c, build: test}
      - {name: slow, build: test}
      - {name: alone, build: test}
"""
    )
    assert not found.codes
    assert set(found.pipeline.graph.edges) == {("a", "b"), ("b", "c"), ("a", "slow"), ("slow", "b"), ("alone", "b")}


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("build: test", "run: {image: '${a.imageID}'}"),
        ("build: test", "build: test, exports: {x: '${a.imageLocalName}'}"),
        ("build: test, run: true", "build: test, run: true, copy: [{from: '${a.container}', source: /x}]"),
        ("build: test, exports: {image: 'of ${.imageID}'}", "build: test, run: {arguments: ['${a.image}']}"),
        (
            "deploy: {image: i, tag: t, chart: {name: c}}",
            "build: test, run: {arguments: ['${a.releaseName}']}",
        ),
    ],
)
@pytest.mark.parametrize("gate", ["b", "c"])
def test_what_is_on_one_machine_does_not_cross(first: str, last: str, gate: str) -> None:
    asks = {name: "approve: true, " if name == gate else "" for name in "bc"}
    found = compile_text(
        HEAD
        + f"""\
    stages:
      - {{name: a, {first}}}
      - {{name: b, {asks["b"]}build: test}}
      - {{name: c, {asks["c"]}{last}}}
"""
    )
    assert "approve-crossed" in found.codes
    (said,) = (one for one in found.diagnostics if one.code == "approve-crossed")
    assert said.message.startswith("`c` needs `")
    assert " of `a`, " in said.message


def test_within_a_part_and_by_value_everything_passes() -> None:
    found = compile_text(
        HEAD
        + """\
    stages:
      - {name: a, build: test, run: {tail: 1}, exports: {x: 'y ${.output}'}, copy: [/x]}
      - {name: b, approve: true, build: test}
      - {name: c, run: {image: '${b.imageID}', arguments: ['${a.output}', '${a.x}', '${b.approvedBy}']}}
"""
    )
    assert not found.codes


@pytest.mark.parametrize(
    ("keys", "code", "message"),
    [
        ("approve: true, attempts: 2", "approve-not-together", "A stage with `attempts` cannot have `approve`."),
        ("approve: true, matrix: {v: [1, 2]}", "approve-not-together", "A stage with `matrix` cannot have `approve`."),
        ("approve: {by: ['a,b']}", "bad-value", "`by`: `a,b` is not the name of one user or group."),
        ("approve: {timeout: 31d}", "bad-value", "`timeout`: an answer may take at most 30 days."),
        ("approve: {who: [a]}", "unknown-key", ""),
        ("approve: {}", "bad-value", ""),
        ("approve:", "wrong-type", ""),
        ("approve: {timeout: 5w}", "wrong-type", ""),
    ],
)
def test_mistakes(keys: str, code: str, message: str) -> None:
    found = compile_text(HEAD + f"    stages: [{{name: a, {keys} , build: test, run: true}}]\n")
    assert set(found.codes) == ({code} if code else set())
    assert not message or message in [one.message for one in found.diagnostics]


def test_the_value_is_bound_only_where_somebody_is_asked() -> None:
    found = compile_text(HEAD + "    stages: [{name: a, build: test, run: {arguments: ['${.approvedBy}']}}]\n")
    assert found.codes == ["unbound-value"]
