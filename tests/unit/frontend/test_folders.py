"""Folders that a config names and the repository does not have."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.repositories import CONFIG, make

from transpiler.driver import Request, understand


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
