"""What an editor shows is what `lint` says, as far as it needs no outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpiler.driver import Request, compile_config, examine
from transpiler.editor.analysis import analyse

CONFIG = ".pipeline/config.yaml"
HEAD = "project: team/ores\npipelines:\n  test:\n    dockerfile: Dockerfile\n    stages:\n"
TEXTS = {
    "fine": f"{HEAD}      - {{name: a, build: test, run: true}}\n",
    "an error": f"{HEAD}      - {{name: a, build: tset, run: true}}\n",
    "a note": f"{HEAD}      - {{name: a, build: test, run: {{arguments: [1]}}}}\n",
    "a loss": f"{HEAD}      - {{name: a, build: test, run: {{credentials: [{{id: SONAR_API_KEY, name: KEY}}]}}}}\n",
    "no YAML": "a: [\n",
    "nothing": "",
    "another dialect": "- {name: unit, stage: test, variant: test}\n",
    "another program": "general: {buildTool: npm}\nsteps: {a: {}}\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_diagnostics_are_those_of_lint(name: str, tmp_path: Path) -> None:
    (tmp_path / ".pipeline").mkdir()
    (tmp_path / CONFIG).write_text(TEXTS[name])
    (tmp_path / "Dockerfile").write_text("FROM scratch AS test\n")
    (tmp_path / ".pipeline/blubber.yaml").write_text("variants: {test: {}}\n")
    request = Request(tmp_path, CONFIG, "wikimedia")
    assert examine(request)[0].diagnostics == compile_config(request).diagnostics == analyse(request, {}).diagnostics


def test_a_profile_without_a_config_is_checked_alone(tmp_path: Path) -> None:
    profile = tmp_path / ".pipeline/profile.yaml"
    profile.parent.mkdir()
    found = analyse(Request(tmp_path, CONFIG, str(profile)), {str(profile): b"registy: {}\n"})
    assert [(one.code, one.span and one.span.file) for one in found.diagnostics] == [
        ("unknown-key", ".pipeline/profile.yaml")
    ]
    assert not profile.exists()
