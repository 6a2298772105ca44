"""The schemas and the words for what does not fit them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.catalogue import CATALOGUE

from transpiler.diagnostics import Diagnostic, Diagnostics
from transpiler.frontend.shape.schema import check
from transpiler.frontend.shape.schema_files import schema_of
from transpiler.frontend.yaml.reader import read

_SCHEMAS = ("config", "profile", "dialect-a", "dialect-b", "dialect-c", "helm-config")
_OURS = (
    "alias-in-itself",
    "bad-encoding",
    "bad-merge",
    "bad-tag",
    "bad-value",
    "complex-key",
    "conflicting-keys",
    "control-character",
    "duplicate-anchor",
    "duplicate-key",
    "empty-document",
    "file-too-large",
    "leading-space",
    "missing-key",
    "pipeline-at-top-level",
    "pipeline-for-pipelines",
    "publish-type-image",
    "run-string",
    "several-documents",
    "stage-without-name",
    "too-deep",
    "too-large",
    "undefined-alias",
    "unknown-key",
    "unknown-tag",
    "wrong-type",
    "yaml-syntax",
)


def _check(text: str | bytes, schema: str = "config") -> list[Diagnostic]:
    found = Diagnostics()
    document = read(text if isinstance(text, bytes) else text.encode(), "config.yaml", found)
    assert document, list(found)
    assert check(document, schema, found) != found.failed
    return list(found)


def _stage(keys: str) -> str:
    return f"pipelines:\n  p:\n    stages:\n      - name: a\n        {keys}\n"


def _said(text: str, schema: str = "config") -> list[tuple[str, str]]:
    return [(d.code, f"{d.message} {d.hint}".strip()) for d in _check(text, schema)]


def _schema(name: str) -> Any:
    return schema_of(name)


def _properties(schema: object, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(schema, list):
        for item in schema:
            yield from _properties(item, place)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("properties", "patternProperties") and isinstance(value, dict):
                yield from ((f"{place}.{name}", s) for name, s in value.items() if isinstance(s, dict))
            if key not in ("examples", "default", "if"):
                yield from _properties(value, f"{place}.{key}")


@pytest.mark.parametrize("name", _SCHEMAS)
def test_a_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(_schema(name))


@pytest.mark.parametrize("name", _SCHEMAS)
def test_every_key_is_described_in_a_sentence(name: str) -> None:
    bad = [place for place, schema in _properties(_schema(name)) if not schema.get("description", "").endswith(".")]
    assert bad == []


@pytest.mark.parametrize("name", _SCHEMAS)
def test_every_example_and_default_is_valid(name: str) -> None:
    schema = _schema(name)
    for place, key in _properties(schema):
        validator = Draft202012Validator({"$defs": schema["$defs"], **key})
        for value in (*key.get("examples", ()), *([key["default"]] if "default" in key else ())):
            assert [e.message for e in validator.iter_errors(value)] == [], place


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("version: 0\nproject: 12\nconcurrency: 2\nx-a: {}\npipelines: {}", id="every top-level key"),
        *(
            pytest.param(_stage(f"{step}: {empty}"), id=f"{step} {empty or 'nothing'}")
            for step in ("build", "run", "copy", "publish", "promote", "deploy", "exports", "trigger")
            for empty in ("false", "''", "{}", "[]", "")
        ),
        pytest.param(_stage("publish: {image: {}}"), id="an empty image"),
        pytest.param(_stage("publish: {image: true, tags: [stable]}"), id="tags beside image: true"),
        pytest.param(_stage("publish: {image: {tag: ''}}"), id="an empty tag"),
        pytest.param(_stage("run: yes"), id="yes for true"),
        pytest.param(_stage("run: {env: {A: 1.10, B: true}, arguments: [1, no, 2024-01-01]}"), id="numbers for text"),
        pytest.param(_stage("run: {env: [{A: 1}, {B: 2}]}"), id="env as a list"),
        pytest.param(_stage("run: {arguments: {$merge: [a], $with: {$each: x, $in: 'b c'}}}"), id="computed arguments"),
        pytest.param(_stage("copy: {$each: [s, d], $in: 'a b', $yield: {source: '${s}'}}"), id="computed copy"),
        pytest.param(_stage("deploy: {chart: 'https://example.org/a', timeout: '${.t}'}"), id="chart as a URL"),
        pytest.param(_stage("promote: true"), id="promote: true"),
        pytest.param("pipelines: {p: {stages: []}}", id="no stages"),
        pytest.param("pipelines: {p: {blubberfile: {version: v4}, stages: []}}", id="an inline blubberfile"),
    ],
)
def test_what_the_language_allows_is_allowed(text: str) -> None:
    assert _said(text) == []


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        pytest.param(
            "pipeline: {p: {stages: []}}", "pipeline-for-pipelines", "`pipelines`", id="pipeline for pipelines"
        ),
        pytest.param("p: {stages: []}", "pipeline-at-top-level", "under `pipelines:`", id="no pipelines key"),
        pytest.param(
            "pipelines: {p: {stages: [{name: a}, {build: b}]}}", "stage-without-name", "`a`", id="a split stage"
        ),
        pytest.param(
            "pipelines: {p: {stages: [{nane: a}]}}", "unknown-key", "Did you mean `name`?", id="name misspelt"
        ),
        pytest.param(_stage("run: test"), "run-string", "`run: true`", id="run with a text"),
        pytest.param(
            _stage("publish: {type: image, tags: [a]}"), "publish-type-image", "{image: {tags", id="publish type"
        ),
        pytest.param(_stage("publish: {type: files, paths: [a]}"), "publish-type-image", "`copy`", id="publish files"),
        pytest.param(_stage("publish: {tags: [a]}"), "unknown-key", "belongs under `image`", id="tags under publish"),
        pytest.param(_stage("tags: [a]"), "unknown-key", "belongs under `publish.image`", id="tags in a stage"),
        pytest.param(_stage("execution: []"), "unknown-key", "beside `stages`", id="execution in a stage"),
        pytest.param("stages: []", "unknown-key", "`pipelines.<name>`", id="stages at top level"),
        pytest.param(_stage("biuld: x"), "unknown-key", "Did you mean `build`?", id="a misspelt step"),
        pytest.param(_stage("build: {varient: x}"), "unknown-key", "Did you mean `variant`?", id="a misspelt key"),
        pytest.param(
            _stage("run: 3"), "wrong-type", "`run`: expected true, false or a mapping, got the number `3`.", id="run: 3"
        ),
        pytest.param(_stage("run: {arguments: a}"), "wrong-type", "write `[a]`", id="text for a list"),
        pytest.param(
            _stage("directory:"), "wrong-type", "`directory` is empty: expected a string.", id="nothing for text"
        ),
        pytest.param(_stage("run: {tail: 1.0}"), "wrong-type", "an integer", id="a float for an integer"),
        pytest.param(_stage("run: {credentials: {$each: a}}"), "wrong-type", "a list", id="computed credentials"),
        pytest.param(_stage("copy: [{from: x}]"), "missing-key", "has no `source`", id="a copy of nothing"),
        pytest.param(_stage("copy: [{sourc: x}]"), "unknown-key", "`source`", id="one mistake, said once"),
        pytest.param(_stage("run: {env: {$merge: {A: 1}}}"), "missing-key", "`$with`", id="half a $merge"),
        pytest.param(_stage("deploy: {timeout: -1}"), "bad-value", "at least 0", id="a negative timeout"),
        pytest.param(_stage("build: {imagePullPolicy: no}"), "bad-value", "`always` or `never`", id="a pull policy"),
        pytest.param(
            _stage("blubberfile: a\n        dockerfile: b"), "conflicting-keys", "together", id="two build files"
        ),
        pytest.param("pipelines: {p: {events: [tags], stages: []}}", "bad-value", "Did you mean `tag`?", id="an event"),
        pytest.param("version: 1\npipelines: {}", "bad-value", "`version`: expected `0`, got", id="another version"),
        pytest.param("[]", "wrong-type", "The config: expected a mapping", id="a list for a config"),
    ],
)
def test_a_mistake_is_said_once_in_good_words(text: str, code: str, words: str) -> None:
    said = [s for s in _said(text) if s[0] != "missing-key" or code == "missing-key"]
    assert [s[0] for s in said] == [code]
    assert words in said[0][1]


def test_all_mistakes_are_said_in_one_run() -> None:
    first = "pipelines:\n  test:\n    stages:\n      - name: a\n        run: test\n"
    text = f"{first}publish:\n  stages:\n    - name: b\n      biuld: x\n"
    assert [(d.code, d.span.line) for d in _check(text) if d.span] == [
        ("run-string", 5),
        ("pipeline-at-top-level", 6),
        ("unknown-key", 9),
    ]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        pytest.param("targets: [jenkin]", "bad-value", "Did you mean `jenkins`?", id="a target"),
        pytest.param("credentials: {a: {}}", "missing-key", "`kind`", id="a credential without its kind"),
        pytest.param("container: {timeout: 1.5}", "wrong-type", "a number of seconds", id="half a second"),
        pytest.param("label: x", "unknown-key", "belongs under `jenkins`", id="a key in the wrong place"),
        pytest.param("policy: {unused-stages: yes}", "bad-value", "`off`, `warn` or `error`", id="a policy"),
    ],
)
def test_a_profile_is_checked_too(text: str, code: str, words: str) -> None:
    said = _said(text, "profile")
    assert [s[0] for s in said] == [code]
    assert words in said[0][1]


@pytest.mark.parametrize(
    "text", ["{}", "targets: {jenkins: ci/Jenkinsfile, zuul: {playbooks: a}}", "policy: {unused-stages: off}"]
)
def test_a_profile_may_be_short(text: str) -> None:
    assert _said(text, "profile") == []


def test_the_catalogue_shows_each_mistake_that_it_names() -> None:
    """Only this package's codes: other stages give the others."""
    for code in _OURS:
        entry = CATALOGUE[code]
        if entry["example"].startswith("#") and code != "empty-document":
            continue
        found = Diagnostics()
        document = read(entry["example"].encode(), "config.yaml", found)
        if document:
            check(document, "config", found)
        assert (code, entry["severity"]) in {(d.code, str(d.severity)) for d in found}


@pytest.mark.corpus
@pytest.mark.corpus
def test_real_configs_fit_the_schema_but_for_their_known_mistakes(corpus: Path) -> None:
    bad = {
        path.parts[-3]: [d.code for d in said]
        for path in sorted(corpus.glob("*/.pipeline/config.yaml"))
        if (said := _check(path.read_bytes()))
    }
    assert bad == {
        "RecommenderServer": ["run-string", "pipeline-at-top-level"],
        "mediawiki-services-service-scaffold-node": ["leading-space"],
    }
