"""What an audit finds out about each kind of repository."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from support.command import CONFIG, Command, make, write
from support.fleet import CONFIG_PATH, HOSTILE_NAME, PROFILE_PATH

from transpiler.app.audit import Options, audit
from transpiler.app.audited import Audited, Staleness, Standing
from transpiler.diagnostics import Severity
from transpiler.driver import compile_config

auditing = importlib.import_module("transpiler.app.audit")


@pytest.mark.parametrize(
    ("name", "standing", "states"),
    [
        ("fresh", "compiled", ["fresh"]),
        ("stale", "compiled", ["stale", "fresh"]),
        ("edited", "compiled", ["edited", "fresh"]),
        ("missing", "compiled", ["missing", "fresh"]),
        ("older", "compiled", ["older-version", "fresh"]),
        ("newer", "compiled", ["newer-version", "fresh"]),
        ("orphaned", "compiled", ["stale", "orphaned"]),
        ("foreign", "compiled", ["missing", "foreign"]),
        ("never-generated", "compiled", ["missing"]),
        ("errors", "errors", ["unknown"]),
        ("piper", "foreign-config", []),
        ("empty", "not-found", []),
        ("nowhere", "not-found", []),
        (HOSTILE_NAME, "errors", []),
    ],
)
def test_how_each_stands(audits: dict[str, Audited], name: str, standing: str, states: list[str]) -> None:
    found = audits[name]
    assert found.standing == standing
    assert [*found.states] == states
    assert found.needs_work == (not {*states} <= {"fresh", "unknown"})


def test_an_output_says_why_it_is_not_fresh(audits: dict[str, Audited]) -> None:
    whys = {name: {output.path: output.why for output in found.outputs} for name, found in audits.items()}
    assert whys["stale"]["Jenkinsfile"] == "the config .pipeline/config.yaml has changed"
    assert "output format was" in whys["older"]["Jenkinsfile"]
    assert "a newer transpipe generated it" in whys["newer"]["Jenkinsfile"]
    assert whys["fresh"] == {"Jenkinsfile": "", ".gitlab-ci.yml": ""}


def test_the_target_of_an_output_is_known_also_of_one_that_is_no_longer_generated(audits: dict[str, Audited]) -> None:
    targets = {output.path: output.target for output in audits["orphaned"].outputs}
    assert targets == {"Jenkinsfile": "jenkins", ".gitlab-ci.yml": "gitlab"}


def test_it_knows_dialect_profile_project_and_pipelines(audits: dict[str, Audited]) -> None:
    assert (audits["fresh"].dialect, audits["variants"].dialect) == ("version 0", "proposal B")
    assert (audits["fresh"].profile, audits["piper"].profile) == (PROFILE_PATH, "default")
    assert audits["fresh"].project == "team/ores"
    (pipeline,) = audits["fresh"].pipelines
    assert (pipeline.name, pipeline.notation, pipeline.events) == ("test", "unit | lint", ("change", "merge"))
    assert pipeline.stages == (("unit", ("build", "run")), ("lint", ("build", "run")))
    assert pipeline.picture.startswith("<svg ")


def test_a_rule_that_the_profile_does_not_ask_for_is_told_when_it_is_broken(audits: dict[str, Audited]) -> None:
    """Who publishes without a test is to be found, whatever the profiles say."""
    assert {(breach.rule, breach.severity) for breach in audits["shop"].breaches} == {
        ("production-without-test", "off"),
        ("publish-without-deploy", "off"),
    }
    assert not audits["fresh"].breaches


def test_a_rule_that_the_profile_asks_for_has_its_severity(tmp_path: Path, audits: dict[str, Audited]) -> None:
    root = make(tmp_path / "r")
    unused = CONFIG.replace("execution: [[unit], [lint]]", "execution: [[unit]]")
    write(root, {CONFIG_PATH: unused})
    assert [(b.rule, b.severity) for b in audit(str(root), Options()).breaches] == [("unused-stages", "warning")]


def test_what_is_lost_is_known_of_all_targets(audits: dict[str, Audited]) -> None:
    found = audits["limited"]
    assert found.targets == ("jenkins",)
    assert found.losses
    lost = {target: [(loss.feature, loss.accepted) for loss in losses] for target, losses in found.losses.items()}
    assert lost == {"jenkins": [], "gitlab": [("concurrency", False)], "zuul": [], "github": []}
    assert not any((audits["fresh"].losses or {}).values())
    assert audits["piper"].losses is None


@pytest.mark.parametrize("name", ["fresh", "stale", "older", "orphaned", "limited", "errors"])
def test_it_says_what_check_says(
    audits: dict[str, Audited], in_fleet: tuple[str, ...], transpipe: Command, name: str
) -> None:
    """With the options that the outputs were made with."""
    ran = transpipe("generate", "--check", name)
    found = audits[name]
    assert (ran.code == 0) == (not found.needs_work and not found.has(Severity.ERROR))
    assert all(diagnostic.message in ran.out for diagnostic in found.stale)


def test_the_options_that_the_outputs_were_made_with_count(
    tmp_path: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository whose CI gives `generate` options is not stale because the audit does not know them."""
    monkeypatch.chdir(tmp_path)
    config = CONFIG.replace("project: team/ores\n", "")
    write(make(tmp_path / "r"), {CONFIG_PATH: config})
    assert transpipe("generate", "r", "--project", "a/b", "-t", "gitlab", "-t", "jenkins").code == 0
    found = audit("r", Options())
    assert (found.states, found.project) == ((Staleness.FRESH,), "a/b")
    write(tmp_path / "r", {CONFIG_PATH: f"{config}# changed\n"})
    assert Staleness.STALE in audit("r", Options()).states


def test_nothing_is_written(fleet: tuple[Path, tuple[str, ...]], in_fleet: tuple[str, ...]) -> None:
    place, names = fleet
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    for name in names:
        audit(name, Options())
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before


@pytest.mark.parametrize(
    ("error", "standing"),
    [(PermissionError(13, "Permission denied", "x"), Standing.UNREADABLE), (KeyError("x"), Standing.BUG)],
)
def test_what_goes_wrong_in_one_is_its_row(
    in_fleet: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, error: Exception, standing: Standing
) -> None:
    def fail(request: object) -> None:
        raise error

    monkeypatch.setattr(auditing, "compile_config", fail)
    found = audit("fresh", Options())
    assert found.standing is standing
    assert found.report.failure
    assert found.has(Severity.ERROR)
    monkeypatch.setattr(auditing, "compile_config", compile_config)
    assert audit("fresh", Options()).standing is Standing.COMPILED
