"""The goldens: small repositories, one feature each, with the outputs that stand in them and are read by people."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.repositories import CONFIG, compiled

from transpiler import report
from transpiler.driver import Request, understand
from transpiler.lowering import lower
from transpiler.program import Use
from transpiler.targets import TARGETS

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
CASES = sorted(path.name for path in GOLDEN.iterdir())


def profile_of(root: Path) -> str:
    """The profile that `generate` would take."""
    own = root / ".pipeline/profile.yaml"
    return str(own) if own.exists() else "default"


def inputs(case: Path) -> Iterator[Path]:
    """What a person wrote: the config, the profile, and what they name."""
    made = {"Jenkinsfile", ".gitlab-ci.yml", "diagnostics.txt"}
    for path in case.rglob("*"):
        relative = path.relative_to(case)
        generated = relative.parts[0] in (".zuul.d", ".github", ".forgejo") or relative.is_relative_to(".pipeline/zuul")
        if (
            path.is_file()
            and not generated
            and relative.name.partition(".p")[0] not in made
            and not (relative.name.startswith("Jenkinsfile"))
        ):
            yield relative


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, tmp_path: Path, golden_text: Callable[[Path, str], None], update_golden: bool) -> None:
    root = tmp_path / case
    for path in inputs(GOLDEN / case):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(GOLDEN / case / path, root / path)
    outcome = compiled(root, profile_of(root))
    assert not outcome.failed, [diagnostic.message for diagnostic in outcome.diagnostics]
    if update_golden:
        for path in set(_files(GOLDEN / case)) - set(inputs(GOLDEN / case)):
            (GOLDEN / case / path).unlink()
    for name, text in outcome.files.items():
        golden_text(GOLDEN / case / name, text)
    said = report.text(outcome.diagnostics, outcome.sources)
    if said:
        golden_text(GOLDEN / case / "diagnostics.txt", said)
    expected = {Path(name) for name in outcome.files} | set(inputs(GOLDEN / case))
    assert set(_files(GOLDEN / case)) == expected | ({Path("diagnostics.txt")} if said else set())


def _files(case: Path) -> Iterator[Path]:
    return (path.relative_to(case) for path in case.rglob("*") if path.is_file())


def test_every_cell_of_the_support_table_has_a_golden() -> None:
    """A feature counts for a target if some golden uses it and has that target's output."""
    used = {(name, use.feature) for case in CASES for name in TARGETS for use in _plan_uses(GOLDEN / case)}
    assert {(name, feature) for name in TARGETS for feature in TARGETS[name].supports} - used == set()


def _plan_uses(root: Path) -> tuple[Use, ...]:
    outcome = understand(Request(root, CONFIG, profile_of(root)))
    assert outcome.workflow is not None
    assert outcome.profile is not None
    return lower(outcome.workflow, outcome.profile).uses
