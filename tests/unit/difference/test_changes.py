"""Each change of meaning is found, and its place is named: what, in which pipeline, stage or target."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from support.differences import CONFIG, PROFILE, repository, side

from transpiler.difference.compare import compare
from transpiler.difference.model import Change, How, Meaning, Topic
from transpiler.difference.report.words import sentence


class Edit(NamedTuple):
    """One change of meaning: in which file (`config` or `profile`) what becomes what, and the changes to find, each as
    topic, how, pipeline, stage or target, and name."""

    file: str
    old: str
    new: str
    found: tuple[tuple[str, str, str, str], ...]


DEPLOYED = (("deployed", "changed", "publish/rehearse", "rehearse"),)
TRIGGERED = (("triggered", "added", "publish/tell", ""),)
LABEL = (("setting", "changed", "/jenkins", "label"),)
EDITS = {
    "a credential gained": Edit(
        "config",
        "arguments: [unit], env",
        "arguments: [unit], credentials: [{id: npm, name: NPM}], env",
        (("credential", "added", "test/unit", "npm"), ("program", "changed", "test/unit", "unit")),
    ),
    "a credential lost": Edit(
        "config",
        ", credentials: [{id: sonar, name: SONAR_TOKEN}]",
        "",
        (("credential", "removed", "publish/check", "sonar"), ("program", "changed", "publish/check", "check")),
    ),
    "a credential in another variable": Edit(
        "config",
        "name: SONAR_TOKEN",
        "name: TOKEN",
        (("credential", "changed", "publish/check", "sonar"), ("program", "changed", "publish/check", "check")),
    ),
    "another credential": Edit(
        "config",
        "{id: sonar, name",
        "{id: npm, name",
        (("credential", "added", "publish/check", "npm"), ("credential", "removed", "publish/check", "sonar")),
    ),
    "a build secret": Edit(
        "config",
        "args: {NODE: '20'}",
        "args: {NODE: '20'}, secrets: [{id: npm, name: NPM}]",
        (("credential", "added", "test/build", "npm"), ("program", "changed", "test/build", "build")),
    ),
    "another published name": Edit(
        "config",
        "{image: {name: ores,",
        "{image: {name: ores-web,",
        (
            ("published", "added", "publish/push", "ores-web:1.0"),
            ("published", "removed", "publish/push", "ores:stable"),
        ),
    ),
    "a tag more": Edit(
        "config", "tags: [stable]", "tags: [stable, latest]", (("published", "added", "publish/push", "ores:latest"),)
    ),
    "a tag that the run knows": Edit(
        "config", "tag: '1.0'", "tag: '${setup.tag}'", (("published", "added", "publish/push", "ores:${setup.tag}"),)
    ),
    "another promotion": Edit(
        "config",
        "environments: [staging]",
        "environments: [production]",
        (("promoted", "added", "publish/move", "ores 1.0 for production"),),
    ),
    "another cluster": Edit(
        "config",
        "chart: {name: ores}",
        "chart: {name: ores}, cluster: other",
        DEPLOYED,
    ),
    "another chart version": Edit(
        "config",
        "chart: {name: ores}",
        "chart: {name: ores, version: 1.2.3}",
        DEPLOYED,
    ),
    "a deployment without a test": Edit(
        "config",
        "chart: {name: ores}",
        "chart: {name: ores}, test: false",
        DEPLOYED,
    ),
    "a deployment that stays": Edit(
        "config",
        "timeout: 60}",
        "timeout: 60, release: ores, environment: staging}",
        (
            *DEPLOYED,
            ("program", "changed", "publish/rehearse", "rehearse"),
        ),
    ),
    "another job triggered": Edit(
        "config",
        "name: downstream,",
        "name: other,",
        (
            ("triggered", "added", "publish/tell", "other(VERSION=1.0), does not wait and fails with it"),
            ("triggered", "removed", "publish/tell", "downstream(VERSION=1.0), does not wait and fails with it"),
        ),
    ),
    "a parameter of a triggered job": Edit("config", "parameters: {VERSION", "parameters: {TAG", TRIGGERED),
    "an event gained": Edit(
        "config", "events: [merge]", "events: [merge, tag]", (("event", "added", "publish/", "tag"),)
    ),
    "an event lost": Edit(
        "config", "  test:\n", "  test:\n    events: [change]\n", (("event", "removed", "test/", "merge"),)
    ),
    "a stage gained": Edit(
        "config",
        "      - name: tell\n",
        "      - {name: more, build: test}\n      - name: tell\n",
        (("stage", "added", "publish/more", "more"),),
    ),
    "a pipeline gained": Edit(
        "config",
        "  publish:\n",
        "  more: {dockerfile: Dockerfile, stages: [{name: lint}]}\n  publish:\n",
        (
            ("pipeline", "added", "more/", "more"),
            ("stage", "added", "more/lint", "lint"),
            ("event", "added", "more/", "change"),
        ),
    ),
    "a stage renamed": Edit(
        "config",
        "- name: tell",
        "- name: announce",
        (("stage", "changed", "publish/announce", "announce"),),
    ),
    "an arc gained": Edit(
        "config", "[build, lint]]", "[build, unit, lint]]", (("edge", "added", "test/lint", "unit -> lint"),)
    ),
    "an arc lost": Edit(
        "config",
        "[[build, unit], [build, lint]]",
        "[[build, unit, lint]]",
        (("edge", "added", "test/lint", "unit -> lint"),),
    ),
    "another argument": Edit(
        "config", "arguments: [lint]", "arguments: [lint, --fast]", (("program", "changed", "test/lint", "lint"),)
    ),
    "another variable": Edit("config", "LEVEL: high", "LEVEL: low", (("program", "changed", "test/unit", "unit"),)),
    "another variant": Edit(
        "config", "build: production", "build: lint", (("program", "changed", "publish/push", "push"),)
    ),
    "another build argument": Edit(
        "config", "NODE: '20'", "NODE: '22'", (("program", "changed", "test/build", "build"),)
    ),
    "another image to run": Edit(
        "config",
        "run: {image: '${build.imageID}', arguments: [lint]}",
        "run: {image: 'debian:12', arguments: [lint]}",
        (("program", "changed", "test/lint", "lint"), ("handover", "changed", "test/lint", "")),
    ),
    "a longer limit": Edit("config", "timeout: 10m", "timeout: 20m", (("limit", "changed", "test/unit", "timeout"),)),
    "no limit": Edit("config", "        timeout: 10m\n", "", (("limit", "removed", "test/unit", "timeout"),)),
    "more attempts": Edit("config", "attempts: 2", "attempts: 3", (("limit", "changed", "test/lint", "attempts"),)),
    "an artifact lost": Edit("config", ", archive: true", "", (("artifact", "removed", "test/unit", "junit.xml"),)),
    "another address for mail": Edit(
        "config", "team@example.org", "others@example.org", (("mail", "changed", "test/unit", ""),)
    ),
    "files that count": Edit(
        "config",
        "  test:\n",
        "  test:\n    changes: [src/**]\n",
        (("changes", "added", "test/", "files that count"),),
    ),
    "a stage that may fail": Edit(
        "config",
        "      - name: lint\n",
        "      - name: lint\n        allowFailure: true\n",
        (("limit", "added", "test/lint", "allowFailure"),),
    ),
    "a report": Edit(
        "config", "archive: true}", "archive: true, report: junit}", (("artifact", "added", "test/unit", ""),)
    ),
    "a deeper clone": Edit(
        "config", "  test:\n", "  test:\n    fetch: {depth: 50}\n", (("checkout", "changed", "test/", "commits"),)
    ),
    "a condition": Edit(
        "config",
        "  test:\n",
        "  test:\n    changes: [src/]\n",
        (("changes", "added", "test/", "files that count"),),
    ),
    "another directory": Edit(
        "config",
        "- name: lint\n",
        "- name: lint\n        directory: src\n",
        (("program", "changed", "test/lint", "lint"),),
    ),
    "another project": Edit("config", "team/ores", "team/scores", (("project", "changed", "/", "project"),)),
    "a bound on pipelines": Edit(
        "config", "pipelines:\n", "concurrency: 1\npipelines:\n", (("project", "added", "/", "concurrency"),)
    ),
    "another registry": Edit(
        "profile",
        "public: registry.example.org",
        "public: registry.example.net",
        (("program", "changed", "publish/rehearse", "rehearse"), ("setting", "changed", "/", "registry.public")),
    ),
    "another time for runs": Edit(
        "profile",
        "extends: default\n",
        "extends: default\ncontainer: {timeout: 60}\n",
        (("program", "changed", "test/unit", "unit"),),
    ),
    "podman": Edit(
        "profile",
        "extends: default\n",
        "extends: default\ncontainer: {command: podman}\n",
        (("setting", "changed", "/", "container.command"),),
    ),
    "another branch": Edit(
        "profile",
        "extends: default\n",
        "extends: default\nbranches: [trunk]\n",
        (("setting", "changed", "/", "branches"),),
    ),
    "a target gained": Edit(
        "profile",
        "[jenkins, gitlab, zuul]",
        "[jenkins, gitlab, zuul, github]",
        (("target", "added", "/github", "github"),),
    ),
    "a target lost": Edit(
        "profile", "[jenkins, gitlab, zuul]", "[jenkins, gitlab]", (("target", "removed", "/zuul", "zuul"),)
    ),
    "another credential of the same name": Edit(
        "profile", "jenkins: sonar-token", "jenkins: sonar-2", (("setting", "changed", "/jenkins", "credential sonar"),)
    ),
    "another job behind the same name": Edit(
        "profile",
        "downstream: {jenkins: downstream",
        "downstream: {jenkins: x",
        (("setting", "changed", "/jenkins", "trigger downstream"),),
    ),
    "another node": Edit(
        "profile",
        "extends: default\n",
        "extends: default\njenkins: {label: big}\n",
        LABEL,
    ),
    "a house rule switched on": Edit(
        "profile",
        "policy: {untested-publish: 'off'",
        "policy: {untested-publish: error",
        (("rule", "added", "/", "untested-publish"),),
    ),
    "fewer actions allowed": Edit(
        "profile",
        "unused-stages: 'off'",
        "unused-stages: 'off', actions: {change: [build]}",
        (("rule", "added", "/", "actions on change"), ("breach", "added", "/", "action-not-allowed")),
    ),
    "a stage required": Edit(
        "profile",
        "extends: default\n",
        "extends: default\nrequired: {stages: [scan]}\n",
        (("rule", "added", "/", "required stage scan"), ("breach", "added", "/", "required-stage")),
    ),
    "a loss accepted": Edit(
        "profile",
        "extends: default\n",
        "extends: default\nunsupported: [trigger]\n",
        (("loss", "added", "/", "trigger"),),
    ),
}


def key(change: Change) -> tuple[str, str, str, str]:
    place = f"/{change.target}" if change.target and not change.pipeline else f"{change.pipeline}/{change.stage}"
    return change.topic.value, change.how.value, place, change.name


@pytest.mark.parametrize("name", EDITS)
def test_a_change_of_meaning_is_found_where_it_is(name: str, tmp_path: Path) -> None:
    edit = EDITS[name]
    root = repository(tmp_path)
    texts = {"config": CONFIG, "profile": PROFILE}
    assert edit.old in texts[edit.file]
    changed = texts | {edit.file: texts[edit.file].replace(edit.old, edit.new, 1)}
    old = side(root, texts["config"], texts["profile"])
    new = side(root, changed["config"], changed["profile"])
    found = compare(old, new)
    assert found.meaning is Meaning.DIFFERENT
    keys = [key(change) for change in found.changes]
    for wanted in edit.found:
        assert any(all(not part or part == got for part, got in zip(wanted, one, strict=False)) for one in keys), keys
    for change in found.changes:
        if change.stage and change.topic is not Topic.LOSS:
            pipeline = next(p for p in found.pipelines if p.name == change.pipeline)
            named = next(stage for stage in pipeline.stages if stage.name == change.stage)
            assert pipeline.meaning is Meaning.DIFFERENT
            assert named.meaning is Meaning.DIFFERENT
    back = {(change.topic, turned(change)[1]) for change in compare(new, old).changes}
    assert back == {(change.topic, change.how.value) for change in found.changes}


def test_a_stage_that_is_called_otherwise_keeps_its_waits_and_its_credentials(tmp_path: Path) -> None:
    root = repository(tmp_path)
    found = compare(side(root), side(root, CONFIG.replace("name: check", "name: checked")))
    assert [(change.topic, change.before, change.after) for change in found.changes] == [
        (Topic.STAGE, "check", "checked"),
    ]
    assert "+container=$run-checked" in found.changes[0].patch
    found = compare(side(root), side(root, CONFIG.replace("name: check", "name: other").replace("[check]", "[o]")))
    assert {change.how for change in found.changes if change.topic is Topic.STAGE} == {How.ADDED, How.REMOVED}


def turned(change: Change) -> tuple[str, str, str, str]:
    """The key of the opposite change."""
    topic, how, place, name = key(change)
    return topic, {"added": "removed", "removed": "added"}.get(how, how), place, name


def test_there_are_thirty_changes_at_least() -> None:
    assert len(EDITS) >= 30


def test_what_a_reviewer_must_see_comes_first(tmp_path: Path) -> None:
    root = repository(tmp_path)
    config = CONFIG.replace("arguments: [unit]", "arguments: [other], credentials: [{id: npm, name: NPM}]")
    config = config.replace("tags: [stable]", "tags: [latest]").replace("events: [merge]", "events: [tag]")
    found = compare(side(root), side(root, config))
    topics = [change.topic for change in found.changes]
    assert topics == sorted(topics, key=list(Topic).index)
    assert topics[:5] == [Topic.CREDENTIAL, Topic.PUBLISHED, Topic.PUBLISHED, Topic.EVENT, Topic.EVENT]


GATED = """\
project: team/ores
pipelines:
  release:
    dockerfile: Dockerfile
    events: [tag]
    execution: [[push, ask, production, tell]]
    stages:
      - {name: push, build: production, publish: {image: {name: ores, tag: '1.0'}}}
      - {name: ask, approve: {message: 'Go?', by: [managers], timeout: 2d}}
      - name: production
        deploy:
          image: '${push.imageName}'
          tag: '1.0'
          chart: {name: ores}
          release: ores
          environment: staging
          namespace: web
      - {name: tell, trigger: {name: downstream}}
