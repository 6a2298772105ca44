"""Stages with a `matrix` (`docs/language.md`, "matrix"): what they stand for, and every mistake in one."""

from __future__ import annotations

import pytest
from support.compiling import Compiled, compile_text

from transpiler.expressions import Ref, Source, Text
from transpiler.ir import Build, Run


def compiled(matrix: str, *stages: str, execution: str = "", rest: str = "build: test") -> Compiled:
    """A pipeline with a stage `unit` that has this matrix, and further stages."""
    lines = "".join(f"      - {stage}\n" for stage in (f"{{name: unit, matrix: {matrix}, {rest}}}", *stages))
    arcs = f"execution: {execution}" if execution else "fetch: {}"
    return compile_text(f"pipelines:\n  test:\n    dockerfile: Dockerfile\n    {arcs}\n    stages:\n{lines}")


def names(made: Compiled) -> list[str]:
    assert not made.codes, made.diagnostics
    return [stage.name for stage in made.pipeline.stages]


def test_the_stage_stands_for_one_for_each_combination_the_last_name_moving_fastest() -> None:
    made = compiled("{node: ['18', '20'], db: [mysql, postgres]}")
    assert names(made) == ["unit-18-mysql", "unit-18-postgres", "unit-20-mysql", "unit-20-postgres"]
    assert made.pipeline.graph.edges == ()


def test_an_item_of_exclude_leaves_out_all_combinations_that_have_its_values() -> None:
    both = "{node: [18, 20], exclude: [{node: '18', db: postgres}], db: [mysql, postgres]}"
    assert names(compiled(both)) == ["unit-18-mysql", "unit-20-mysql", "unit-20-postgres"]
    one = "{node: [18, 20], db: [mysql, postgres], exclude: [{db: mysql}]}"
    assert names(compiled(one)) == ["unit-18-postgres", "unit-20-postgres"]


def test_values_are_taken_as_they_are_written() -> None:
    made = compiled("{v: [1.10, 012, yes, 2020-01-01]}", rest="run: {image: 'x:${.v}'}")
    images = [step.image.literal for stage in made.pipeline.stages for step in stage.steps if isinstance(step, Run)]
    assert images == ["x:1.10", "x:012", "x:yes", "x:2020-01-01"]


def test_the_way_in_which_other_engines_read_a_matrix_is_answered_with_ours() -> None:
    made = compiled("{node: ['18', '20']}", rest="run: {image: 'x:${matrix.node}'}")
    assert {(found.code, found.hint) for found in made.diagnostics} == {("matrix-value", "Write `${.node}`.")}


def test_a_stage_may_be_called_matrix() -> None:
    first, unit = "{name: matrix, build: test}", "{node: ['18']}"
    made = compiled(unit, first, execution="[[matrix, unit]]", rest="run: {image: '${matrix.imageID}'}")
    assert not made.codes


def test_a_name_is_cleaned_like_a_tag() -> None:
    assert names(compiled("{branch: [Release/1.0, 'a b', '']}")) == ["unit-release-1.0", "unit-a-b", "unit-"]


def test_an_arc_through_the_stage_is_one_through_every_member() -> None:
    after = "{name: after, matrix: {x: [1, 2]}, build: test}"
    made = compiled("{node: [18, 20]}", after, "{name: last}", execution="[[unit, after], [unit-18, last]]")
    assert made.pipeline.graph.edges == (
        ("unit-18", "after-1"),
        ("unit-18", "after-2"),
        ("unit-18", "last"),
        ("unit-20", "after-1"),
        ("unit-20", "after-2"),
    )


def test_without_execution_what_comes_next_waits_for_all_members_which_run_side_by_side() -> None:
    made = compiled("{node: [18, 20]}", "{name: last}")
    assert made.pipeline.graph.edges == (("unit-18", "last"), ("unit-20", "last"))


def test_a_stage_with_nothing_else_builds_the_variants_of_its_members() -> None:
    made = compile_text("pipelines: {test: {stages: [{name: unit, matrix: {node: [18, 20]}}]}}")
    variants = [
        step.variant.literal for stage in made.pipeline.stages for step in stage.steps if isinstance(step, Build)
    ]
    assert variants == ["unit-18", "unit-20"]


