"""Dialects A, B and C (LANGUAGE part 2): which one a document is in; that it means what its version-0 twin means."""

from __future__ import annotations

from pathlib import Path

import pytest
from compiling import Compiled, compile_text

from transpiler.diagnostics import Diagnostics
from transpiler.driver import Request, understand
from transpiler.frontend import dialects, schema
from transpiler.frontend.dialects import Dialect, helm_configs, recognise
from transpiler.frontend.reader import read
from transpiler.nodes import Document, Node, Scalar, Sequence

A, B, C, V0 = Dialect.A, Dialect.B, Dialect.C, Dialect.V0
SERVICE = "{name: service, version: 1.2.3}"
HELM = f"chart: {SERVICE}\n"


def document(text: str) -> Document:
    found = read(text.encode(), ".pipeline/config.yaml", Diagnostics())
    assert found
    return found


def one(keys: str, name: str = "service") -> str:
    return f"pipelines: {{{name}: {keys}}}\n"


def with_files(root: Path, **files: str) -> Path:
    for name, content in files.items():
        path = root / ".pipeline" / name.replace("__", "/").replace("_yaml", ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def assert_twins(older: Compiled, twin: Compiled) -> None:
    """Spans do not count in comparisons of IR."""
    assert not [d for d in (*older.diagnostics, *twin.diagnostics) if d.severity == "error"]
    assert older.workflow.pipelines
    assert older.workflow == twin.workflow


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
        pytest.param(
            one("{execution: [a], stages: [{name: a, run: true}]}"), "mixed-dialects", "`run`", id="C and 0"
        ),
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
            "version: proposal-c\n" + one("{stages: [{name: a, build: b}]}"), "version-contradicted", "`build`",
            id="C, but build",
        ),
    ],
)  # fmt: skip
def test_a_document_in_several_dialects_is_refused_and_its_place_told(text: str, code: str, said: str) -> None:
    found = Diagnostics()
    assert recognise(document(text), found) is None
    (diagnostic,) = found
    assert (diagnostic.code, diagnostic.severity) == (code, "error")
    assert said in diagnostic.message
    assert diagnostic.hint


@pytest.mark.parametrize("version", ["", "version: proposal-c\n"], ids=["by shape", "by version"])
def test_a_note_says_which_reading_of_execution_was_taken_unless_it_is_settled(version: str) -> None:
    arcs = one("{blubberfile: {variants: {a: {}, b: {}, c: {}}}, execution: [[a, b], [c]], "
               "stages: [{name: a}, {name: b}, {name: c}]}")  # fmt: skip
    found = compile_text(version + arcs)
    assert found.codes == ([] if version else ["execution-reading"])
    assert found.pipeline.graph.edges == ((("a", "c"), ("b", "c")) if version else (("a", "b"),))


def test_no_note_where_both_readings_agree_or_the_other_is_impossible() -> None:
    for execution in ("[[a]]", "[]", "[[a, b], [a, c]]"):
        stages = "[{name: a}, {name: b}, {name: c}]"
        found = Diagnostics()
        recognise(document(one(f"{{execution: {execution}, stages: {stages}}}")), found)
        assert not list(found)


# ---- A ----

FLAT = """
- {name: one-php, blubberfile: one.yaml, stage: test, variant: phpunit, directory: src/one}
- {name: one-js, blubberfile: one.yaml, stage: test, variant: mocha, directory: src/one}
- {name: one, blubberfile: one.yaml, stage: production, directory: src/one}
- {name: two-test, stage: test}
- {name: two, stage: production}
"""


def test_a_flat_list_of_five_jobs_over_two_services() -> None:
    older = compile_text(FLAT)
    assert_twins(
        older,
        compile_text(
            """
            pipelines:
              main:
                blubberfile: blubber.yaml
                execution:
                  - [one-php, one]
                  - [one-php, two]
                  - [one-js, one]
                  - [one-js, two]
                  - [two-test, one]
                  - [two-test, two]
                stages:
                  - {name: one-php, blubberfile: one.yaml, directory: src/one, build: phpunit, run: true}
                  - {name: one-js, blubberfile: one.yaml, directory: src/one, build: mocha, run: true}
                  - name: one
                    blubberfile: one.yaml
                    directory: src/one
                    build: production
                    publish: {image: {name: '${setup.project}-one'}}
                  - {name: two-test, build: test, run: true}
                  - {name: two, build: production, publish: {image: {name: '${setup.project}-two'}}}
            """
        ),
    )
    assert older.codes == ["own-image-name", "own-image-name"]


