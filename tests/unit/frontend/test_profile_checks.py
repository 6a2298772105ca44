"""Profiles that fit the schema and still cannot mean anything, or mean that something never happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from transpiler.diagnostics import Diagnostic
from transpiler.driver import Outcome, Request, compile_config
from transpiler.ir import Event
from transpiler.targets import TARGETS

PROFILE = ".pipeline/profile.yaml"
CONFIG = """\
project: team/ores
pipelines:
  test:
    dockerfile: Dockerfile
    stages: [{name: unit, build: test, run: true}]
  publish:
    dockerfile: Dockerfile
    stages: [{name: production, build: test, publish: {image: true}}]
"""
PUBLIC = "registry: {public: registry.example.org}\n"


def compiled(root: Path, profile: str, *targets: str, config: str = CONFIG) -> Outcome:
    (root / ".pipeline").mkdir(exist_ok=True)
    (root / "Dockerfile").write_text("FROM scratch AS test\n")
    (root / ".pipeline/config.yaml").write_text(config)
    (root / PROFILE).write_text(profile)
    return compile_config(Request(root, ".pipeline/config.yaml", str(root / PROFILE), targets))


def places(found: tuple[Diagnostic, ...]) -> list[tuple[str, int]]:
    """Code and line of each diagnostic about the profile."""
    return [(d.code, d.span.line) for d in found if d.span and d.span.file == PROFILE]


def events(outcome: Outcome, target: str) -> dict[str, set[str]]:
    """The events of each pipeline, as the target's text says them."""
    files = {output.path: output.body for output in outcome.outputs if output.target == target}
    return {pipeline.slug: {*map(str, pipeline.events or ())} for pipeline in TARGETS[target].read(files)}


@pytest.mark.parametrize(
    "line",
    [
        'notify: {command: "mail \'x"}',
        "notify: {command: 'mail \\'}",
        "notify: {command: \"''\"}",
        'kubernetes: {helm: "\'helm"}',
        "kubernetes: {helm: ''}",
        "kubernetes: {helm: ' '}",
        "kubernetes: {helm: \"'' --debug\"}",
        "promote: {update: ['', x]}",
        'registry: {method: command, command: "push \'x"}',
    ],
)
def test_what_is_no_command_is_refused_at_its_line(tmp_path: Path, line: str) -> None:
    outcome = compiled(tmp_path, f"proxy: ''\n{line}\n")
    assert places(outcome.diagnostics) == [("profile-command", 2)]
    assert not outcome.files


def test_spaces_are_no_mail_command(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, f"{PUBLIC}notify: {{command: ' '}}\n")
    assert outcome.profile
    assert outcome.profile.mail_command == ()
    assert not outcome.failed


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("gitlab: {rules: {merge: []}}", ["event-left-out"]),
        ("zuul: {pipelines: {merge: []}}", ["event-left-out"]),
        ("zuul: {pipelines: {tag: []}}", ["event-left-out"]),
        ("jenkins: {checkout: zuul, events: {tag: []}}", ["event-left-out"]),
        ("zuul: {pipelines: {change: []}, post-review: [post, tag]}", ["event-left-out"]),
        ("events: {defaults: {other: []}}", ["pipeline-never-runs"]),
        ("events: {defaults: {publishing: []}}", ["pipeline-never-runs"]),
        ("events: {defaults: {publishing: [], other: []}}", ["pipeline-never-runs", "pipeline-never-runs"]),
    ],
)
def test_an_empty_list_means_never_and_a_note_says_so(tmp_path: Path, line: str, codes: list[str]) -> None:
    outcome = compiled(tmp_path, f"{PUBLIC}{line}\n")
    assert places(outcome.diagnostics) == [(code, 2) for code in codes]
    assert outcome.files


def test_pipelines_without_events_are_in_every_output_and_never_run(tmp_path: Path) -> None:
    outcome = compiled(tmp_path, f"{PUBLIC}events: {{defaults: {{publishing: [], other: [change]}}}}\n")
    for target in (name for name, target in TARGETS.items() if target.usual):
        assert events(outcome, target) == {"test": {Event.CHANGE}, "publish": set()}


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("zuul: {pipelines: {merge: [x]}}", 1),
        ("zuul: {post-review: []}", 2),
        ("zuul: {pipelines: {tag: [release]}, post-review: [post]}", 1),
        ("jenkins: {checkout: zuul, events: {change: [x, y], merge: [x]}}", 1),
        ("jenkins: {checkout: zuul, events: {merge: [x], tag: [x]}}", 1),
    ],
)
def test_settings_that_keep_a_pipeline_from_its_events_are_refused(tmp_path: Path, line: str, count: int) -> None:
    outcome = compiled(tmp_path, f"{PUBLIC}{line}\n")
    assert places(outcome.diagnostics) == [("event-unreachable", 2)] * count
    assert not outcome.files


