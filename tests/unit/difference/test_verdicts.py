"""A verdict never says that a target's bytes stay when they do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.differences import CONFIG, PROFILE, repository, side

from transpiler.diagnostics import Severity
from transpiler.difference.compare import compare
from transpiler.difference.model import Meaning
from transpiler.driver import Request, compile_config
from unit.difference.test_changes import EDITS, Edit

AT = "extends: default\n"
MORE = {
    line: Edit("profile", AT, f"{AT}{line}\n", ())
    for line in (
        "images: artifact",
        "branches: [main, master]",
        "registries: {registry.example.org: registry}",
        "report: {gerrit: {url: https://gerrit.example.org, credential: charts}}",
        "notify: {command: sendmail -t, from: ci@example.org}",
        "gitlab: {granularity: pipeline}",
        "zuul: {granularity: stage}",
        "jenkins: {layout: file-per-pipeline}",
        "environment: [ZUUL_REF]",
        "proxy: http://proxy.example.org:3128",
        "events: {defaults: {other: [change]}}",
        "container: {command: podman}",
        "project: team/other",
        "builder: {kind: dockerfile}",
        "supersede: false",
        "supersede: true",
    )
}


def bodies(root: Path, config: str, profile: str) -> dict[str, dict[str, str]]:
    """By target: what is generated below the headers."""
    (root / ".pipeline/config.yaml").write_text(config)
    file = root / ".pipeline/profile.yaml"
    file.write_text(profile)
    made = compile_config(Request(root, ".pipeline/config.yaml", str(file), loss=Severity.WARNING))
    assert not made.failed, [d.message for d in made.diagnostics]
    found: dict[str, dict[str, str]] = {}
    for output in made.outputs:
        found.setdefault(output.target, {})[output.path] = "\n".join((*output.intro, output.body))
    return found


STAGE = "      - name: lint\n"
RUN = "run: {image: '${build.imageID}', arguments: [unit]"
MORE |= {
    "changes": Edit("config", "  test:\n", "  test:\n    changes: [src/**]\n", ()),
    "changes but": Edit("config", "  test:\n", "  test:\n    changes: {exclude: [docs/**]}\n", ()),
    "the clock": Edit("config", "events: [merge]", "events: [merge, schedule]", ()),
    "a stage that may fail": Edit("config", STAGE, f"{STAGE}        allowFailure: true\n", ()),
    "a report": Edit("config", "archive: true}", "archive: true, report: junit}", ()),
    "after a failure": Edit("config", "archive: true}", "archive: true, when: always}", ()),
    "a release": Edit("config", "timeout: 60}", "timeout: 60, release: ores, environment: staging}", ()),
    "a service": Edit("config", RUN, f"{RUN}, services: [{{name: db, image: 'redis:7'}}]", ()),
}
REFUSED = ("another project", "a target gained", "fewer actions allowed", "a stage required")
"""Edits that leave an error, so that nothing is generated."""


@pytest.mark.parametrize("name", [name for name in (*EDITS, *MORE) if name not in REFUSED])
def test_identical_targets_have_identical_bodies(name: str, tmp_path: Path) -> None:
    edit = {**EDITS, **MORE}[name]
    root = repository(tmp_path)
    config, profile = (
        text.replace(edit.old, edit.new, 1) if edit.file == file else text
        for file, text in (("config", CONFIG), ("profile", PROFILE))
    )
    before, after = bodies(root, CONFIG, PROFILE), bodies(root, config, profile)
    found = compare(side(root), side(root, config, profile))
    for target in found.targets:
        if target.meaning is not Meaning.DIFFERENT:
            assert before.get(target.name) == after.get(target.name), target


def test_another_address_of_an_environment_is_a_difference(tmp_path: Path) -> None:
    root = repository(tmp_path)
    config = CONFIG.replace("timeout: 60}", "timeout: 60, release: ores, environment: staging}")
    moved = PROFILE.replace("https://staging.example.org", "https://other.example.org")
    found = compare(side(root, config), side(root, config, moved))
    first = found.changes[0]
    assert (first.topic.value, first.stage) == ("deployed", "rehearse")
    assert (first.before, first.after) == ("at https://staging.example.org", "at https://other.example.org")
