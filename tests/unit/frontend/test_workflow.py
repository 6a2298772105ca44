"""The workflow that results from pipelines and stages (`docs/language.md`, "Pipelines" and "Stages")."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.compiling import compile_text

from transpiler.expressions import List, Ref, Source, Text, literal, refs
from transpiler.graph import Graph
from transpiler.ir import (
    Build,
    Changes,
    Copy,
    CopyItem,
    Credential,
    CredentialKind,
    Deploy,
    Event,
    Fetch,
    Publish,
    Run,
    SecretVariable,
    Variable,
)
from transpiler.variables import RESERVED

ROOT = Path(__file__).resolve().parents[3]


def stages(*written: str, pipeline: str = "") -> str:
    lines = "".join(f"      - {line}\n" for line in written)
    return f"pipelines:\n  test:\n    {pipeline or 'fetch: {}'}\n    stages:\n{lines}"


def own(key: str, stage: str = "unit") -> Text:
    return Text((Ref(Source.STAGE, key, stage),))


def test_a_stage_with_nothing_but_a_name_builds_the_variant_of_that_name_and_runs_it() -> None:
    bare = compile_text(stages("name: unit"))
    spelt_out = compile_text(stages("{name: unit, build: unit, run: true}"))
    assert bare.workflow == spelt_out.workflow
    assert [type(step) for step in bare.stage("unit").steps] == [Build, Run]


@pytest.mark.parametrize("empty", ["false", "''", "{}", "[]", "", "null"])
def test_an_empty_step_is_not_taken(empty: str) -> None:
    written = f"{{name: unit, build: x, run: {empty}, copy: {empty}, publish: {{image: {empty}}}}}"
    compiled = compile_text(stages(written))
    assert [type(step) for step in compiled.stage("unit").steps] == [Build]


def test_steps_run_in_their_order_whatever_order_they_are_written_in() -> None:
    compiled = compile_text(stages("{publish: {image: true}, run: true, name: unit, copy: [/a], build: x}"))
    assert [type(step) for step in compiled.stage("unit").steps] == [Build, Run, Copy, Publish]


def test_a_variable_made_of_a_credential_stands_apart_and_one_that_it_replaces_goes() -> None:
    credentials = "credentials: [{id: SONAR_API_KEY, name: TOKEN}]"
    env = "env: {TOKEN: overridden, AUTH: 'Bearer ${TOKEN}', REF: '${ZUUL_REF}'}"
    compiled = compile_text(stages(f"{{name: unit, build: test, run: {{{credentials}, {env}}}}}"))
    (run,) = (step for step in compiled.stage("unit").steps if isinstance(step, Run))
    secret, ref = Ref(Source.ENVIRONMENT, "TOKEN"), Ref(Source.ENVIRONMENT, "ZUUL_REF")
    assert run.env == List((Variable(literal("REF"), Text((ref,))),))
    assert run.secret_env == List((SecretVariable("AUTH", Text(("Bearer ", secret))),))


def test_a_kube_config_can_be_a_credential_of_a_run() -> None:
    credentials = "credentials: [{id: SONAR_API_KEY, name: KUBECONFIG}]"
    compiled = compile_text(stages(f"{{name: unit, build: x, run: {{{credentials}}}}}"))
    assert compiled.codes == []


def test_the_reserved_names_of_variables_are_listed_in_hints_and_docs() -> None:
    compiled = compile_text(stages("{name: unit, build: x, run: {credentials: [{id: SONAR_API_KEY, name: PATH}]}}"))
    (found,) = compiled.diagnostics
    documented = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    assert RESERVED
    for name in RESERVED:
        assert f"`{name}`" in found.hint
        assert f"`{name}`" in documented.partition("These names are reserved")[2].partition("\n\n")[0]


def test_defaults_are_filled_in() -> None:
    written = "{name: unit, build: {context: .}, run: true, copy: [/a], publish: {image: true}, deploy: {timeout: 0}}"
    compiled = compile_text(stages(written))
    build, run, copy, publish, deploy = compiled.stage("unit").steps
    assert isinstance(build, Build)
    assert (build.variant, build.context, build.excludes, build.pull) == (literal("unit"), literal("."), List(()), True)
    assert run == Run(own("imageID"), List(()), List(()), (), 0)
    assert isinstance(copy, Copy)
    assert copy.items == List((CopyItem(own("container"), literal("/a"), literal("/a"), None),))
    assert isinstance(publish, Publish)
    assert publish.name == literal("team-ores")
    assert publish.tag == Text((Ref(Source.SETUP, "timestamp"), "-unit"))
    assert publish.tags == List((Text((Ref(Source.SETUP, "tag"),)),))
    assert isinstance(deploy, Deploy)
    assert (deploy.image, deploy.tag, deploy.chart) == (literal("team-ores"), own("imageTag"), literal("ores"))
    assert (deploy.cluster, deploy.version, deploy.test, deploy.timeout) == ("ci", None, True, 120)


def test_a_publish_defaults_the_same_with_an_empty_tag() -> None:
    default = compile_text(stages("{name: unit, build: x, publish: {image: true}}"))
    empty = compile_text(stages("{name: unit, build: x, publish: {image: {tag: ''}}}"))
    assert empty.workflow == default.workflow
    assert empty.codes == ["empty-tag"]


@pytest.mark.parametrize(
    ("execution", "nodes", "edges"),
    [
        pytest.param("", "abcd", "ab bc cd", id="without execution in file order"),
        pytest.param("[[a, b, d], [a, c, d]]", "abcd", "ab ac bd cd", id="neighbours in an arc are edges"),
        pytest.param("[[d, a], [b], [c]]", "abcd", "da", id="nodes keep file order"),
        pytest.param("[[a, b], [a, b], [c], [d]]", "abcd", "ab", id="an edge counts once"),
    ],
)
def test_execution_is_a_list_of_arcs(execution: str, nodes: str, edges: str) -> None:
    pipeline = f"execution: {execution}" if execution else ""
    compiled = compile_text("version: 0\n" + stages("name: a", "name: b", "name: c", "name: d", pipeline=pipeline))
    assert compiled.pipeline.graph == Graph(tuple(nodes), tuple((e[0], e[1]) for e in edges.split()))
    assert compiled.codes == []


@pytest.mark.parametrize(
    ("written", "events"),
    [
        ("{name: unit}", (Event.CHANGE, Event.MERGE)),
        ("{name: unit, build: x, publish: {image: true}}", (Event.MERGE, Event.TAG)),
        ("{name: unit, build: x, publish: {image: {}}}", (Event.CHANGE, Event.MERGE)),
    ],
)
def test_a_pipeline_that_publishes_does_not_run_for_a_change(written: str, events: tuple[Event, ...]) -> None:
    assert compile_text(stages(written)).pipeline.events == events


def test_events_can_be_said() -> None:
    assert compile_text(stages("name: unit", pipeline="events: [tag, change]")).pipeline.events == (
        Event.CHANGE,
        Event.TAG,
    )


def test_fetch() -> None:
    assert compile_text(stages("name: unit")).pipeline.fetch == Fetch()
    compiled = compile_text(stages("name: unit", pipeline="fetch: {shallow: no, depth: 3, tags: true}"))
    assert compiled.pipeline.fetch == Fetch(shallow=False, depth=3, submodules=True, tags=True)


def test_a_list_of_one_entry_mappings_is_an_env_too() -> None:
    mapping = compile_text(stages("{name: unit, build: x, run: {env: {A: '1', B: '2'}}}"))
    listed = compile_text(stages("{name: unit, build: x, run: {env: [{A: '1'}, {B: '2'}]}}"))
    assert mapping.workflow == listed.workflow


def test_a_credential_has_its_kind_from_the_profile() -> None:
    compiled = compile_text(stages("{name: unit, build: x, run: {credentials: [{id: SONAR_API_KEY, name: KEY}]}}"))
    (run,) = (s for s in compiled.stage("unit").steps if isinstance(s, Run))
    assert run.credentials == (Credential("SONAR_API_KEY", CredentialKind.SECRET_TEXT, ("KEY",)),)


def test_notify_is_merged_over_the_pipelines_at_every_depth() -> None:
    pipeline = "notify: {email: {to: a@example.org, subject: S}}"
    compiled = compile_text(stages("{name: unit, build: x, notify: {email: {to: [b@example.org]}}}", pipeline=pipeline))
    mail = compiled.stage("unit").mail
    assert mail is not None
    assert (mail.to, mail.subject) == (List((literal("b@example.org"),)), literal("S"))
    assert Ref(Source.SETUP, "logURL") in refs(mail.body)


def test_exports_are_bound_in_order() -> None:
    compiled = compile_text(
        stages("{name: unit, build: x, exports: {a: '1', b: '${.a}2'}}", "{name: next, build: '${unit.b}'}")
    )
    assert compiled.codes == []
    (build,) = compiled.stage("next").steps
    assert isinstance(build, Build)
    assert build.variant == literal("12")


def test_what_is_published_under_a_known_name_and_tag_is_known() -> None:
    compiled = compile_text(
        stages(
            "{name: unit, build: x, publish: {image: {tag: V1}}, exports: {a: '${.publishedImage}'}}",
            "{name: next, build: x, run: {arguments: ['${unit.a}']}}",
        )
    )
    (_, run) = compiled.stage("next").steps
    assert isinstance(run, Run)
    assert run.arguments == List((literal("docker-registry.wikimedia.org/wikimedia/team-ores:v1"),))


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("ores", []),
        ("ores-web", []),
        ("team-ores", []),
        ("Team/Ores-X", []),
        ("oresx", ["image-name-outside"]),
        ("team", ["image-name-outside"]),
        ("other-ores", ["image-name-outside"]),
        ("ores--x", []),
        ("ores-", ["image-name"]),
    ],
)
def test_image_names_at_the_edge_of_the_allowed_prefixes(name: str, codes: list[str]) -> None:
    assert compile_text(stages(f"{{name: unit, build: x, publish: {{image: {{name: {name}}}}}}}")).codes == codes


def test_every_mistake_is_said_in_one_run() -> None:
    compiled = compile_text(
        stages(
            "{name: unit, run: true}",
            "{name: unit}",
            "{name: setup}",
            "{name: b, build: '${nope.x}'}",
            pipeline="execution: [[unit, b], [c]]",
        )
    )
    assert sorted(compiled.codes) == [
        "duplicate-stage",
        "no-image",
        "not-an-ancestor",
        "reserved-name",
        "unknown-stage",
    ]


def test_the_same_config_gives_equal_ir_wherever_it_stands() -> None:
    text = stages("{name: unit, build: x, run: {arguments: [a]}}")
    moved = "# a comment\n\n" + text.replace("name: unit, build: x", "build: x,    name: unit")
    assert compile_text(text).workflow == compile_text(moved).workflow


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param(
            "build: {$merge: {variant: x}, $with: {context: src}}", "build: {variant: x, context: src}", id="build"
        ),
        pytest.param("build: {$merge: x, $with: y}", "build: xy", id="the text of build"),
        pytest.param(
            "build: x, publish: {$merge: {image: {tag: a}}, $with: {}}",
            "build: x, publish: {image: {tag: a}}",
            id="publish",
        ),
        pytest.param(
            "build: x, publish: {image: {$merge: {tag: a}, $with: {tags: [b]}}}",
            "build: x, publish: {image: {tag: a, tags: [b]}}",
            id="its image",
        ),
        pytest.param(
            "deploy: {image: i, tag: t, chart: {$merge: {name: a}, $with: {version: b}}}",
            "deploy: {image: i, tag: t, chart: {name: a, version: b}}",
            id="a chart",
        ),
        pytest.param(
            "build: x, notify: {$merge: {email: {to: a}}, $with: {}}", "build: x, notify: {email: {to: a}}", id="notify"
        ),
        pytest.param(
            "build: x, exports: {$merge: {a: '1'}, $with: {b: '2'}}",
            "build: x, exports: {a: '1', b: '2'}",
            id="exports",
        ),
        pytest.param(
            "build: x, run: {env: {$merge: {A: '1', B: '2'}, $with: {A: '3'}}}",
            "build: x, run: {env: {B: '2', A: '3'}}",
            id="env",
        ),
    ],
)
def test_merge_stands_wherever_a_mapping_is_wanted(written: str, meant: str) -> None:
    first, second = (compile_text(stages(f"{{name: unit, {text}}}")) for text in (written, meant))
    assert first.codes == second.codes == []
    assert first.workflow == second.workflow


@pytest.mark.parametrize(
    ("stage", "codes"),
    [
        pytest.param(
            "build: x, run: {arguments: {$each: a, $in: b, $yield: [c]}}", ["wrong-type"], id="a list among arguments"
        ),
        pytest.param(
            "build: {excludes: {$each: a, $in: b, $yield: {c: d}}}", ["wrong-type"], id="a mapping among excludes"
        ),
        pytest.param(
            "build: x, notify: {email: {to: {$each: a, $in: b, $yield: {c: d}}}}",
            ["wrong-type"],
            id="a mapping among addresses",
        ),
        pytest.param("build: x, run: {tail: 0x10}, exports: {a: '${.output}'}", [], id="an integer in base 16"),
        pytest.param(
            "build: x, run: true, copy: [{source: '/r/${.imageID}', destination: ., archive: true}]",
            ["archive-not-known"],
            id="an archived file whose name is not known",
        ),
        pytest.param(
            "build: x, run: true, copy: {$each: a, $in: b, $yield: {source: '${.a}', foo: x}}",
            ["unknown-key"],
            id="an unknown key that each yields",
        ),
        pytest.param(
            "build: {$merge: {variant: x}, $with: {varient: y}}", ["unknown-key"], id="an unknown key that merge brings"
        ),
        pytest.param(
            "build: x, run: {credentials: [{id: SONAR_API_KEY, name: A, keyFileVariable: B}]}",
            ["credential-variable"],
            id="a key that means nothing for a credential",
        ),
        pytest.param(
            "build: x, publish: {image: {name: 'ores-${ZUUL_BRANCH}'}}",
            ["name-without-dot"],
            id="a broken name is not judged as a name too",
        ),
        pytest.param("deploy: {image: i, tag: '${T}'}", ["name-without-dot"], id="nor a broken tag as none"),
        pytest.param(
            "build: x, run: {credentials: [{id: SONAR_API_KEY, name: T}], "
            "env: {$each: a, $in: '${.imageID}', $yield: {K: 'x-${T}'}}}",
            ["variable-name"],
            id="a credential in a variable that each makes",
        ),
        pytest.param("build: x, run: Yes", ["yaml-1.1-boolean"], id="a boolean of YAML 1.1"),
    ],
)
def test_what_is_said(stage: str, codes: list[str]) -> None:
    assert compile_text(stages(f"{{name: unit, {stage}}}")).codes == codes


def test_empty_texts_take_the_default() -> None:
    empty = "{name: unit, build: x, run: {image: ''}, copy: [{from: '', source: /a, destination: ''}]}"
    plain = "{name: unit, build: x, run: true, copy: [/a]}"
    assert compile_text(stages(empty)).workflow == compile_text(stages(plain)).workflow


def test_an_archive_is_a_boolean_however_it_is_written() -> None:
    def compiled(word: str) -> object:
        copy = f"copy: [{{source: /a, archive: {word}}}]"
        return compile_text(stages(f"{{name: unit, build: x, run: true, {copy}}}")).workflow

    assert compiled("True") == compiled("true") == compiled("ON") != compiled("false")


class TestFiles:
    """Blubberfiles and Dockerfiles are looked at below the repository's root."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        (tmp_path / ".pipeline").mkdir()
        (tmp_path / ".pipeline/blubber.yaml").write_text("variants: {test: {}, production: {}}\n")
        (tmp_path / "Dockerfile").write_text("FROM a as base\nfrom base AS Web\nFROM web\n")
        (tmp_path / "out").symlink_to("/etc")
        return tmp_path

    @pytest.mark.parametrize(
        ("pipeline", "stage", "codes"),
        [
            ("blubberfile: blubber.yaml", "{name: test}", []),
            ("blubberfile: blubber.yaml", "{name: tset}", ["unknown-variant"]),
            ("blubberfile: ../Dockerfile.yaml", "{name: test}", ["missing-build-file"]),
            ("blubberfile: ../../x.yaml", "{name: test}", ["path-outside"]),
            ("dockerfile: /etc/passwd", "{name: test}", ["path-outside"]),
            ("dockerfile: out/passwd", "{name: test}", ["path-outside"]),
            ("dockerfile: Dockerfile", "{name: web}", []),
            ("dockerfile: Dockerfile", "{name: worker}", ["unknown-variant"]),
            ("directory: out", "{name: unit, blubberfile: blubber.yaml, build: test}", ["path-outside"]),
            ("fetch: {}", "{name: test}", ["missing-build-file"]),
        ],
    )
    def test_files(self, root: Path, pipeline: str, stage: str, codes: list[str]) -> None:
        assert compile_text(stages(stage, pipeline=pipeline), root=root).codes == codes