"""
NOWHERE = "to no environment, cluster ci, no URL"
ASKED = "by managers, Go?, within 2d"


ARCS = "[[push, ask, production, tell]]"
STAGING, PRODUCTION = "at https://staging.example.org", "at https://www.example.org"
FIRST = [
    ("ment: staging", "ment: production", "production", f"to staging, {STAGING}", f"to production, {PRODUCTION}"),
    ("namespace: web", "namespace: shop", "production", "namespace web", "namespace shop"),
    (
        "          environment: staging\n",
        "",
        "production",
        f"to staging, cluster other, {STAGING}",
        NOWHERE,
    ),
    ("by: [managers]", "by: [managers, anna]", "ask", "by managers", "by managers, anna"),
    ("timeout: 2d", "timeout: 36h", "ask", "within 2d", "within 36h"),
    (", timeout: 2d", "", "ask", "within 2d", "without a limit"),
    ("message: 'Go?', ", "", "ask", "Go?", "no question of its own"),
    ("{message: 'Go?', by: [managers], timeout: 2d}", "false", "ask", ASKED, ""),
    (ARCS, "[[push, ask, tell], [push, production, tell]]", "production", f"of the stage ask, {ASKED}", ""),
    (ARCS, "[[push, production, tell]]", "production", f"of the stage ask, {ASKED}", ""),
]
"""What becomes what in the config, and of the first change its stage, and what was and is."""


@pytest.mark.parametrize(("old", "new", "stage", "before", "after"), FIRST)
def test_a_lost_approval_and_another_environment_come_before_everything(
    tmp_path: Path, old: str, new: str, stage: str, before: str, after: str
) -> None:
    root = repository(tmp_path)
    assert old in GATED
    first, *more = compare(side(root, GATED), side(root, GATED.replace(old, new))).changes
    assert (first.stage, first.before, first.after) == (stage, before, after)
    assert first.topic in (Topic.APPROVAL, Topic.DEPLOYED)
    assert stage not in {change.stage for change in more if change.topic is first.topic}


@pytest.mark.parametrize(
    ("site", "name", "after"),
    [("approval: other", "approval", "other"), ("approvers: {managers: live}", "approvers.managers", "live")],
)
def test_another_environment_in_which_people_approve_comes_first(
    tmp_path: Path, site: str, name: str, after: str
) -> None:
    root, moved = repository(tmp_path), f"{PROFILE}gitlab: {{{site}}}\n"
    first, *_ = compare(side(root, GATED), side(root, GATED, moved)).changes
    assert (first.topic, first.target, first.name, first.after) == (Topic.APPROVAL, "gitlab", name, after)
    assert sentence(first, str, str).startswith(f"Target gitlab: {name} is {after}; it was ")
    assert [change.topic for change in compare(side(root), side(root, CONFIG, moved)).changes] == [Topic.SETTING]


def test_an_approval_that_is_lost_with_its_arc_is_told_once(tmp_path: Path) -> None:
    root = repository(tmp_path)
    old, new = GATED, GATED.replace("[[push, ask, production, tell]]", "[[push, production, tell], [push, ask]]")
    for one, other, how in ((old, new, How.REMOVED), (new, old, How.ADDED)):
        found = compare(side(root, one), side(root, other))
        lost = [(change.how, change.name, change.stage) for change in found.changes if change.topic is Topic.APPROVAL]
        assert lost == [(how, "ask", "production")]


def test_a_stage_that_is_called_otherwise_keeps_its_approval(tmp_path: Path) -> None:
    root = repository(tmp_path)
    found = compare(side(root, GATED), side(root, GATED.replace("ask", "confirm"))).changes
    assert {change.topic for change in found} == {Topic.STAGE, Topic.LOSS}


def test_an_event_more_tells_what_credentials_it_reaches(tmp_path: Path) -> None:
    root = repository(tmp_path)
    found = compare(side(root), side(root, CONFIG.replace("events: [merge]", "events: [change, merge]")))
    event = next(change for change in found.changes if change.topic is Topic.EVENT)
    assert (event.how, event.name, event.pipeline) == (How.ADDED, "change", "publish")
    assert "sonar" in event.after


@pytest.mark.parametrize("now", [True, False])
def test_a_config_on_one_side_is_all_added_or_all_removed(tmp_path: Path, now: bool) -> None:
    there = side(repository(tmp_path))
    found = compare(None, there) if now else compare(there, None)
    how = How.ADDED if now else How.REMOVED
    assert {change.how for change in found.changes} == {how}
    assert {(p.name, p.how) for p in found.pipelines} == {("test", how), ("publish", how)}
    assert {stage.how for pipeline in found.pipelines for stage in pipeline.stages} == {how}
    assert {target.how for target in found.targets} == {how}
    assert {change.name for change in found.changes if change.topic is Topic.CREDENTIAL} == {
        "registry",
        "charts",
        "sonar",
    }
