"""Which dialect a document is in, what is made of it, and in whose words mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.compiling import compile_text
from support.older_forms import BLUBBER, FLAT, document, one, with_files

from transpiler.diagnostics import Diagnostics
from transpiler.driver import Request, understand
from transpiler.frontend import dialects
from transpiler.frontend.dialects import Dialect, recognise
from transpiler.frontend.shape import schema
from transpiler.nodes import Node, Scalar, Sequence

A, B, C, V0 = Dialect.A, Dialect.B, Dialect.C, Dialect.V0


# ---- which dialect ----


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        pytest.param("[]", A, id="an empty list is A"),
        pytest.param("- {name: a, stage: test}", A, id="a list is A"),
        pytest.param(one("{variants: {test: a}}"), B, id="variants are B"),
        pytest.param(one("{variants: }"), B, id="empty variants are B"),
        pytest.param(one("{helmConfig: helm.yaml}"), B, id="a helm config is B"),
        pytest.param(one("{directory: src}"), B, id="a pipeline with only a directory is B"),
        pytest.param(one("{}"), B, id="an empty pipeline is B"),
        pytest.param("pipelines:\n  service:\n", B, id="a pipeline without a value is B"),
        pytest.param(one("{execution: [a, b]}"), C, id="bare names in execution are C"),
        pytest.param(one("{execution: [[a, b], c], stages: [{name: a}, {name: b}, {name: c}]}"), C, id="one is enough"),
        pytest.param(one("{execution: [[a, b]]}"), C, id="execution without stages is C"),
        pytest.param(one("{stages: [{name: a, testDeploy: []}]}"), C, id="testDeploy is C"),
        pytest.param(one("{stages: [{name: a, deploy: true}]}"), C, id="deploy true is C"),
        pytest.param(one("{stages: [{name: a, deploy: yes}]}"), C, id="deploy yes is C"),
        pytest.param(one("{stages: [{name: a, variant: b}]}"), C, id="variant in a stage is C"),
        pytest.param(one("{stages: [{name: a, publish: [{type: image}]}]}"), C, id="a list under publish is C"),
        pytest.param(one("{stages: [{name: a}]}"), V0, id="bare stages are version 0"),
        pytest.param(one("{stages: []}"), V0, id="no stages are version 0"),
        pytest.param(one("{stages: [{name: a, deploy: false, publish: []}]}"), V0, id="empty steps tell nothing"),
        pytest.param(one("{execution: [[a, b]], fetch: {}}"), V0, id="a key of version 0 without stages"),
        pytest.param(one("{stagse: []}"), V0, id="a misspelt key"),
        pytest.param("pipelines: {a: {stages: []}, b: {directory: x}}", V0, id="stages elsewhere"),
        pytest.param("pipelines: 3", V0, id="no mapping of pipelines"),
        pytest.param("nothing", V0, id="a text"),
        pytest.param("version: 0\n" + one("{stages: []}"), V0, id="version 0 says so"),
        pytest.param("version: '0'\n" + one("{execution: [[a]]}"), V0, id="version 0 settles execution"),
        pytest.param("version: proposal-c\n" + one("{execution: [[a, b]], stages: [{name: a}]}"), C, id="C says so"),
        pytest.param("version: proposal-c\n" + one("{}"), C, id="C settles an empty pipeline"),
        pytest.param("version: proposal-b\n" + one("{}"), B, id="B says so"),
    ],
)
def test_the_dialect_is_told_by_shape_and_settled_by_version(text: str, dialect: Dialect) -> None:
    found = Diagnostics()
    assert recognise(document(text), found) is dialect
    assert not found.failed


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        pytest.param(
            "pipelines: {a: {variants: {}}, b: {stages: [{name: x}]}}", "mixed-dialects", "`variants`", id="B and 0"
        ),
        pytest.param(
            "pipelines: {a: {variants: {}}, b: {execution: [x]}}", "mixed-dialects", "proposal B", id="B and C"
        ),
        pytest.param(one("{execution: [a], stages: [{name: a, run: true}]}"), "mixed-dialects", "`run`", id="C and 0"),
        pytest.param(
            one("{fetch: {}, stages: [{name: a, variant: b}]}"), "mixed-dialects", "`fetch`", id="C and fetch"
        ),
        pytest.param("version: 1\npipelines: {}", "unknown-version", "`1`", id="an unknown version"),
        pytest.param("version: {}\npipelines: {}", "unknown-version", "this", id="a version that is a mapping"),
        pytest.param("version: 0\n" + one("{execution: [a]}"), "version-contradicted", "proposal C", id="0, but C"),
        pytest.param(
            "version: proposal-b\n" + one("{stages: []}"), "version-contradicted", "proposal C", id="B, but stages"
        ),
        pytest.param(
            "version: proposal-c\n" + one("{stages: [{name: a, build: b}]}"),
            "version-contradicted",
            "`build`",
            id="C, but build",
        ),
    ],
)
def test_a_document_in_several_dialects_is_refused_and_its_place_told(text: str, code: str, said: str) -> None:
    found = Diagnostics()
    assert recognise(document(text), found) is None
    (diagnostic,) = found
    assert (diagnostic.code, diagnostic.severity) == (code, "error")
    assert said in diagnostic.message
    assert diagnostic.hint


@pytest.mark.parametrize("version", ["", "version: proposal-c\n"], ids=["by shape", "by version"])
def test_a_note_says_which_reading_of_execution_was_taken_unless_it_is_settled(version: str) -> None:
    arcs = one(
        "{blubberfile: {variants: {a: {}, b: {}, c: {}}}, execution: [[a, b], [c]], "
        "stages: [{name: a}, {name: b}, {name: c}]}"
    )
    found = compile_text(version + arcs)
    assert found.codes == ([] if version else ["execution-reading"])
    assert found.pipeline.graph.edges == ((("a", "c"), ("b", "c")) if version else (("a", "b"),))


def test_no_note_where_both_readings_agree_or_the_other_is_impossible() -> None:
    for execution in ("[[a]]", "[]", "[[a, b], [a, c]]"):
        stages = "[{name: a}, {name: b}, {name: c}]"
        found = Diagnostics()
        recognise(document(one(f"{{execution: {execution}, stages: {stages}}}")), found)
        assert not list(found)


# ---- what holds for all ----


def all_nodes(node: Node) -> list[Node]:
    if isinstance(node, Scalar):
        return [node]
    inner = node.items if isinstance(node, Sequence) else [part for entry in node for part in entry]
    return [node, *(found for part in inner for found in all_nodes(part))]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FLAT, id="A"),
        pytest.param(one("{variants: {test: [a, b]}, helmConfig: h.yaml}"), id="B"),
        pytest.param(
            one(
                "{execution: [[a, b], c], stages: [{name: a, variant: x}, {name: b}, "
                "{name: c, publish: [{type: image, tags: [t]}], deploy: true}]}"
            ),
            id="C",
        ),
    ],
)
def test_what_is_made_has_a_place_of_the_users_and_what_stays_is_the_same_node(text: str) -> None:
    older, found = document(text), Diagnostics()
    dialect = recognise(older, found)
    assert dialect
    assert schema.check(older, dialects.SCHEMAS[dialect], found)
    newer = dialects.version_0(older, dialect, None, found)
    assert newer
    spans = {node.span for node in all_nodes(older.root)}
    assert {node.span for node in all_nodes(newer.root)} <= spans
    same = {id(node) for node in all_nodes(newer.root)}
    kept = [n for n in all_nodes(older.root) if isinstance(n, Scalar) and n.text in ("a", "t", "src/one", "phpunit")]
    assert kept
    assert all(id(node) in same for node in kept)
    assert schema.check(newer, "config", found), list(found)


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        pytest.param("- {name: a, stage: test}\n- {name: a, stage: test}", "duplicate-stage", "Rename", id="A"),
        pytest.param("- {stage: test}", "missing-key", "`name`", id="A, a missing key"),
        pytest.param("- {name: a, stage: test, varient: b}", "unknown-key", "`variant`", id="A, a misspelt key"),
        pytest.param(one("{variants: {tests: a}}"), "unknown-key", "`test`", id="B, a misspelt key"),
        pytest.param(one("{variants: {test: [a, a]}}"), "duplicate-stage", "Remove", id="B, a variant twice"),
        pytest.param(one("{variants: {test: [], production: false}}"), "no-stages", "`variants.test`", id="B, nothing"),
        pytest.param(one("{variants: {production: true}}"), "wrong-type", "", id="B, production is no flag"),
        pytest.param(one("{execution: [a], stagse: []}"), "unknown-key", "`stages`", id="C, a misspelt key"),
        pytest.param(
            one("{execution: [a], stages: [{name: a}, {name: b}]}"),
            "unused-stages",
            "`execution`, or",
            id="C, a stage that never runs",
        ),
    ],
)
def test_mistakes_are_told_in_the_words_of_the_dialect(text: str, code: str, hint: str) -> None:
    hints = {d.code: d.hint for d in compile_text(text).diagnostics}
    assert hint in hints[code]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("- {name: a, stage: production}", "`stage: test`", id="A"),
        pytest.param(one("{blubberfile: blubber.yaml, variants: {test: []}}"), "`variants.test`", id="B"),
        pytest.param(
            one("{blubberfile: blubber.yaml, stages: [{name: production, publish: [{type: image}]}]}"),
            "`execution`",
            id="C",
        ),
    ],
)
def test_house_rules_are_told_in_the_words_of_the_dialect(text: str, hint: str, tmp_path: Path) -> None:
    rules = "extends: wikimedia\npolicy: {production-without-test: error}\n"
    root = with_files(tmp_path, config_yaml=text, blubber_yaml=BLUBBER, profile_yaml=rules)
    outcome = understand(Request(root, ".pipeline/config.yaml", str(root / ".pipeline/profile.yaml"), project="a/b"))
    (told,) = (d for d in outcome.diagnostics if d.code == "production-without-test")
    assert hint in told.hint
