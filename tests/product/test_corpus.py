"""Every config that is in use out there compiles for all three targets, or is refused for a golden reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support.migration import migrated
from support.repositories import compiled, copy_of

from transpiler.driver import Outcome

pytestmark = pytest.mark.corpus

PROFILES = ("wikimedia", "default")
HERE = Path(__file__).parent


@pytest.fixture(scope="module", params=PROFILES)
def outcomes(
    request: pytest.FixtureRequest, corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Mapping[str, Outcome]]:
    """The profile, and by project the result of compiling its config."""
    directory = tmp_path_factory.mktemp("corpus")
    projects = [place.parent.parent for place in sorted(corpus.glob("*/.pipeline/config.yaml"))]
    assert len(projects) >= 32
    return request.param, {
        project.name: compiled(copy_of(project, directory / project.name), request.param, project.name)
        for project in projects
    }


def refusals(found: Mapping[str, Outcome]) -> str:
    """Each error on a line, under the project's name."""
    lines = []
    for project, outcome in found.items():
        errors = [d for d in outcome.diagnostics if d.severity == "error"]
        if errors:
            lines.append(f"{project}\n")
        for d in errors:
            at = f"{d.span.line}:{d.span.column}" if d.span else ""
            lines.append(f"  {at} {d.code}: {d.message}\n    {d.hint}\n")
    return "".join(lines)


def test_refusals_are_those_that_a_person_agreed_with(
    outcomes: tuple[str, Mapping[str, Outcome]], golden_text: Callable[[Path, str], None]
) -> None:
    profile, found = outcomes
    golden_text(HERE.parent / "data/corpus" / f"refusals-{profile}.txt", refusals(found))


def test_both_mistakes_of_recommender_server_are_said_in_one_run(outcomes: tuple[str, Mapping[str, Outcome]]) -> None:
    _, found = outcomes
    assert [d.code for d in found["RecommenderServer"].diagnostics] == ["run-string", "pipeline-at-top-level"]


def test_what_is_not_refused_is_written_for_all_three_targets(outcomes: tuple[str, Mapping[str, Outcome]]) -> None:
    _, found = outcomes
    for project, outcome in found.items():
        expected = {"Jenkinsfile", ".gitlab-ci.yml", ".zuul.d/transpipe.yaml"}
        assert outcome.failed or expected <= set(outcome.files), project
        assert not (outcome.failed and outcome.files), project


def test_migrating_keeps_what_a_config_means_and_changes_only_what_has_a_note(corpus: Path, tmp_path: Path) -> None:
    moved = []
    for place in sorted(corpus.glob("*/.pipeline/config.yaml")):
        project = place.parent.parent
        copy_of(project, tmp_path / project.name)
        found = migrated(place.read_bytes(), tmp_path / project.name)
        if found.content not in (None, place.read_bytes()):
            moved.append((project.name, [d.code for d in found.fixed]))
    assert moved == [("mediawiki-services-service-scaffold-node", ["leading-space"])]