def test_another_stage_reads_a_member_by_its_name_and_the_values_of_its_combination() -> None:
    last = "{name: last, run: {image: '${unit-18.imageID}', arguments: ['${unit-20.node}']}}"
    made = compiled("{node: [18, 20]}", last)
    assert not made.codes
    (step,) = made.stage("last").steps
    assert isinstance(step, Run)
    assert step.image == Text((Ref(Source.STAGE, "imageID", "unit-18"),))
    assert step.arguments.items == (Text(("20",)),)


def test_a_member_whose_name_has_dots_is_read_by_its_whole_name() -> None:
    last = "{name: last, run: {image: '${unit-3.11.imageID}', arguments: ['${unit-3.9.python}', '${unit-3.10.a.b}']}}"
    made = compiled("{python: [3.9, 3.10, 3.11]}", last, rest="build: test, exports: {a.b: x}")
    assert not made.codes, made.diagnostics
    (step,) = made.stage("last").steps
    assert isinstance(step, Run)
    assert step.image == Text((Ref(Source.STAGE, "imageID", "unit-3.11"),))
    assert step.arguments.items == (Text(("3.9",)), Text(("x",)))


def test_all_tags_of_a_member_whose_name_has_dots_can_be_read() -> None:
    loop = "run: {arguments: {$each: tag, $in: '${unit-3.11.imageTags}'}}"
    made = compiled("{v: [3.11]}", f"{{name: last, build: x, {loop}}}", rest="build: test, publish: {image: true}")
    assert not [code for code in made.codes if code != "untested-publish"], made.diagnostics


def test_the_first_dot_ends_the_name_if_a_stage_has_that_name() -> None:
    other = "{name: unit-3, build: test, exports: {11.imageID: mine}}"
    last = "{name: last, run: {image: x, arguments: ['${unit-3.11.imageID}']}}"
    made = compiled("{v: [3.11]}", other, last)
    (step,) = made.stage("last").steps
    assert isinstance(step, Run)
    assert step.arguments.items == (Text(("mine",)),)


def test_in_yield_the_stage_reads_its_own_values_by_the_name_that_is_written() -> None:
    loop = "run: {arguments: {$each: x, $in: [a], $yield: '${.x} ${unit.node}'}}"
    made = compiled("{node: [18, 20]}", rest=f"build: test, {loop}")
    assert not made.codes, made.diagnostics
    runs = [step for stage in made.pipeline.stages for step in stage.steps if isinstance(step, Run)]
    assert [run.arguments.items for run in runs] == [(Text(("a 18",)),), (Text(("a 20",)),)]


def test_a_mistake_in_the_stage_is_reported_once_and_one_of_a_single_member_too() -> None:
    made = compiled("{node: [18, 20, 22]}", rest="build: test, run: {arguments: ['${.nothing}']}")
    assert made.codes == ["unbound-value"]
    odd = compiled("{policy: [always, never, sometimes]}", rest="build: {imagePullPolicy: '${.policy}', variant: x}")
    assert odd.codes == ["bad-value"]


@pytest.mark.parametrize("default", ["", "|none"])
def test_reading_the_stage_itself_is_an_error_that_names_the_members(default: str) -> None:
    made = compiled("{node: [18, 20]}", f"{{name: last, run: {{image: '${{unit.imageID{default}}}'}}}}")
    assert made.codes == ["matrix-value"]
    assert "`unit-18` and `unit-20`" in made.diagnostics[0].message
    assert made.diagnostics[0].hint == "Name one of them: `${unit-18.imageID}`."