@pytest.mark.parametrize(
    ("written", "project"),
    [("team/ores", "team/ores"), ("/team/ores.git", "team/ores"), ("r/ores", "r/ores"), ("a/ores/", "a/ores")],
)
def test_a_project_is_the_path_that_its_server_gives_it(written: str, project: str) -> None:
    """`r/` and `a/` come before a project in Gerrit's web addresses alone, and a config writes no address."""
    outcome = compile_text(f"project: {written}\n{stages('{name: test}')}", project="")
    assert outcome.workflow
    assert outcome.workflow.project == project


def test_changes() -> None:
    assert compile_text(stages("name: unit")).pipeline.changes is None
    listed = compile_text(stages("name: unit", pipeline="changes: [src/, 'a?/**/*.c', src/]")).pipeline.changes
    assert listed == Changes(("src/", "a?/**/*.c"), (), Fetch(shallow=False))
    mapped = compile_text(stages("name: unit", pipeline="changes: {exclude: ['*.md']}\n    fetch: {submodules: false}"))
    assert mapped.pipeline.changes == Changes((), ("*.md",), Fetch(shallow=False, submodules=False))
    assert mapped.pipeline.fetch == Fetch(submodules=False), "only what is compared needs the history"
    assert mapped.codes == []


@pytest.mark.parametrize("fetch", ["{depth: 50}", "{shallow: yes}"])
def test_a_bounded_fetch_stays_bounded_where_changes_are_compared(fetch: str) -> None:
    pipeline = compile_text(stages("name: unit", pipeline=f"changes: [src/]\n    fetch: {fetch}")).pipeline
    assert pipeline.changes
    assert pipeline.changes.fetch == pipeline.fetch