def test_stages_of_a_flat_list_follow_in_order_of_first_appearance() -> None:
    found = compile_text(
        """
        - {name: c, stage: zeta}
        - {name: a, stage: test}
        - {name: b, stage: production}
        - {name: d, stage: zeta, variant: test}
        """
    )
    edges = {("c", "a"), ("d", "a"), ("a", "b")}
    assert set(found.pipeline.graph.edges) == edges
    assert found.codes == ["other-stage"]


def test_one_item_of_a_flat_list_publishes_as_the_project() -> None:
    assert_twins(
        compile_text("- {name: web, stage: production}"),
        compile_text(
            "pipelines: {main: {blubberfile: blubber.yaml, stages: "
            "[{name: web, build: production, publish: {image: true}}]}}"
        ),
    )


def test_items_of_one_stage_run_side_by_side() -> None:
    found = compile_text("- {name: a, stage: test}\n- {name: b, stage: test}")
    assert found.pipeline.graph.nodes == ("a", "b")
    assert found.pipeline.graph.edges == ()


# ---- B ----

SHIPPED = "{name: production, build: production, publish: {image: true}}"


@pytest.mark.parametrize(
    ("variants", "execution", "stages"),
    [
        pytest.param("", "", f"{{name: test}}, {SHIPPED}", id="missing"),
        pytest.param("variants: ", "", f"{{name: test}}, {SHIPPED}", id="empty"),
        pytest.param("variants: {}", "", f"{{name: test}}, {SHIPPED}", id="an empty mapping"),
        pytest.param("variants: {test: phpunit}", "", f"{{name: phpunit}}, {SHIPPED}", id="a string"),
        pytest.param("variants: {test: [phpunit]}", "", f"{{name: phpunit}}, {SHIPPED}", id="a list of one"),
        pytest.param(
            "variants: {test: [phpunit, mocha], production: foo}",
            "[[phpunit, production], [mocha, production]]",
            "{name: phpunit}, {name: mocha}, {name: production, build: foo, publish: {image: true}}",
            id="a list and a production variant",
        ),
        pytest.param("variants: {production: false}", "", "{name: test}", id="a test-only run"),
        pytest.param("variants: {production: no}", "", "{name: test}", id="a test-only run in the words of YAML 1.1"),
        pytest.param("variants: {test: [a, b], production: false}", "[[a], [b]]", "{name: a}, {name: b}",
                     id="only tests, side by side"),
        pytest.param("variants: {test: []}", "", SHIPPED, id="no tests"),
        pytest.param(
            "variants: {test: [production, a]}", "[[test-production, production], [a, production]]",
            f"{{name: test-production, build: production, run: true}}, {{name: a}}, {SHIPPED}",
            id="a tested variant with the name of a stage of ours",
        ),
        pytest.param("variants: {test: 12}", "", f"{{name: '12'}}, {SHIPPED}", id="a number"),
    ],
)  # fmt: skip
def test_every_form_of_variants(variants: str, execution: str, stages: str) -> None:
    older = compile_text(f"pipelines:\n  service:\n    directory: src\n    {variants}\n")
    arcs = f"execution: {execution}, " if execution else ""
    assert_twins(older, compile_text(one(f"{{directory: src, {arcs}stages: [{stages}]}}")))
    assert older.stage(older.pipeline.graph.nodes[0]).directory == "src"


REHEARSED = """
pipelines:
  service:
    blubberfile: blubber.yaml
    execution: [[a, candidate, rehearsal, production], [b, candidate]]
    stages:
      - {name: a}
      - {name: b}
      - {name: candidate, build: production, publish: {image: true}}
      - name: rehearsal
        deploy: {image: '${candidate.imageName}', tag: '${candidate.imageTag}', chart: CHART}
      - {name: production, publish: {image: {id: '${candidate.imageID}'}}}
"""
BLUBBER = "version: v4\nvariants: {a: {}, b: {}, test: {}, production: {}}\n"


@pytest.mark.parametrize(
    ("key", "file", "content", "chart"),
    [
        pytest.param("helmConfig: dist/helm.yaml", "dist__helm_yaml", HELM, SERVICE, id="named"),
        pytest.param("directory: .", "service__helm_yaml", HELM, SERVICE, id="by default"),
        pytest.param("helmConfig: h.yaml", "h_yaml", "chart: {}", "{}", id="without a name"),
        pytest.param("helmConfig: h.yaml", "h_yaml", "chart: https://x.example.org/c.tgz",
                     "{name: 'https://x.example.org/c.tgz'}", id="a URL"),
    ],
)  # fmt: skip
def test_a_helm_config_puts_a_rehearsal_between_candidate_and_production(
    key: str, file: str, content: str, chart: str, tmp_path: Path
) -> None:
    root = with_files(tmp_path, blubber_yaml=BLUBBER, **{file: content})
    older = compile_text(one(f"{{blubberfile: blubber.yaml, {key}, variants: {{test: [a, b]}}}}"), root=root)
    assert_twins(older, compile_text(REHEARSED.replace("CHART", chart), root=root))
    assert older.codes == []


