"""The house rules: what each finds, and what it lets pass because its owner would laugh at a finding."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from transpiler.diagnostics import Diagnostic, Diagnostics
from transpiler.driver import Request, compile_config, understand
from transpiler.frontend.policy import house_rules
from transpiler.frontend.profiles.load import load
from transpiler.graph import from_arcs
from transpiler.ir import Event, Fetch, Pipeline, Stage, Workflow

RULES = (
    "untested-publish",
    "production-without-test",
    "publish-without-deploy",
    "mixed-blubberfiles",
    "unused-stages",
    "deploy-without-timeout",
    "image-name-outside",
)


def findings(root: Path, rule: str, pipelines: str, level: str = "warn", more: str = "") -> list[Diagnostic]:
    """What one rule says, all others being off."""
    (root / ".pipeline").mkdir()
    (root / ".pipeline/config.yaml").write_text(f"project: team/ores\npipelines:\n{pipelines}")
    levels = ", ".join(f"{name}: {level if name == rule else 'off'}" for name in RULES)
    (root / ".pipeline/profile.yaml").write_text(f"extends: wikimedia\npolicy: {{{levels}{more}}}\n")
    outcome = understand(Request(root, ".pipeline/config.yaml", str(root / ".pipeline/profile.yaml")))
    assert {d.code for d in outcome.diagnostics} <= {rule}, [d.message for d in outcome.diagnostics]
    return list(outcome.diagnostics)


BLUBBER = "{version: v4, variants: {test: {}, production: {}}}"


def pipeline(name: str, stages: str, execution: str = "", more: str = "") -> str:
    """One pipeline, its stages written as the items of a flow list."""
    lines = [f"  {name}:", f"    blubberfile: {BLUBBER}", *([f"    execution: {execution}"] if execution else [])]
    return "\n".join([*lines, *([f"    {more}"] if more else []), f"    stages: [{stages}]"]) + "\n"


TEST = "{name: test, build: test, run: true}"
SHIP = "{name: production, build: production, publish: {image: true}}"
CANDIDATE = "{name: candidate, build: production, publish: {image: true}}"
REHEARSAL = "{name: rehearsal, deploy: {image: '${candidate.imageName}', tag: '${candidate.imageTag}'}}"
AGAIN = "{name: production, publish: {image: {id: '${candidate.imageID}', tags: [stable]}}}"
SMOKE = "{name: smoke, run: {image: '${candidate.publishedImage}'}}"
TWO_FILES = f"""\
  test:
    blubberfile: {{version: v4, variants: {{test: {{}}}}}}
    stages: [{TEST}]
  publish:
    blubberfile: {{version: v4, base: other, variants: {{production: {{}}}}}}
    stages: [{SHIP}]
"""
TWO_SERVICES = f"""\
  one:
    blubberfile: {{version: v4, base: one, variants: {{test: {{}}, production: {{}}}}}}
    stages: [{TEST}, {{name: production, build: production, publish: {{image: {{name: ores-one}}}}}}]
  two:
    blubberfile: {{version: v4, base: two, variants: {{production: {{}}}}}}
    stages: [{{name: production, build: production, publish: {{image: {{name: ores-two}}}}}}]
