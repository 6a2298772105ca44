"""Charts in the repository that do not read the values of their image."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.compiling import compile_text

CONFIG = """\
pipelines:
  p:
    dockerfile: Dockerfile
    stages:
      - name: go
        deploy: {image: web, tag: '1', chart: {name: ./chart}}
"""


def unread(root: Path, template: str | None, chart: str = "name: x\n") -> list[str]:
    (root / "chart/templates").mkdir(parents=True)
    (root / "chart/Chart.yaml").write_text(chart)
    if template is not None:
        (root / "chart/templates/a.yaml").write_text(template)
    found = compile_text(CONFIG, root=root)
    return [one.message for one in found.diagnostics if one.code == "image-value-unread"]


BOTH = [
    f"No template of the chart `./chart` reads `main_app.{key}`, which says which image to deploy."
    for key in ("image", "version")
]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("image: {{ .Values.main_app.image }}:{{ .Values.main_app.version }}", []),
        ("image: {{ $.Values.main_app.image }}:{{- .Values.main_app.version | quote }}", []),
        ("{{- with .Values.main_app }}image: {{ .image }}{{ end }}", []),
        ('{{- include "x" .Values }}', []),
        ("image: {{ .Values.main_app.image }}:1", BOTH[1:]),
        ("image: {{ .Values.main_app.images }}{{ .Values.main_application }}", BOTH),
        ("image: web:1", BOTH),
    ],
)
def test_a_template_reads_the_image_by_its_values(tmp_path: Path, template: str, said: list[str]) -> None:
    assert unread(tmp_path, template) == said


def test_a_chart_with_dependencies_or_without_templates_is_not_judged(tmp_path: Path) -> None:
    assert not unread(tmp_path / "a", "image: web:1", "name: x\ndependencies: []\n")
    assert not unread(tmp_path / "b", None)


def test_a_chart_that_is_a_link_out_of_the_repository_is_not_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    unread(tmp_path / "other", "image: web:1")
    root.mkdir()
    (root / "chart").symlink_to(tmp_path / "other/chart")
    found = compile_text(CONFIG, root=root)
    assert "image-value-unread" not in found.codes


@pytest.mark.parametrize(
    ("chart", "told"), [("./chart", False), ("web", True), ("https://charts.example.org/x.tgz", True)]
)
def test_only_a_string_that_is_no_path_can_be_read_in_two_ways(tmp_path: Path, chart: str, told: bool) -> None:
    found = compile_text(CONFIG.replace("{name: ./chart}", chart), root=tmp_path)
    assert ("chart-as-string" in [one.code for one in found.diagnostics]) is told
