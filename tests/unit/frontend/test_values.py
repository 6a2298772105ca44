"""The results of values (`docs/language.md`, "Values"): references, `$each`, `$merge`."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.compiling import arguments, compile_text

from transpiler.expressions import List, Loop, Ref, Source, Text, literal
from transpiler.ir import Deploy, Run, Variable

OUTPUT = Ref(Source.STAGE, "output", "first")


def text(*parts: str | Ref) -> Text:
    return Text(parts)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("${first.known}", text("here"), id="a value that is known is folded"),
        pytest.param("${first.output}", text(OUTPUT), id="a value of the running pipeline stays a reference"),
        pytest.param("a${first.known}b", text("ahereb"), id="known text is joined"),
        pytest.param("${first.output|none}", text(Ref(Source.STAGE, "output", "first", "none")), id="a default stays"),
        pytest.param("${first.zero}", text("0"), id="zero without a default is its text"),
        pytest.param("${first.zero|x}", text("x"), id="zero takes a default"),
        pytest.param("${first.none|x}", text("x"), id="an empty value takes a default"),
        pytest.param("${first.none}", text(), id="an empty value without a default is the empty text"),
        pytest.param("${first.nothing|x}", text("x"), id="an unbound value takes a default"),
        pytest.param("${.imageID}", text(Ref(Source.STAGE, "imageID", "unit")), id="a value of this stage"),
        pytest.param("${imageID}", text(Ref(Source.STAGE, "imageID", "unit")), id="also without its dot"),
        pytest.param("${HOME}", text("${HOME}"), id="a name without a dot that nothing binds stays as it is"),
        pytest.param("${HOME|/root}", text("/root"), id="or takes its default"),
        pytest.param("${setup.project}", text("team/ores"), id="the project is known"),
        pytest.param("${setup.projectShortName}", text("ores"), id="and so is its short name"),
        pytest.param("${setup.pipeline}/${.stage}", text("test/unit"), id="the pipeline's and the stage's name"),
        pytest.param("${setup.tag}", text(Ref(Source.SETUP, "tag")), id="setup's values are the engine's"),
        pytest.param("${setup.params.X}", text(Ref(Source.SETUP, "params.X")), id="parameters are not checked"),
        pytest.param("$${x:-y}", text("${x:-y}"), id="an escaped opening is plain text"),
        pytest.param("${#x}", text("${#x}"), id="what begins no name is plain text"),
    ],
)
def test_a_reference_stands_for(written: str, meant: Text) -> None:
    assert arguments(json.dumps([written])) == (meant,)


@pytest.mark.parametrize("written", ["1.10", "012", "yes", "0x1F", "1e3", "2001-12-14", "~x", "1_000", "22:30", "TRUE"])
def test_a_plain_scalar_stands_for_its_source_text(written: str) -> None:
    compiled = compile_text(
        f"pipelines: {{test: {{stages: [{{name: unit, build: test, run: {{env: {{A: {written}}}}}}}]}}}}"
    )
    (run,) = (s for s in compiled.stage("unit").steps if isinstance(s, Run))
    (entry,) = run.env.items
    assert entry == Variable(literal("A"), literal(written))


def each(**keys: object) -> str:
    return json.dumps({f"${k}": v for k, v in keys.items()})


LETTERS = st.text(st.sampled_from("ab ,;\n|é"), max_size=10)


@given(LETTERS, st.text(st.sampled_from(",; \n|é"), min_size=1, max_size=3))
def test_each_over_known_text_splits_at_every_delimiter_and_drops_empty_tokens(source: str, delimiter: str) -> None:
    expected, token = [], ""
    for character in source + delimiter[0]:
        if character in delimiter:
            expected += [token] if token else []
            token = ""
        else:
            token += character
    written = {"$each": "x", "$in": source, "$delimiter": delimiter, "$yield": "<${.x}>"}
    assert arguments(json.dumps(written)) == tuple(literal(f"<{t}>") for t in expected)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param(each(each="x", **{"in": "a\nb"}), ["a", "b"], id="the token itself where there is no yield"),
        pytest.param(each(each="x", **{"in": ["a b", "c"]}), ["a b", "c"], id="a list is not split"),
        pytest.param(
            each(each=["x", "y"], **{"in": "a  b c\nd e", "yield": "${x}${.y}"}),
            ["ab", "de"],
            id="words are split at spaces and surplus ones dropped",
        ),
        pytest.param(each(each="x", **{"in": ""}), [], id="nothing gives nothing"),
        pytest.param(each(merge=["a"], **{"with": ["b"]}), ["a", "b"], id="lists are concatenated"),
        pytest.param('[{"$merge": "a", "$with": "b"}]', ["ab"], id="texts are joined"),
        pytest.param(
            each(each="x", **{"in": {"$each": "y", "$in": "a\nb", "$yield": "${.y}1"}}),
            ["a1", "b1"],
            id="each over each",
        ),
        pytest.param(
            each(each="x", **{"in": "${first.known}", "yield": "${.x}/${HOME}"}),
            ["here/${HOME}"],
            id="a known value is split at compile time",
        ),
    ],
)
def test_computed_lists(written: str, meant: list[str]) -> None:
    assert arguments(written) == tuple(map(literal, meant))


def test_each_over_a_running_value_is_a_loop() -> None:
    written = each(each="x", **{"in": "${first.output}", "yield": "-${.x}-"})
    assert arguments(written) == (Loop(("x",), text(OUTPUT), "\n", text("-", Ref(Source.LOOP, "x"), "-")),)


def test_the_source_of_an_inner_each_sees_the_outer_token_and_its_yield_only_its_own() -> None:
    inner = {"$each": "y", "$in": "${.x}1 ${.x}2", "$delimiter": " ", "$yield": "${.y}"}
    nested = {"$each": "x", "$in": "a\nb", "$yield": inner}
    deploy = {"image": "i", "tag": "t", "overrides": {"list": nested}}
    compiled = compile_text(json.dumps({"pipelines": {"p": {"stages": [{"name": "a", "deploy": deploy}]}}}))
    (step,) = compiled.stage("a").steps
    assert isinstance(step, Deploy)
    assert step.overrides.get("list") == List(
        (List((literal("a1"), literal("a2"))), List((literal("b1"), literal("b2"))))
    )


def test_all_tags_can_be_gone_through() -> None:
    compiled = compile_text(
        """
        pipelines:
          p:
            stages:
              - {name: a, build: x, publish: {image: true}}
              - {name: b, build: x, run: {arguments: {$each: t, $in: '${a.imageTags}', $yield: '-${.t}'}}}
        """
    )
    assert compiled.codes == []
    (_, run) = compiled.stage("b").steps
    assert isinstance(run, Run)
    assert run.arguments.items == (
        Loop(("t",), text(Ref(Source.STAGE, "imageTags", "a")), "\n", text("-", Ref(Source.LOOP, "t"))),
    )


@pytest.mark.parametrize(
    ("stages", "codes"),
    [
        pytest.param(
            "[{name: a, build: x}, {name: b, build: x, run: {arguments: ['${b.imageID}']}}]",
            ["not-an-ancestor"],
            id="a stage by its own full name",
        ),
        pytest.param(
            "[{name: a, build: x, run: {arguments: ['${a.x|y}']}}]", ["not-an-ancestor"], id="not even with a default"
        ),
        pytest.param(
            "[{name: a, build: x, run: {arguments: ['${.output}']}}]", ["unbound-value"], id="a value before its step"
        ),
        pytest.param(
            "[{name: a, build: x, run: {arguments: ['${setup.projct}']}}]",
            ["unbound-value"],
            id="a misspelt value of setup",
        ),
        pytest.param(
            "[{name: a, build: x, run: {arguments: {$each: t, $in: a, $yield: '${.imageID}'}}}]",
            ["unbound-value"],
            id="the stage's own value in a yield",
        ),
        pytest.param(
            "[{name: a, build: x, run: {arguments: {$each: t, $in: a, $yield: '${a.imageID}'}}}]",
            [],
            id="but by its full name there",
        ),
        pytest.param(
            "[{name: a, build: x, run: {env: {A: '${SECRET}'}}}]",
            ["environment-not-allowed"],
            id="a variable of the job that is not allowed",
        ),
        pytest.param("[{name: a, build: x, run: {env: {A: '${ZUUL_BRANCH}'}}}]", [], id="one that is"),
        pytest.param("[{name: a, build: '${ZUUL_BRANCH}'}]", ["name-without-dot"], id="a variant without a dot"),
    ],
)
def test_what_cannot_be_read_is_said(stages: str, codes: list[str]) -> None:
    assert compile_text(f"pipelines: {{test: {{stages: {stages}}}}}").codes == codes


def test_texts_that_double_with_each_level_are_stopped_by_count() -> None:
    written: object = "ab"
    for _ in range(40):
        written = {"$each": "t", "$in": written, "$yield": "${.t}${.t}"}
    stage = {"name": "a", "build": "x", "run": {"arguments": written}}
    assert compile_text(json.dumps({"pipelines": {"p": {"stages": [stage]}}})).codes == ["too-much-work"]


@pytest.mark.parametrize("env", ["{A: [x]}", "[{A: {b: c}}]", "{$each: x, $in: 'a b', $yield: {A: [x]}}"])
def test_a_value_of_env_is_a_text(env: str) -> None:
    compiled = compile_text(
        f"""
        pipelines: {{p: {{stages: [{{name: unit, build: test, run: {{env: {env}}}}}]}}}}
        """
    )
    assert compiled.codes == ["wrong-type"]