@pytest.mark.parametrize(
    ("matrix", "code", "said"),
    [
        pytest.param("{v: [a/b, a-b]}", "matrix-clash", "`{v: a/b}` and `{v: a-b}`", id="two values alike"),
        pytest.param("{v: [a, a]}", "matrix-clash", "`unit-a`", id="a value twice"),
        pytest.param("{v: [other]}", "matrix-clash", "which another stage has", id="another stage"),
        pytest.param("{}", "matrix-empty", "no combination,", id="no list"),
        pytest.param("{v: []}", "matrix-empty", "no combination,", id="an empty list"),
        pytest.param("{exclude: []}", "matrix-empty", "no combination,", id="only exclude"),
        pytest.param("{v: [1], exclude: [{v: 1}]}", "matrix-empty", "no combination left", id="all excluded"),
        pytest.param("{v: [1], exclude: [{w: 1}]}", "matrix-exclude", "no list `w`", id="excluded name"),
        pytest.param("{v: ['1.1'], exclude: [{v: 1.10}]}", "matrix-exclude", "no value `1.10`", id="excluded value"),
        pytest.param(f"{{v: {[*range(65)]}}}", "matrix-too-large", "stands for 65 stages", id="65 members"),
        pytest.param(
            f"{{a: {[*range(65)]}, b: {[*range(64)]}, exclude: [{{a: 1}}]}}",
            "matrix-too-large",
            "has 4,160 combinations",
            id="too many combinations",
        ),
        pytest.param("{'a name': [1]}", "bad-name", "`a name`", id="no name"),
        pytest.param("{imageID: [1]}", "already-bound", "`imageID`", id="what build binds"),
        pytest.param("{stage: [1]}", "already-bound", "`stage`", id="what every stage binds"),
        pytest.param(f"{{{'v' * 151}: [1]}}", "name-too-long", "151 characters", id="a long name"),
        pytest.param("{v: 1}", "wrong-type", "a list", id="no list"),
        pytest.param("[v]", "wrong-type", "a mapping of lists", id="no mapping"),
        pytest.param("{v: [[1]]}", "wrong-type", "a string", id="a list of lists"),
        pytest.param("{v: [1], exclude: [{}]}", "bad-value", "", id="an empty item"),
    ],
)
def test_a_mistake_in_the_matrix(matrix: str, code: str, said: str) -> None:
    made = compiled(matrix, "{name: unit-other, build: test}")
    assert made.codes == [code], made.diagnostics
    assert said in made.diagnostics[0].message


def test_64_members_are_accepted_of_however_many_combinations() -> None:
    assert len(names(compiled(f"{{v: {[*range(64)]}}}"))) == 64
    items = ", ".join(f"{{a: {i}}}" for i in range(1, 64))
    assert len(names(compiled(f"{{a: {[*range(64)]}, b: {[*range(64)]}, exclude: [{items}]}}"))) == 64


def test_a_member_may_not_have_a_reserved_or_empty_name() -> None:
    reserved = "pipelines: {test: {dockerfile: D, stages: [{name: '-', matrix: {v: [setup]}, build: x}]}}"
    assert compile_text(reserved).codes == ["matrix-clash"]
    empty = "pipelines: {test: {dockerfile: D, stages: [{name: '.', matrix: {v: ['']}, build: x}]}}"
    assert compile_text(empty).codes == ["matrix-clash"]


def test_an_export_under_the_name_of_a_list_is_an_error() -> None:
    assert compiled("{node: [18]}", rest="build: test, exports: {node: '1'}").codes == ["already-bound"]


def test_a_matrix_that_no_arc_reaches_is_reported_once_and_a_single_member_by_its_name() -> None:
    whole = compiled("{node: [18, 20]}", "{name: last}", execution="[[last]]")
    assert [d.message for d in whole.diagnostics] == ["Stage `unit` is in no arc, so it never runs."]
    part = compiled("{node: [18, 20]}", execution="[[unit-18]]")
    assert [d.message for d in part.diagnostics] == ["Stage `unit-20` is in no arc, so it never runs."]


def test_an_arc_that_names_no_stage_is_answered_with_the_near_member() -> None:
    made = compiled("{node: [18, 20]}", execution="[[unit-19]]")
    assert "unknown-stage" in made.codes
    assert any("`unit-18`" in d.hint or "`unit-20`" in d.hint for d in made.diagnostics)


def test_too_many_arcs_between_members_are_refused() -> None:
    large = "{name: %s, matrix: {v: [" + ", ".join(map(str, range(64))) + "]}, build: test}"
    made = compiled("{v: [1]}", *(large % name for name in ("a", "b", "c", "d")))
    assert made.codes == ["too-many-arcs"]


def test_matrices_that_expand_to_too_much_are_refused() -> None:
    large = "{name: s%s, matrix: {v: [" + ", ".join(map(str, range(64))) + "]}, build: test}"
    made = compiled("{v: [1]}", *(large % number for number in range(200)), execution="[[unit]]")
    assert "too-much-work" in made.codes
