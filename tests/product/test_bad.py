"""Bad input: every diagnostic's example gives that diagnostic, in the words that people have read.

The input is the example in `schemas/diagnostics/<code>.yaml`, which `explain` shows, or `tests/data/bad/<code>.yaml`
where that example is only described; further files of the repository are in `tests/data/bad/<code>/`. The text is
`tests/data/bad/<code>.txt`. `tests/data/bad/<code>+<what>.yaml` is a further sample of a code with several messages.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.catalogue import AREAS, CATALOGUE
from support.repositories import CONFIG, add_stand_ins

from transpiler import report
from transpiler.diagnostics import Diagnostics
from transpiler.driver import Outcome, Request, compile_config, understand
from transpiler.jenkins_sync.jobs.define import definitions

ROOT = Path(__file__).resolve().parents[2]
BAD = ROOT / "tests/data/bad"
WITHOUT_STAND_INS = {"missing-build-file"}
WITHOUT_PROJECT = {"project-unknown"}
IN_A_FOLDER = {"output-not-found", "output-to-include"}
_LONG = "pipelines: {test: {stages: [{name: unit, build: test, run: {arguments: [\n"
MADE = {
    "argument-too-long": f"{_LONG}{'x' * 131_072}\n]}}}}]}}}}\n".encode(),
    "bad-encoding": b"pipelines: {}\n# caf\xe9\n",
    "name-too-long": f"pipelines: {{test: {{stages: [{{name: {'x' * 151}, build: test}}]}}}}\n".encode(),
    "file-too-large": b"# " + b"x" * 2**20,
    "too-many-arcs": b"".join(
        b"- {name: %s-%d, stage: %s}\n" % (stage, i, stage) for stage in (b"test", b"production") for i in range(101)
    ),
}
OF_THE_COMMAND = {
    "config-outside",
    "edited-orphan",
    "edited-output",
    "foreign-output",
    "hidden-output",
    "migration-unproven",
    "missing-output",
    "orphaned-output",
    "output-is-directory",
    "profile-not-fetched",
    "profile-not-shared",
    "stale-output",
}
"""Codes of the command, about files that it would write; `tests/unit/cli` has them."""
OF_THE_JOBS = {"job-name", "job-setting"}
"""Codes of what `transpipe sync` makes of an outcome."""


def compiled(sample: str, root: Path) -> Outcome:
    code = sample.partition("+")[0]
    own = BAD / f"{sample}.yaml"
    content = MADE.get(sample) or (own.read_bytes() if own.exists() else CATALOGUE[code]["example"].encode())
    if (BAD / sample).is_dir():
        shutil.copytree(BAD / sample, root, dirs_exist_ok=True)
    (root / ".pipeline").mkdir(exist_ok=True)
    (root / CONFIG).write_bytes(content)
    if code not in WITHOUT_STAND_INS:
        add_stand_ins(root)
    own_profile = root / ".pipeline/profile.yaml"
    profile = str(own_profile) if own_profile.exists() else "wikimedia"
    project, folder = "" if code in WITHOUT_PROJECT else "team/ores", "services/api" if code in IN_A_FOLDER else ""
    request = Request(root, CONFIG, profile, project=project, folder=folder)
    understood = understand(request)
    if code in OF_THE_JOBS:
        return with_jobs(compile_config(request))
    return understood if understood.diagnostics else compile_config(request)


def with_jobs(outcome: Outcome) -> Outcome:
    """The outcome, and what is wrong with the jobs that it asks for."""
    assert outcome.workflow
    assert outcome.profile
    found = Diagnostics()
    definitions(outcome.workflow, outcome.profile, outcome.files, found)
    return replace(outcome, diagnostics=(*outcome.diagnostics, *found))


@pytest.mark.parametrize("code", sorted(set(CATALOGUE) - OF_THE_COMMAND))
def test_the_example_gives_the_diagnostic(code: str, tmp_path: Path, golden_text: Callable[[Path, str], None]) -> None:
    outcome = compiled(code, tmp_path)
    severity = CATALOGUE[code]["severity"]
    assert {(d.code, d.severity.value) for d in outcome.diagnostics} == {(code, severity)}
    assert all(d.hint for d in outcome.diagnostics), "what should the user write instead?"
    assert "automatic" in CATALOGUE[code] or not any(d.fix for d in outcome.diagnostics)
    golden_text(BAD / f"{code}.txt", report.text(outcome.diagnostics, outcome.sources))


SAMPLES = sorted(path.stem for path in BAD.glob("*+*.yaml"))


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_further_sample_gives_one_diagnostic_in_these_words(
    sample: str, tmp_path: Path, golden_text: Callable[[Path, str], None]
) -> None:
    outcome = compiled(sample, tmp_path)
    assert [d.code for d in outcome.diagnostics] == [sample.partition("+")[0]]
    assert all(d.hint for d in outcome.diagnostics)
    golden_text(BAD / f"{sample}.txt", report.text(outcome.diagnostics, outcome.sources))


def codes_in_source() -> set[str]:
    """The words that are given as a code wherever a diagnostic is made."""
    text = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "transpiler").rglob("*.py"))
    return {word for word in re.findall(r'"([a-z0-9][a-z0-9.]*(?:-[a-z0-9.]+)*)"', text) if word in CATALOGUE}


def test_every_code_of_the_catalogue_is_used_in_the_source() -> None:
    assert set(CATALOGUE) - codes_in_source() == set()


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_entry_is_complete(code: str) -> None:
    entry = CATALOGUE[code]
    assert [key for key in entry if key != "automatic"] == ["area", "severity", "title", "meaning", "example", "fix"]
    assert all(isinstance(text, str) and text.strip() for text in entry.values())
    assert entry["area"] in AREAS


def test_no_expected_text_is_left_over() -> None:
    assert {path.stem for path in BAD.glob("*.*")} - set(CATALOGUE) - set(SAMPLES) == set()