def test_without_the_default_helm_config_there_is_no_rehearsal(tmp_path: Path) -> None:
    root = with_files(tmp_path, service__blubber_yaml=BLUBBER)
    assert compile_text(one("{}"), root=root).pipeline.graph.nodes == ("test", "production")
    with_files(tmp_path, service__helm_yaml=HELM)
    nodes = compile_text(one("{}"), root=root).pipeline.graph.nodes
    assert nodes == ("test", "candidate", "rehearsal", "production")


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        pytest.param("chart: [", "yaml-syntax", "", id="no YAML"),
        pytest.param("charts: {name: x}", "unknown-key", "Did you mean `chart`?", id="a misspelt key"),
        pytest.param("chart: {name: [x]}", "wrong-type", "text", id="a list for a name"),
        pytest.param("", "empty-document", "", id="nothing"),
    ],
)
def test_a_mistake_in_a_helm_config_is_told_there(content: str, code: str, said: str, tmp_path: Path) -> None:
    root = with_files(tmp_path, blubber_yaml=BLUBBER, helm_yaml=content)
    found = compile_text(one("{blubberfile: blubber.yaml, helmConfig: helm.yaml}"), root=root)
    (diagnostic,) = found.diagnostics
    assert diagnostic.code == code
    assert diagnostic.span
    assert diagnostic.span.file == ".pipeline/helm.yaml"
    assert said in f"{diagnostic.message} {diagnostic.hint}"


def test_a_helm_config_outside_the_repository_is_refused(tmp_path: Path) -> None:
    root = with_files(tmp_path / "inside", blubber_yaml=BLUBBER)
    (tmp_path / "helm.yaml").write_text(HELM)
    found = compile_text(one("{blubberfile: blubber.yaml, helmConfig: ../../helm.yaml}"), root=root)
    assert found.codes == ["path-outside"]


def test_the_helm_configs_that_matter_are_told_also_where_they_are_absent(tmp_path: Path) -> None:
    several = "pipelines: {a: {}, b: {helmConfig: x.yaml}, c: {variants: {production: false}}}"
    assert helm_configs(document(several), B, tmp_path) == (".pipeline/a/helm.yaml", ".pipeline/x.yaml")
    assert helm_configs(document(one("{stages: []}")), V0, tmp_path) == ()


def test_where_several_pipelines_publish_each_has_an_image_of_its_own() -> None:
    older = compile_text("concurrency: 2\npipelines: {one: {}, two: {}, three: {variants: {production: false}}}")
    assert_twins(
        older,
        compile_text(
            """
            concurrency: 2
            pipelines:
              one:
                stages:
                  - {name: test}
                  - {name: production, build: production, publish: {image: {name: '${setup.project}-one'}}}
              two:
                stages:
                  - {name: test}
                  - {name: production, build: production, publish: {image: {name: '${setup.project}-two'}}}
              three:
                stages: [{name: test}]
            """
        ),
    )
    assert older.codes == ["own-image-name", "own-image-name"]
    assert older.workflow.concurrency == 2


def test_the_words_of_yaml_1_1_are_noted_where_they_are_taken_for_booleans() -> None:
    assert compile_text(one("{variants: {production: off}}")).codes == ["yaml-1.1-boolean"]
    assert compile_text(one("{variants: {production: 'off'}}")).codes == []
    shipped = "{stages: [{name: a, publish: [{type: image}], deploy: yes}]}"
    assert compile_text(one(shipped)).codes == ["yaml-1.1-boolean"]


# ---- C ----

URL = "https://charts.example.org/x-1.tgz"