@pytest.mark.parametrize("changes", ["[]", "{}", "{include: []}", "{include: [], exclude: []}"])
def test_changes_without_a_pattern_are_none(changes: str) -> None:
    assert compile_text(stages("name: unit", pipeline=f"changes: {changes}")).pipeline.changes is None


@pytest.mark.parametrize(
    "pattern", ["/src/", "./src", "src/../x", "a//b", "'!x'", "'{a,b}'", "''", '"a\\x01"', "..", "/"]
)
def test_a_pattern_that_matches_nothing_is_a_mistake(pattern: str) -> None:
    assert compile_text(stages("name: unit", pipeline=f"changes: [{pattern}, ok]")).codes == ["changes-pattern"]


@pytest.mark.parametrize("pattern", ["'[id].js'", "'{x}'", "'a b'", "é/", "'**'", "'*'", ".x", "a..b"])
def test_other_characters_stand_for_themselves(pattern: str) -> None:
    assert compile_text(stages("name: unit", pipeline=f"changes: [{pattern}]")).codes == []


def test_changes_decide_nothing_for_tags_and_the_clock() -> None:
    found = compile_text(stages("name: unit", pipeline="changes: [src/]\n    events: [tag, schedule]"))
    assert (found.pipeline.changes, found.codes) == (None, ["changes-without-effect"])
