"""The mistakes and odd forms in real files: each has a sample and a diagnostic of its own.

The samples are `tests/data/oddities/<name>.yaml`. What is tolerated compiles, with a note where there is anything to
write better: anchors and aliases are YAML, and nothing is said of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.repositories import compiled, make

HERE = Path(__file__).parents[1] / "data/oddities"
BROKEN = b"variants: [\n"

REFUSED = {
    "pipeline-for-pipelines": ("pipeline-for-pipelines", "Add the `s`."),
    "publish-at-top-level": ("pipeline-at-top-level", "Indent `publish:`"),
    "stage-split-into-items": ("stage-without-name", "belongs to the stage `unit`"),
    "near-name-in-execution": ("unknown-stage", "`build-x`"),
    "no-such-ancestor": ("not-an-ancestor", "The stages before `unit` are `build`."),
    "run-without-an-image": ("no-image", "run: {image: '${build.imageID}'}"),
    "publish-without-an-image": ("nothing-to-publish", "id: '${candidate.imageID}'"),
    "promote-without-a-tag": ("nothing-published", "version: '${candidate.imageTag}'"),
    "promote-reading-no-tag": ("unbound-value", "write `${candidate.imageTag}`"),
    "deploy-without-a-tag": ("nothing-published", "tag: '${candidate.imageTag}'"),
    "deploy-reading-no-tag": ("unbound-value", "write `${candidate.imageTag}`"),
    "publish-type-image": ("publish-type-image", "publish: {image: {tags: […]}}"),
    "no-such-variant": ("unknown-variant", "Did you mean `test`?"),
    "no-such-blubberfile": ("missing-build-file", "relative to `.pipeline/`"),
    "blubberfile-that-is-no-yaml": ("unreadable-build-file", "Add the `]` or `}`."),
    "run-as-text": ("run-string", "`run: true`"),
    "image-name-outside-the-prefix": ("image-name-outside", "`team-ores` or `ores`"),
    "dotless-image-name": ("name-without-dot", "${setup.params.ZUUL_PROJECT}"),
    "dotless-tag": ("name-without-dot", "${setup.params.ZUUL_BRANCH}"),
    "dotless-variant": ("name-without-dot", "${setup.params.VARIANT}"),
    "dotless-path": ("name-without-dot", "${setup.params.NAME}"),
    "dotless-chart": ("name-without-dot", "${setup.params.CHART}"),
    "unknown-key-at-the-top": ("unknown-key", "`project`"),
    "unknown-key-of-a-pipeline": ("unknown-key", "`fetch`"),
    "unknown-key-of-a-stage": ("unknown-key", "`build`"),
    "unknown-key-of-run": ("unknown-key", "`arguments`"),
    "unknown-key-of-copy": ("unknown-key", "`destination`"),
    "unknown-key-of-deploy": ("unknown-key", "`chart`"),
    "yaml-syntax": ("yaml-syntax", "]"),
}
"""By sample: the code of its one error, and what the hint says."""

TOLERATED = {
    "number-in-env": ("number-as-string", "Write `'2'`."),
    "number-in-arguments": ("number-as-string", "Write `'1.10'`."),
    "promote-true": ("promote-true", "promote: [{chart: NAME}]"),
    "chart-as-url": ("chart-as-string", "chart: {name: https://charts.example.org/ores-1.tgz}"),
    "empty-tag": ("empty-tag", "Remove `tag`."),
    "tags-beside-image": ("publish-beside-image", "publish: {image: {tags: …}}"),
    "no-stages": ("no-stages", "Add stages"),
    "leading-space": ("leading-space", "first column"),
    "anchors": ("", ""),
}
"""By sample: the code of its one note ("" for none), and what the hint says."""


def said(name: str, tmp_path: Path) -> tuple[list[tuple[str, str]], str, bool]:
    """Severities and codes, the hints, and whether anything was made."""
    if name == "blubberfile-that-is-no-yaml":
        (tmp_path / ".pipeline").mkdir()
        (tmp_path / ".pipeline/broken.yaml").write_bytes(BROKEN)
    root = make(tmp_path, (HERE / f"{name}.yaml").read_bytes())
    if name == "no-such-blubberfile":
        (root / ".pipeline/bluber.yaml").unlink()
    outcome = compiled(root, "wikimedia")
    found = outcome.diagnostics
    return [(d.severity.value, d.code) for d in found], " ".join(d.hint for d in found), bool(outcome.files)


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_has_one_clear_error(name: str, tmp_path: Path) -> None:
    code, hint = REFUSED[name]
    codes, hints, made = said(name, tmp_path)
    assert set(codes) == {("error", code)}
    assert len(codes) == 1 or name == "stage-split-into-items", "an item without a name is told for each item"
    assert hint in hints
    assert not made


@pytest.mark.parametrize("name", TOLERATED)
def test_an_odd_form_compiles_with_a_note(name: str, tmp_path: Path) -> None:
    code, hint = TOLERATED[name]
    codes, hints, made = said(name, tmp_path)
    assert codes == ([("note", code)] if code else [])
    assert hint in hints
    assert made


def test_every_sample_is_in_a_table() -> None:
    assert {path.stem for path in HERE.iterdir()} == REFUSED.keys() | TOLERATED.keys()