@pytest.mark.parametrize(
    ("older", "twin"),
    [
        pytest.param(
            "{execution: [[unit, lint], candidate, production]}",
            "{execution: [[unit, candidate, production], [lint, candidate]], "
            "stages: [{name: unit}, {name: lint}, {name: candidate}, {name: production}]}",
            id="execution alone: every name is a bare stage",
        ),
        pytest.param(
            "{execution: [a, [b, c], [d, e]], stages: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}]}",
            "{execution: [[a, b, d], [a, c, d], [b, e], [c, e]], "
            "stages: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}]}",
            id="each item after the one before",
        ),
        pytest.param(
            "{stages: [{name: a, variant: x}, {name: b}]}", "{stages: [{name: a, build: x, run: true}, {name: b}]}",
            id="stages alone run in file order",
        ),
        pytest.param(
            "{execution: [], stages: [{name: a, variant: x}, {name: b}]}",
            "{stages: [{name: a, build: x, run: true}, {name: b}]}", id="an empty execution is none",
        ),
        pytest.param(
            "{stages: [{name: a, publish: [{type: image, tags: [x, y]}]}]}",
            "{stages: [{name: a, build: a, publish: {image: {tags: [x, y]}}}]}", id="an image with tags is not run",
        ),
        pytest.param(
            "{stages: [{name: a, publish: [{type: files, paths: [foo/*, bar, /srv/x/, ./y/../z, ../up]}]}]}",
            "{stages: [{name: a, build: a, run: true, copy: ["
            "{source: foo/, destination: artifacts/foo, archive: true}, "
            "{source: bar, destination: artifacts/bar, archive: true}, "
            "{source: /srv/x/, destination: artifacts/srv/x, archive: true}, "
            "{source: ./y/../z, destination: artifacts/z, archive: true}, "
            "{source: ../up, destination: artifacts/up, archive: true}]}]}",
            id="files are kept below artifacts",
        ),
        pytest.param(
            "{stages: [{name: a, publish: [{type: files, paths: [r]}, {type: image}]}]}",
            "{stages: [{name: a, build: a, run: true, copy: [{source: r, destination: artifacts/r, archive: true}], "
            "publish: {image: true}}]}",
            id="files and the image: it is run, for the files",
        ),
        pytest.param(
            f"{{stages: [{{name: a, publish: [{{type: image}}], testDeploy: [{{chart: '{URL}'}}]}}, {{name: b}}]}}",
            f"{{stages: [{{name: a, build: a, publish: {{image: true}}, deploy: {{chart: {{name: '{URL}'}}}}}}, "
            "{name: b}]}",
            id="a test deployment",
        ),
        pytest.param(
            "{execution: [t, [a, b], z], stages: [{name: t}, {name: a, publish: [{type: image}], testDeploy: "
            "[{chart: one}, {chart: two}, {chart: three}]}, {name: b}, {name: z}, {name: a-deploy-2}]}",
            "{execution: [[t, a, a-deploy-2-2, a-deploy-3, z], [t, b, z]], stages: [{name: t}, "
            "{name: a, build: a, publish: {image: true}, deploy: {chart: {name: one}}}, "
            "{name: a-deploy-2-2, deploy: {chart: {name: two}, image: '${a.imageName}', tag: '${a.imageTag}'}}, "
            "{name: a-deploy-3, deploy: {chart: {name: three}, image: '${a.imageName}', tag: '${a.imageTag}'}}, "
            "{name: b}, {name: z}, {name: a-deploy-2}]}",
            id="several test deployments are done in turn, before what comes next",
        ),
        pytest.param(
            "{stages: [{name: a, publish: [{type: image}], deploy: true}]}",
            "{stages: [{name: a, build: a, publish: {image: true}, promote: true}]}", id="deploy is promote",
        ),
        pytest.param(
            "{stages: [{name: a, variant: no, deploy: false, testDeploy: [], publish: []}]}",
            "{stages: [{name: a, build: 'no', run: true}]}", id="what is empty is not done",
        ),
    ],
)  # fmt: skip
def test_every_form_of_an_execution_plan(older: str, twin: str) -> None:
    assert_twins(compile_text(one(older)), compile_text(one(twin)))


def test_a_pipeline_with_neither_stages_nor_execution_is_tested_then_published() -> None:
    older = compile_text("version: proposal-c\npipelines: {a: {directory: x}, b: , c: {execution: [unit]}}")
    shipped = "[{name: test}, {name: production, build: production, publish: {image: {name: '${setup.project}-%s'}}}]"
    assert_twins(
        older,
        compile_text(
            f"pipelines: {{a: {{directory: x, stages: {shipped % 'a'}}}, b: {{stages: {shipped % 'b'}}}, "
            "c: {stages: [{name: unit}]}}"
        ),
    )
    assert older.codes == ["own-image-name", "own-image-name"]


@pytest.mark.parametrize("path", ["*", "/*", "foo/*.xml", "a?", "[ab]", "foo/*/*", "*/foo"])
def test_any_other_wildcard_is_an_error(path: str) -> None:
    found = compile_text(one(f"{{stages: [{{name: a, publish: [{{type: files, paths: ['{path}']}}]}}]}}"))
    assert found.codes == ["path-wildcard"]