def test_events_are_in_their_usual_order_and_each_comes_once(tmp_path: Path) -> None:
    twice = "events: {defaults: {publishing: [tag, merge, tag]}}\nzuul: {pipelines: {merge: [post, post]}}\n"
    outcome, once = compiled(tmp_path, PUBLIC + twice), compiled(tmp_path, PUBLIC)
    assert [output.body for output in outcome.outputs] == [output.body for output in once.outputs]


@pytest.mark.parametrize("given", ["[]", "{}", "{jenkins: false, gitlab: false, zuul: false}"])
def test_no_target_is_an_error_unless_the_command_chooses_one(tmp_path: Path, given: str) -> None:
    profile = f"{PUBLIC}targets: {given}\n"
    assert places(compiled(tmp_path, profile).diagnostics) == [("no-targets", 2)]
    assert compiled(tmp_path, profile, "gitlab").files


@pytest.mark.parametrize(
    "given",
    [
        "{zuul: {playbooks: ''}}",
        "{zuul: {playbooks: .}}",
        "{zuul: {playbooks: a/..}}",
        "{zuul: {path: ../x.yaml}}",
        "{gitlab: ''}",
        "{gitlab: /ci.yml}",
        "{gitlab: a/../../ci.yml}",
        "{gitlab: .Git/ci.yml}",
        f"{{jenkins: {'x' * 256}}}",
    ],
)
def test_a_path_that_no_output_can_have_is_refused_at_its_line(tmp_path: Path, given: str) -> None:
    outcome = compiled(tmp_path, f"{PUBLIC}targets: {given}\n")
    assert places(outcome.diagnostics) == [("output-outside", 2)]


@pytest.mark.parametrize(
    "given",
    [
        "{gitlab: .pipeline/config.yaml}",
        "{gitlab: .pipeline/x/../config.yaml}",
        "{gitlab: .pipeline/Config.yaml}",
        "{gitlab: linked/config.yaml}",
        "{jenkins: .pipeline/profile.yaml}",
        "{jenkins: Dockerfile}",
        "{zuul: {path: Dockerfile}}",
    ],
)
def test_an_output_never_overwrites_an_input(tmp_path: Path, given: str) -> None:
    (tmp_path / "linked").symlink_to(".pipeline")
    outcome = compiled(tmp_path, f"{PUBLIC}targets: {given}\n")
    assert places(outcome.diagnostics) == [("output-is-input", 2)]
    assert not outcome.files


def test_two_outputs_that_are_one_file_by_a_link_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to("a")
    outcome = compiled(tmp_path, f"{PUBLIC}targets: {{gitlab: a/ci.yml, jenkins: b/ci.yml}}\n")
    assert places(outcome.diagnostics) == [("output-shared", 2)]


@pytest.mark.parametrize(
    "line",
    [
        "report: {gitlab: {token: a b}}",
        'report: {gitlab: {token: "\\u2028"}}',
        "credentials: {x: {kind: secret-text, gitlab: 'A; B'}}",
        "credentials: {x: {kind: username-password, gitlab: {username: '', password: A}}}",
        "credentials: {x: {kind: secret-text, gitlab: run}}",
        "environment: [A-B]",
        "registry: {public: '\"'}",
        "registry: {repository: team/}",
    ],
)
def test_a_name_that_programs_would_not_survive_is_refused(tmp_path: Path, line: str) -> None:
    outcome = compiled(tmp_path, f"proxy: ''\n{line}\n")
    ((code, at),) = places(outcome.diagnostics)
    assert (code, at) in (("bad-value", 2), ("wrong-type", 2))


def test_a_key_without_effect_is_told_only_where_nothing_nearer_has_changed_the_other(tmp_path: Path) -> None:
    (tmp_path / ".pipeline").mkdir()
    (tmp_path / ".pipeline/site.yaml").write_text(f"{PUBLIC}promote: {{propose: gerrit, topic: new}}\n")
    assert places(compiled(tmp_path, "extends: site.yaml\npromote: {propose: branch}\n").diagnostics) == []
    assert places(compiled(tmp_path, "extends: wikimedia\nregistry: {method: docker-push}\n").diagnostics) == []
    topic = compiled(tmp_path, f"{PUBLIC}promote: {{topic: new}}\n")
    assert places(topic.diagnostics) == [("profile-no-effect", 2)]
    assert topic.files
    by_command = f"{PUBLIC.rstrip()[:-1]}, method: command, command: push}}\ncontainer: {{command: podman}}\n"
    cache = compiled(tmp_path, f"{by_command}cache: {{kind: inline, write: [merge]}}\n")
    assert places(cache.diagnostics) == [("profile-no-effect", 3)]
    assert places(compiled(tmp_path, f"{by_command}cache: {{kind: inline, write: []}}\n").diagnostics) == []


def test_no_profile_lets_a_change_write_the_cache(tmp_path: Path) -> None:
    found = compiled(tmp_path, f"{PUBLIC}cache: {{kind: inline, write: [merge, change]}}\n")
    assert places(found.diagnostics) == [("bad-value", 2)]


