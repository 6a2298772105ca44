"""What is proposed at the cursor, `^`, also where what is typed is not YAML yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpiler.driver import Request
from transpiler.editor.analysis import analyse
from transpiler.editor.completion import complete

from .conftest import CONFIG, At

HEAD = "project: team/ores\npipelines:\n  test:\n    dockerfile: Dockerfile\n"
OF_BUILD = ["stage", "imageID", "imageLocalName"]
BLUBBER = HEAD.replace("dockerfile: Dockerfile", "blubberfile: blubber.yaml")
STAGES = "    stages:\n      - name: build\n        build: test\n      - name: unit\n        run: true\n"


def proposed(at: At, text: str) -> list[str]:
    return [one.label for one in complete(*at(text))]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        (HEAD + "    execution: [[bu^]]\n" + STAGES, ["build", "unit"]),
        (HEAD + "    execution: [[build, ^\n" + STAGES, ["build", "unit"]),
        (HEAD + "    execution:\n      - [build, ^]\n" + STAGES, ["build", "unit"]),
        (HEAD + "    execution:\n      - - ^\n" + STAGES, ["build", "unit"]),
        (HEAD + STAGES.replace("build: test", "build: ^"), ["test", "production"]),
        (HEAD + STAGES.replace("build: test", "build: {variant: pro^"), ["test", "production"]),
        (
            HEAD.replace("dockerfile: Dockerfile", "blubberfile: blubber.yaml") + STAGES.replace("test", "^"),
            ["unit", "prod"],
        ),
        (HEAD + STAGES.replace("run: true", "run: {image: '${^'}"), ["setup", "build"]),
        (HEAD + STAGES.replace("run: true", "run: {image: '${build.^'}"), OF_BUILD),
        (
            HEAD + STAGES.replace("run: true", "run:\n          image: ${build.im^"),
            OF_BUILD,
        ),
        (HEAD + "    execution: [[unit, build]]\n" + STAGES.replace("run: true", "run: {image: '${^'}"), ["setup"]),
        (HEAD + "    events: [^]\n" + STAGES, ["change", "merge", "tag", "schedule"]),
        (HEAD + "    fetch: {shallow: ^}\n" + STAGES, ["true", "false"]),
        (HEAD + "    fetch: {shallow: true, ^\n" + STAGES, ["depth", "submodules", "tags"]),
        (HEAD + STAGES.replace("run: true", "run: {credentials: [{id: ^"), ["SONAR_API_KEY", "WVUI_NPM_TOKEN"]),
        (HEAD + STAGES.replace("run: true", "deploy: {cluster: ^"), ["ci"]),
        ("^", ["version", "project", "concurrency", "pipelines"]),
        ("proj^\npipelines: {}\n", ["version", "project", "concurrency"]),
    ],
)
def test_names_words_and_keys(at: At, text: str, labels: list[str]) -> None:
    assert proposed(at, text) == labels


def test_keys_of_a_stage_that_are_not_there_yet(at: At) -> None:
    found = proposed(at, HEAD + STAGES + "        ^\n")
    assert "copy" in found
    assert {"run", "name"}.isdisjoint(found)


def test_values_of_setup_and_of_the_stage_itself(at: At) -> None:
    text = HEAD + STAGES.replace(
        "run: true", "build: production\n        run: {arguments: ['${.^']}\n        exports: {key: x}"
    )
    assert {"imageID", "key"} <= set(proposed(at, text))
    assert "projectShortName" in proposed(at, text.replace("${.^", "${setup.^"))


def test_what_is_typed_already_is_replaced(at: At) -> None:
    analysis, text, offset = at(HEAD + "    execution: [[bu^zz]]\n" + STAGES)
    (build, *_) = complete(analysis, text, offset)
    assert (build.text, build.replaced, build.ahead) == ("build", 2, 2)
    analysis, text, offset = at("proj^: x\n")
    assert [one.text for one in complete(analysis, text, offset) if one.label == "project"] == ["project"]


def test_a_profile_has_keys_of_its_own(at: At) -> None:
    analysis, _, _ = at("^")
    for text, label in (("extends: \nregi", "registry"), ("extends: wi", "wikimedia"), ("container: {co", "command")):
        assert label in [one.label for one in complete(analysis, text, len(text), profile=True)]


def test_environments_of_the_profile(at: At, tmp_path: Path) -> None:
    profile = tmp_path / ".pipeline/profile.yaml"
    at("^")
    profile.write_text("extends: wikimedia\nenvironments: {staging: {cluster: ci}, production: {cluster: ci}}\n")
    text = HEAD + STAGES.replace("run: true", "deploy: {release: web, environment: ")
    analysis = analyse(Request(tmp_path, CONFIG, str(profile)), {str(tmp_path / CONFIG): text.encode()})
    offset = text.index("environment: ") + len("environment: ")
    assert [one.label for one in complete(analysis, text, offset)] == ["staging", "production"]