"""

CASES = {
    "untested-publish": {
        "a publication that waits": (pipeline("p", f"{TEST}, {SHIP}"), 0),
        "a publication beside the tests": (pipeline("p", f"{TEST}, {SHIP}", "[[test], [production]]"), 1),
        "a publication beside a test that may fail": (
            pipeline("p", f"{TEST[:-1]}, allowFailure: true}}, {SHIP}", "[[test], [production]]"),
            0,
        ),
        "a promotion beside the tests": (
            pipeline(
                "p",
                f"{TEST}, {CANDIDATE}, {{name: up, promote: [{{version: '${{candidate.imageTag}}'}}]}}",
                "[[test, candidate], [candidate, up]]",
            ),
            0,
        ),
        "a rehearsal and what waits for it": (pipeline("p", f"{TEST}, {CANDIDATE}, {REHEARSAL}, {AGAIN}"), 0),
        "production beside the rehearsal of its candidate": (
            pipeline("p", f"{CANDIDATE}, {REHEARSAL}, {AGAIN}", "[[candidate, rehearsal], [candidate, production]]"),
            1,
        ),
        "production beside a smoke test of its candidate": (
            pipeline("p", f"{CANDIDATE}, {SMOKE}, {AGAIN}", "[[candidate, smoke], [candidate, production]]"),
            1,
        ),
        "a smoke test after the publication that it tries": (pipeline("p", f"{CANDIDATE}, {SMOKE}"), 0),
        "two rehearsals side by side": (
            pipeline(
                "p",
                f"{CANDIDATE}, {REHEARSAL}, {REHEARSAL.replace('name: rehearsal', 'name: second')}",
                "[[candidate, rehearsal], [candidate, second]]",
            ),
            0,
        ),
        "two images, each smoke-tested for itself": (
            pipeline("p", f"{CANDIDATE}, {SMOKE}, {SHIP}", "[[candidate, smoke], [production]]"),
            0,
        ),
    },
    "production-without-test": {
        "a test in the pipeline": (pipeline("p", f"{TEST}, {SHIP}"), 0),
        "a test beside it": (pipeline("p", f"{TEST}, {SHIP}", "[[test], [production]]"), 1),
        "no test anywhere": (pipeline("p", SHIP), 1),
        "a test of the change, published by the merge": (pipeline("test", TEST) + pipeline("publish", SHIP), 0),
        "a test of the merge alone, published by the merge": (
            pipeline("test", TEST, more="events: [merge]") + pipeline("publish", SHIP),
            1,
        ),
        "a candidate that is published to be rehearsed": (pipeline("p", f"{CANDIDATE}, {REHEARSAL}, {AGAIN}"), 0),
        "an image from elsewhere that is run first": (
            pipeline("p", f"{{name: lint, run: {{image: 'docker.io/node:20'}}}}, {SHIP}"),
            0,
        ),
        "a second service without a test": (TWO_SERVICES, 1),
        "one image under two names": (pipeline("p", f"{CANDIDATE}, {AGAIN}"), 1),
        "an image known by an export": (
            pipeline(
                "p",
                "{name: test, build: test, exports: {image: '${.imageID}'}}, "
                "{name: run, run: {image: '${test.image}'}}, " + SHIP,
            ),
            0,
        ),
    },
    "publish-without-deploy": {
        "a rehearsal of the candidate": (pipeline("p", f"{CANDIDATE}, {REHEARSAL}, {AGAIN}"), 0),
        "a rehearsal in another pipeline": (
            pipeline("rehearse", f"{CANDIDATE}, {REHEARSAL}") + pipeline("publish", SHIP),
            0,
        ),
        "a deployment that tests nothing": (
            pipeline("p", f"{CANDIDATE}, {REHEARSAL.replace('deploy: {', 'deploy: {test: false, ')}"),
            1,
        ),
        "a service that is published twice": (pipeline("p", SHIP) + pipeline("q", SHIP), 1),
        "a deployment of a known name and tag": (
            pipeline("p", CANDIDATE.replace("true", "{tag: v1}") + ", " + REHEARSAL),
            0,
        ),
    },
    "mixed-blubberfiles": {
        "one file for both": (pipeline("test", TEST) + pipeline("publish", SHIP), 0),
        "a file for the test and one for production": (TWO_FILES, 1),
        "the same in directories of their own": (
            TWO_FILES.replace("  test:\n", "  test:\n    directory: a\n").replace(
                "  publish:\n", "  publish:\n    directory: b\n"
            ),
            0,
        ),
        "two services in one directory, one untested": (TWO_SERVICES, 0),
    },
    "unused-stages": {"a stage that no arc reaches": (pipeline("p", f"{TEST}, {SHIP}", "[[test]]"), 1)},
    "deploy-without-timeout": {
        "none": (pipeline("p", f"{CANDIDATE}, {REHEARSAL}"), 1),
        "0, which is none": (
            pipeline("p", f"{CANDIDATE}, {REHEARSAL.replace('deploy: {', 'deploy: {timeout: 0, ')}"),
            1,
        ),
        "one": (pipeline("p", f"{CANDIDATE}, {REHEARSAL.replace('deploy: {', 'deploy: {timeout: 300, ')}"), 0),
    },
    "image-name-outside": {
        "another project's": (pipeline("p", SHIP.replace("true}", "{name: citoid}}")), 1),
        "the project's": (pipeline("p", SHIP), 0),
    },
}


@pytest.mark.parametrize(
    ("rule", "pipelines", "expected"),
    [
        pytest.param(rule, pipelines, expected, id=f"{rule}: {name}")
        for rule, cases in CASES.items()
        for name, (pipelines, expected) in cases.items()
    ],
)
def test_a_rule_finds(rule: str, pipelines: str, expected: int, tmp_path: Path) -> None:
    found = findings(tmp_path, rule, pipelines)
    assert [d.severity.value for d in found] == ["warning"] * expected, [d.message for d in found]


BROKEN = {
    "untested-publish": pipeline("p", f"{TEST}, {SHIP}", "[[test], [production]]"),
    "production-without-test": pipeline("p", SHIP),
    "publish-without-deploy": pipeline("p", SHIP),
    "mixed-blubberfiles": TWO_FILES,
    "unused-stages": pipeline("p", f"{TEST}, {SHIP}", "[[test]]"),
    "deploy-without-timeout": pipeline("p", f"{CANDIDATE}, {REHEARSAL}"),
    "image-name-outside": pipeline("p", SHIP.replace("true}", "{name: citoid}}")),
}


@pytest.mark.parametrize("level", ["off", "warn", "error"])
@pytest.mark.parametrize("rule", RULES)
def test_the_profile_says_how_loud_a_rule_is(rule: str, level: str, tmp_path: Path) -> None:
    found = findings(tmp_path, rule, BROKEN[rule], level)
    assert [d.severity.value for d in found] == {"off": [], "warn": ["warning"], "error": ["error"]}[level]


REHEARSE = pipeline("p", f"{TEST}, {CANDIDATE}", more="events: [change, merge, tag]")


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        pytest.param("{}", [], id="no list allows all"),
        pytest.param("{change: [build, run, publish]}", [], id="a list with all that is done"),
        pytest.param("{change: [build, run]}", ["`publish` for `change`"], id="one event"),
        pytest.param(
            "{change: [build, run], tag: [build, run]}",
            ["`publish` for `change`, `tag`"],
            id="two events with one list are one finding",
        ),
        pytest.param(
            "{change: [build, run], tag: [run]}",
            ["`build` for `tag`", "`build`, `publish` for `tag`", "`publish` for `change`"],
            id="two events with lists of their own",
        ),
        pytest.param(
            "{change: []}",
            ["`build`, `run` for `change`", "`build`, `publish` for `change`"],
            id="an empty list allows nothing",
        ),
    ],
)
def test_actions_for_an_event(actions: str, words: list[str], tmp_path: Path) -> None:
    found = findings(tmp_path, "action-not-allowed", REHEARSE, more=f", actions: {actions}")
    breach = r".* uses (.*), which .* does not allow (for .*)\. It allows .*"
    said = [re.sub(breach, r"\1 \2", d.message) for d in found]
    assert said == words


def test_reading_a_credential_is_an_action(tmp_path: Path) -> None:
    stage = "{name: scan, build: test, run: {credentials: [{id: SONAR_API_KEY, name: KEY}]}}"
    (found,) = findings(tmp_path, "action-not-allowed", pipeline("p", stage), more=", actions: {change: [build, run]}")
    assert "uses `credentials`, which" in found.message
    assert "does not allow for `change`" in found.message
    assert "`events: [merge, tag]`" in found.hint


def test_a_name_known_only_when_it_runs_obeys_the_rule_too(tmp_path: Path) -> None:
    """The check in the stage's program is an error, a warning or not there."""
    text = pipeline("p", SHIP.replace("true}", "{name: '${setup.params.NAME}'}}"))
    (tmp_path / ".pipeline").mkdir()
    (tmp_path / ".pipeline/config.yaml").write_text(f"project: team/ores\npipelines:\n{text}")
    profile = tmp_path / ".pipeline/profile.yaml"
    ends = {}
    for level in ("off", "warn", "error"):
        profile.write_text(f"extends: wikimedia\npolicy: {{image-name-outside: {level}}}\n")
        outcome = compile_config(Request(tmp_path, ".pipeline/config.yaml", str(profile), ("gitlab",)))
        script = outcome.files[".gitlab-ci.yml"]
        ends[level] = "may not publish" in script, "exit 1" in script.partition("may not publish")[2].split("\n")[0]
    assert ends == {"off": (False, False), "warn": (True, False), "error": (True, True)}


def test_a_finding_of_many_stages_names_a_few(tmp_path: Path) -> None:
    names = [f"t{i}" for i in range(300)]
    stages = ", ".join(f"{{name: {name}, build: test, run: true}}" for name in names)
    arcs = f"[{', '.join(f'[{name}]' for name in names)}, [production]]"
    (found,) = findings(tmp_path, "untested-publish", pipeline("p", f"{stages}, {SHIP}", arcs))
    assert found.message.startswith("`production` does not wait for `t0`, `t1`, `t2`, `t3`, `t4` and 295 more, so")


def test_stages_without_a_place_do_not_trouble_a_rule() -> None:
    """IR made by hand has no spans."""
    profile = load("default", None, Diagnostics())
    assert profile
    graph = from_arcs(["a"], [["a"]])
    workflow = Workflow("c", None, (Pipeline("p", (Event.CHANGE,), Fetch(), (Stage("a", ".", ()),), graph),))
    found = Diagnostics()
    house_rules.check(workflow, profile, found)
    assert not len(found)
