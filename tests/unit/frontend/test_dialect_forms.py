"""Every form of dialects A, B and C (`docs/language.md`, "Older forms") means the same as its version-0 equivalent."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.compiling import compile_text
from support.older_forms import BLUBBER, FLAT, assert_twins, document, one, with_files

from transpiler.frontend.dialects import Dialect, helm_configs

SERVICE = "{name: service, version: 1.2.3}"
HELM = f"chart: {SERVICE}\n"

# ---- A ----


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
        pytest.param(
            "variants: {test: [a, b], production: false}",
            "[[a], [b]]",
            "{name: a}, {name: b}",
            id="only tests, side by side",
        ),
        pytest.param("variants: {test: []}", "", SHIPPED, id="no tests"),
        pytest.param(
            "variants: {test: [production, a]}",
            "[[test-production, production], [a, production]]",
            f"{{name: test-production, build: production, run: true}}, {{name: a}}, {SHIPPED}",
            id="a tested variant with the name of a stage of ours",
        ),
        pytest.param("variants: {test: 12}", "", f"{{name: '12'}}, {SHIPPED}", id="a number"),
    ],
)
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


@pytest.mark.parametrize(
    ("key", "file", "content", "chart"),
    [
        pytest.param("helmConfig: dist/helm.yaml", "dist__helm_yaml", HELM, SERVICE, id="named"),
        pytest.param("directory: .", "service__helm_yaml", HELM, SERVICE, id="by default"),
        pytest.param("helmConfig: h.yaml", "h_yaml", "chart: {}", "{}", id="without a name"),
        pytest.param(
            "helmConfig: h.yaml",
            "h_yaml",
            "chart: https://x.example.org/c.tgz",
            "{name: 'https://x.example.org/c.tgz'}",
            id="a URL",
        ),
    ],
)
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
        pytest.param("chart: {name: [x]}", "wrong-type", "a string", id="a list for a name"),
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
    assert helm_configs(document(several), Dialect.B, tmp_path) == (".pipeline/a/helm.yaml", ".pipeline/x.yaml")
    assert helm_configs(document(one("{stages: []}")), Dialect.V0, tmp_path) == ()


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
            "{stages: [{name: a, variant: x}, {name: b}]}",
            "{stages: [{name: a, build: x, run: true}, {name: b}]}",
            id="stages alone run in file order",
        ),
        pytest.param(
            "{execution: [], stages: [{name: a, variant: x}, {name: b}]}",
            "{stages: [{name: a, build: x, run: true}, {name: b}]}",
            id="an empty execution is none",
        ),
        pytest.param(
            "{stages: [{name: a, publish: [{type: image, tags: [x, y]}]}]}",
            "{stages: [{name: a, build: a, publish: {image: {tags: [x, y]}}}]}",
            id="an image with tags is not run",
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
            "{stages: [{name: a, build: a, publish: {image: true}, promote: true}]}",
            id="deploy is promote",
        ),
        pytest.param(
            "{execution: [[a, b], z], stages: [{name: a, publish: [{type: image}], deploy: true, testDeploy: "
            "[{chart: one}, {chart: two}]}, {name: b}, {name: z}, {name: a-promote}]}",
            "{execution: [[a, a-deploy-2, a-promote-2, z], [b, z]], stages: ["
            "{name: a, build: a, publish: {image: true}, deploy: {chart: {name: one}}}, "
            "{name: a-deploy-2, deploy: {chart: {name: two}, image: '${a.imageName}', tag: '${a.imageTag}'}}, "
            "{name: a-promote-2, promote: [{chart: '${setup.projectShortName}', version: '${a.imageTag}'}]}, "
            "{name: b}, {name: z}, {name: a-promote}]}",
            id="what has been tested is proposed, before what comes next",
        ),
        pytest.param(
            "{stages: [{name: a, variant: no, deploy: false, testDeploy: [], publish: []}]}",
            "{stages: [{name: a, build: 'no', run: true}]}",
            id="what is empty is not done",
        ),
    ],
)
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
            "{stages: [{name: a.b, publish: [{type: image}], testDeploy: [{chart: x}, {chart: y}]}]}",
            ["bad-name"],
            id="a name that no reference can hold",
        ),
        pytest.param(
            "{stages: [{name: a.b, publish: [{type: image}], testDeploy: [{chart: x}], deploy: true}]}",
            ["bad-name"],
            id="a name that the proposal cannot read",
        ),
        pytest.param(
            "{execution: [a], stages: [{name: a}, {name: b, publish: [{type: image}], "
            "testDeploy: [{chart: x}, {chart: y}]}]}",
            ["unused-stages"],
            id="an unused stage is told once",
        ),
    ],
)
def test_mistakes_in_an_execution_plan(keys: str, codes: list[str]) -> None:
    found = compile_text(one(keys))
    assert sorted(found.codes) == sorted(codes)
    assert all(d.span and d.span.line == 1 for d in found.diagnostics)
