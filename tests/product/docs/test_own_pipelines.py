"""This repository's own pipelines: their outputs are committed, and its own hook keeps them fresh."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from support.repositories import CONFIG

from transpiler.driver import Outcome, Request, compile_config
from transpiler.targets import TARGETS

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def own() -> Outcome:
    return compile_config(Request(ROOT, CONFIG, str(ROOT / ".pipeline/profile.yaml")))


def test_the_committed_outputs_are_those_of_the_config(own: Outcome, golden_text: Callable[[Path, str], None]) -> None:
    assert own.diagnostics == ()
    assert {output.target for output in own.outputs} == set(TARGETS)
    for path, text in own.files.items():
        golden_text(ROOT / path, text)


def test_its_hook_runs_for_every_output_and_everything_that_they_are_made_from(own: Outcome) -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    (hook,) = repository["hooks"]
    runs_for = re.compile(hook["files"])
    inputs = (
        CONFIG,
        ".pipeline/profile.yaml",
        "Dockerfile",
        "templates/jenkins/Jenkinsfile.j2",
        "schemas/config.schema.json",
    )
    assert [path for path in (*own.files, *inputs) if not runs_for.search(path)] == []


def test_its_image_and_its_stages_agree(own: Outcome) -> None:
    """A test without docker: the targets are in the Dockerfile, and the quick tests run as people run them."""
    text = (ROOT / "Dockerfile").read_text()
    assert set(re.findall(r"^FROM \S+ AS (\S+)$", text, re.MULTILINE)) == {"base", "test", "wheel", "production"}
    assert 'ENTRYPOINT ["sh", "tests/all"]' in text
    stages = yaml.safe_load((ROOT / CONFIG).read_text())["pipelines"]["test"]["stages"]
    assert stages[0]["run"] == {"arguments": ["quick"]}