@pytest.mark.parametrize("name", ["run", "root", "setup_tag", "imageID", "stage"])
def test_configs_cannot_read_a_variable_that_programs_set(tmp_path: Path, name: str) -> None:
    outcome = compiled(tmp_path, f"{PUBLIC}environment: [FINE, http_proxy, {name}]\n")
    assert places(outcome.diagnostics) == [("variable-name", 2)]


def test_a_branch_of_the_charts_repository_is_text_to_the_shell(tmp_path: Path) -> None:
    charts = "repository: https://git.example.org/c.git, update: [./up], propose: gerrit"
    profile = f'promote: {{{charts}, branch: "$(id)\\u2028"}}\n'
    (tmp_path / "Dockerfile").write_text("FROM scratch AS test\n")
    config = CONFIG.replace("publish: {image: true}}", "publish: {image: true}, promote: true}")
    (tmp_path / ".pipeline").mkdir()
    (tmp_path / ".pipeline/config.yaml").write_text(config)
    (tmp_path / PROFILE).write_text(PUBLIC + profile)
    outcome = compile_config(Request(tmp_path, ".pipeline/config.yaml", str(tmp_path / PROFILE), ("gitlab",)))
    assert r'"HEAD:refs/for/\$(id)$(printf' in outcome.files[".gitlab-ci.yml"]


@pytest.mark.parametrize(
    ("chart", "codes"),
    [
        ("./chart", []),
        ("./charts/../chart", []),
        ("ores", ["profile-lacks"]),
        ("./../chart", ["path-outside"]),
        ("../chart", ["profile-lacks", "path-outside"]),
        ("/srv/chart", ["profile-lacks", "path-outside"]),
    ],
)
def test_a_chart_in_the_repository_needs_no_chart_repository(tmp_path: Path, chart: str, codes: list[str]) -> None:
    profile = tmp_path / "profile.yaml"
    profile.write_text(f"{PUBLIC}kubernetes: {{namespace: ci}}\n")
    (tmp_path / "Dockerfile").write_text("FROM scratch AS test\n")
    deploy = f"deploy: {{image: x, tag: '1', chart: {{name: {chart}}}}}"
    config = f"pipelines: {{p: {{dockerfile: Dockerfile, stages: [{{name: a, build: test, {deploy}}}]}}}}\n"
    request = Request(tmp_path, ".pipeline/config.yaml", str(profile), ("gitlab",), content=config.encode())
    assert sorted(d.code for d in compile_config(request).diagnostics) == sorted(codes)


@pytest.mark.parametrize("target", ["gitlab", "github"])
@pytest.mark.parametrize(
    ("kind", "binding", "named", "lacking"),
    [
        ("secret-text", "name: X", "", "name on {} for the credential `npm`"),
        (
            "secret-text",
            "name: X",
            "{username: A, password: B}",
            "single name on {} for the credential `npm`, which is a `secret-text`",
        ),
        (
            "username-password",
            "usernameVariable: U, passwordVariable: P",
            "A",
            "names of a username and a password on {} for the credential `npm`",
        ),
    ],
)
@pytest.mark.parametrize("accepted", ["", "unsupported: [credentials]\n"])
def test_a_credential_without_a_name_on_an_engine_is_said_once_and_in_the_words_of_its_kind(
    tmp_path: Path, target: str, kind: str, binding: str, named: str, lacking: str, accepted: str
) -> None:
    profile = f"credentials: {{npm: {{kind: {kind}{f', {target}: {named}' if named else ''}}}}}\n{accepted}"
    run = f"run: {{credentials: [{{id: npm, {binding}}}]}}"
    outcome = compiled(tmp_path, profile, target, config=CONFIG.partition("  publish:")[0].replace("run: true", run))
    (found,) = outcome.diagnostics
    what = lacking.format(TARGETS[target].title)
    assert (found.code, found.message) == ("profile-lacks", f"The profile `{PROFILE}` has no {what}.")


def test_a_key_that_is_missing_is_told_with_the_words_that_it_can_be(tmp_path: Path) -> None:
    found = compiled(tmp_path, f"{PUBLIC}credentials: {{kube: {{gitlab: KUBE}}}}\n").diagnostics
    assert [d.hint for d in found if d.code == "missing-key"] == [
        "`kind`: What it is. Write `secret-text`, `username-password`, `file` or `ssh-key`."
    ]


def test_a_value_of_a_step_that_a_stage_does_not_have_names_the_step(tmp_path: Path) -> None:
    stages = "[{name: unit, build: test, run: true}, {name: web, run: {image: '${unit.publishedImage}'}}]"
    config = f"project: team/ores\npipelines: {{test: {{dockerfile: Dockerfile, stages: {stages}}}}}\n"
    (found,) = compiled(tmp_path, PUBLIC, config=config).diagnostics
    assert found.code == "unbound-value"
    assert found.message == "Stage `unit` does not bind `publishedImage`, because it has no step `publish`."
    assert found.hint.startswith("Add `publish` to it, or read another value.")
    (other,) = compiled(tmp_path, PUBLIC, config=config.replace("publishedImage", "outputt")).diagnostics
    assert other.hint == "Did you mean `output`?"
