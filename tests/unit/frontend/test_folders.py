"""Folders that a config names and the repository does not have."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.repositories import CONFIG, make

from transpiler.driver import Request, understand

SITE = "kubernetes: {clusters: {ci: {namespace: ci}}, repository: 'https://charts.example.org'}"


def told_of_deployment(root: Path, keys: str, *files: str, before: str = "") -> list[str]:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("")
    stages = f"{before}{{name: live, deploy: {{image: x, tag: y, {keys}}}}}"
    make(root, f"pipelines: {{main: {{dockerfile: .pipeline/Dockerfile, stages: [{stages}]}}}}\n")
    (root / ".pipeline/Dockerfile").write_text("FROM scratch AS unit\n")
    (root / "site.yaml").write_text(SITE)
    found = understand(Request(root, CONFIG, str(root / "site.yaml")))
    assert not found.failed, found.diagnostics
    return [f"{d.code}: {d.message} {d.hint}" for d in found.diagnostics if d.code.startswith("missing-")]


MADE = "{name: values, build: unit, run: true, copy: [{source: /x, destination: chart/prod.yaml}]}, "


@pytest.mark.parametrize(
    ("values", "files", "before", "told"),
    [
        ("chart/prod.yaml", ("chart/prd.yaml",), "", "missing-file: The repository has no file `chart/prod.yaml`. Did"),
        ("./chart/prod.yaml", ("chart/Chart.yaml",), "", "The files in `chart` are `Chart.yaml`."),
        ("prod.yaml", ("chart/prod.yaml",), "", "The files of the repository are `site.yaml`."),
        ("charts/prod.yaml", ("chart/prod.yaml",), "", "missing-directory: The repository has no folder `charts`."),
        ("chart/prod.yaml", ("chart/prod.yaml",), "", ""),
        ("chart/prod.yaml", ("other/x",), MADE, ""),
        ("chart/prod.yaml", ("chart/prd.yaml",), MADE, ""),
        ("'${setup.branch}.yaml'", ("chart/prd.yaml",), "", ""),
    ],
)
def test_a_values_file_that_is_not_there_is_told_before_anybody_approves(
    tmp_path: Path, values: str, files: tuple[str, ...], before: str, told: str
) -> None:
    found = told_of_deployment(
        tmp_path, f"chart: {{name: app}}, release: web, values: [{values}]", *files, before=before
    )
    assert len(found) == bool(told)
    assert told in "".join(found)


@pytest.mark.parametrize(("chart", "told"), [("./charts", 1), ("./chart", 0), ("chart", 0), ("./", 0)])
def test_a_chart_that_is_not_in_the_repository_is_told(tmp_path: Path, chart: str, told: int) -> None:
    found = told_of_deployment(tmp_path, f"chart: {{name: {chart}}}", "chart/Chart.yaml")
    assert found == ["missing-directory: The repository has no folder `charts`. Did you mean `chart`?"] * told


def warned(root: Path, pipeline: str, *folders: str) -> list[str]:
    for folder in folders:
        (root / folder).mkdir(parents=True)
    make(root, f"pipelines: {{test: {{dockerfile: .pipeline/Dockerfile, {pipeline}}}}}\n")
    (root / ".pipeline/Dockerfile").write_text("FROM scratch AS unit\n")
    found = understand(Request(root, CONFIG, "default"))
    assert not found.failed, found.diagnostics
    return [f"{d.message} {d.hint}" for d in found.diagnostics if d.code == "missing-directory"]


STAGE = "stages: [{name: unit, build: unit, run: true}]"


@pytest.mark.parametrize(
    ("pipeline", "folders", "told"),
    [
        (f"directory: src/servce, {STAGE}", ("src/service",), "`src/servce`. Did you mean `src/service`?"),
        (f"directory: scr/service, {STAGE}", ("src/service",), "`scr/service`. Did you mean `src`?"),
        (f"directory: elsewhere, {STAGE}", ("api", "web"), "`elsewhere`. The folders of the repository are"),
        ("stages: [{name: unit, directory: wbe, build: unit}]", ("web",), "`wbe`. Did you mean `web`?"),
        ("stages: [{name: unit, build: {variant: unit, context: wbe}}]", ("web",), "`wbe`. Did you mean `web`?"),
        ("directory: a, stages: [{name: unit, build: {variant: unit, context: ../wbe}}]", ("web", "a"), "`wbe`."),
    ],
)
def test_a_folder_that_is_not_there_is_told_once_with_the_nearest(
    tmp_path: Path, pipeline: str, folders: tuple[str, ...], told: str
) -> None:
    (message,) = warned(tmp_path, pipeline, *folders)
    assert told in message


@pytest.mark.parametrize(
    ("pipeline", "folders"),
    [
        (f"directory: src/service, {STAGE}", ("src/service",)),
        (f"directory: src/service, {STAGE}", ()),  # only the config is here: a copy, or a sparse checkout
        (f"directory: lib/a, {STAGE}", ("lib", "src")),  # `lib` is empty: a submodule that is not checked out
        ("stages: [{name: unit, build: {variant: unit, context: 'https://git.example.org/a.git'}}]", ("a",)),
        ("stages: [{name: unit, build: {variant: unit, context: 'git@example.org:a/b'}}]", ("a",)),
        (
            "stages: [{name: unit, build: unit, run: true, copy: [{source: /x, destination: made}]},"
            " {name: two, directory: made/deep, build: unit}]",
            ("a",),
        ),
        (
            "stages: [{name: unit, build: unit, run: {tail: 1}, copy: [{source: /x, destination: '${.output}'}]},"
            " {name: two, directory: made, build: unit}]",
            ("a",),
        ),
    ],
)
def test_a_folder_that_may_be_there_later_is_not(tmp_path: Path, pipeline: str, folders: tuple[str, ...]) -> None:
    assert warned(tmp_path, pipeline, *folders) == []