@pytest.mark.parametrize(
    ("keys", "codes"),
    [
        pytest.param("{execution: [a, b, a]}", ["stage-named-twice"], id="a name twice"),
        pytest.param("{execution: [unti], stages: [{name: unit}]}", ["unknown-stage"], id="a misspelt name"),
        pytest.param("{stages: [{name: a, deploy: true}]}", ["nothing-to-deploy"], id="deploy without an image"),
        pytest.param("{stages: [{name: a, testDeploy: [{chart: x}]}]}", ["nothing-to-deploy"], id="a test of no image"),
        pytest.param(
            "{stages: [{name: a, publish: [{type: image}, {type: image}]}]}", ["bad-value"], id="an image twice"
        ),
        pytest.param("{stages: [{name: a, publish: [{type: file}]}]}", ["bad-value"], id="an unknown type"),
        pytest.param("{stages: [{name: a, publish: [{type: files}]}]}", ["missing-key"], id="files without paths"),
        pytest.param(
            "{stages: [{name: a, publish: [{type: image, paths: [x]}]}]}", ["unknown-key"], id="paths of an image"
        ),
        pytest.param("{stages: [{name: a, variant: x}, {name: a}]}", ["duplicate-stage"], id="a stage twice"),
        pytest.param(
            "{stages: [{name: a.b, publish: [{type: image}], testDeploy: [{chart: x}, {chart: y}]}]}", ["bad-name"],
            id="a name that no reference can hold",
        ),
        pytest.param("{execution: [a], stages: [{name: a}, {name: b, publish: [{type: image}], "
                     "testDeploy: [{chart: x}, {chart: y}]}]}", ["unused-stages"], id="an unused stage is told once"),
    ],
)  # fmt: skip
def test_mistakes_in_an_execution_plan(keys: str, codes: list[str]) -> None:
    found = compile_text(one(keys))
    assert sorted(found.codes) == sorted(codes)
    assert all(d.span and d.span.line == 1 for d in found.diagnostics)


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
        pytest.param(one("{execution: [[a, b], c], stages: [{name: a, variant: x}, {name: b}, "
                         "{name: c, publish: [{type: image, tags: [t]}], deploy: true}]}"), id="C"),
    ],
)  # fmt: skip
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
        pytest.param("- {name: a, stage: test}\n- {name: a, stage: test}", "duplicate-stage", "another name", id="A"),
        pytest.param("- {stage: test}", "missing-key", "`name`", id="A, a missing key"),
        pytest.param("- {name: a, stage: test, varient: b}", "unknown-key", "`variant`", id="A, a misspelt key"),
        pytest.param(one("{variants: {tests: a}}"), "unknown-key", "`test`", id="B, a misspelt key"),
        pytest.param(one("{variants: {test: [a, a]}}"), "duplicate-stage", "Remove", id="B, a variant twice"),
        pytest.param(one("{variants: {test: [], production: false}}"), "no-stages", "`variants.test`", id="B, nothing"),
        pytest.param(one("{variants: {production: true}}"), "wrong-type", "", id="B, production is no flag"),
        pytest.param(one("{execution: [a], stagse: []}"), "unknown-key", "`stages`", id="C, a misspelt key"),
        pytest.param(one("{execution: [a], stages: [{name: a}, {name: b}]}"), "unused-stages", "`execution`, or",
                     id="C, a stage that never runs"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_the_words_of_the_dialect(text: str, code: str, hint: str) -> None:
    hints = {d.code: d.hint for d in compile_text(text).diagnostics}
    assert hint in hints[code]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("- {name: a, stage: production}", "`stage: test`", id="A"),
        pytest.param(one("{blubberfile: blubber.yaml, variants: {test: []}}"), "`variants.test`", id="B"),
        pytest.param(
            one("{blubberfile: blubber.yaml, stages: [{name: production, publish: [{type: image}]}]}"), "`execution`",
            id="C",
        ),
    ],
)  # fmt: skip
def test_house_rules_are_told_in_the_words_of_the_dialect(text: str, hint: str, tmp_path: Path) -> None:
    rules = "extends: wikimedia\npolicy: {production-without-test: error}\n"
    root = with_files(tmp_path, config_yaml=text, blubber_yaml=BLUBBER, profile_yaml=rules)
    outcome = understand(Request(root, ".pipeline/config.yaml", str(root / ".pipeline/profile.yaml"), project="a/b"))
    (told,) = (d for d in outcome.diagnostics if d.code == "production-without-test")
    assert hint in told.hint
