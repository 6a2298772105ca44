"""`transpipe generate`: what it writes, what it refuses, and what `--check` and `--diff` say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from support.command import CONFIG, OUTPUTS, Command, make, tree, write

from transpiler.cli import PhaseName
from transpiler.driver import Phase
from transpiler.freshness.header import parse

CONFIG_PATH = ".pipeline/config.yaml"


def outputs(root: Path) -> dict[str, str]:
    return {path: text for path, text in tree(root).items() if path in OUTPUTS}


def test_it_writes_every_target_and_says_so(repository: Path, transpipe: Command) -> None:
    ran = transpipe("generate")
    assert ran == (0, "", "".join(f"wrote {path}\n" for path in OUTPUTS))
    for text in outputs(repository).values():
        header = parse(text)
        assert header
        assert header.intact
        assert (header.source, header.first) == (CONFIG_PATH, "Jenkinsfile")


def test_a_second_run_touches_nothing(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    before = {path: (repository / path).stat().st_mtime_ns for path in OUTPUTS}
    assert transpipe("generate") == (0, "", "nothing to do: all outputs are fresh\n")
    assert {path: (repository / path).stat().st_mtime_ns for path in OUTPUTS} == before


def test_the_same_inputs_give_the_same_bytes_in_any_directory(
    repository: Path, tmp_path: Path, transpipe: Command
) -> None:
    other = make(tmp_path / "elsewhere/deep")
    transpipe("generate", repository, other)
    assert outputs(repository) == outputs(other)
    assert str(tmp_path) not in "".join(outputs(repository).values())


def test_the_first_header_names_the_inputs(repository: Path, transpipe: Command) -> None:
    transpipe("generate", "--profile", "wikimedia", "--project", "a/b")
    header = parse((repository / "Jenkinsfile").read_text())
    assert header
    assert header.inputs
    assert [(kind, name) for kind, name, _ in header.inputs.files] == [
        ("config", CONFIG_PATH),
        ("blubberfile", ".pipeline/blubber.yaml"),
        ("profile", "wikimedia"),
        ("profile", "default"),
    ]
    assert header.inputs.options == (("project", "a/b"),)
    assert [path for _, path in header.outputs] == list(OUTPUTS)


# ---- where it finds things ----


def test_a_directory_below_the_repository_will_do(
    repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "deep/down").mkdir(parents=True)
    monkeypatch.chdir(repository / "deep/down")
    assert transpipe("generate").code == 0
    assert set(outputs(repository)) == set(OUTPUTS)


def test_a_config_of_another_name_may_be_given(repository: Path, transpipe: Command) -> None:
    (repository / CONFIG_PATH).rename(repository / ".pipeline/other.yaml")
    assert transpipe("generate", repository / ".pipeline/other.yaml").code == 0
    assert "from .pipeline/other.yaml:" in (repository / "Jenkinsfile").read_text()


@pytest.mark.parametrize(
    ("path", "said"),
    [("nowhere", "there is no file or directory nowhere"), ("empty", "there is no .pipeline/config.yaml in empty")],
)
def test_a_place_without_a_config_is_wrong_usage(repository: Path, transpipe: Command, path: str, said: str) -> None:
    (repository / "empty").mkdir()
    assert transpipe("generate", path) == (2, "", f"transpipe: {said}\n")


def test_the_search_ends_at_the_repository(
    repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "inner/.git").mkdir(parents=True)
    monkeypatch.chdir(repository / "inner")
    assert transpipe("generate").code == 2


def profile_of(root: Path) -> str:
    header = parse((root / "Jenkinsfile").read_text())
    assert header
    assert header.inputs
    return next(name for kind, name, _ in header.inputs.files if kind == "profile")


def test_the_profile_is_the_option_else_the_variable_else_the_repositorys(
    repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    transpipe("generate")
    assert profile_of(repository) == "default"
    write(repository, {".pipeline/profile.yaml": "extends: wikimedia\n", "own.yaml": "proxy: x\n"})
    transpipe("generate")
    assert profile_of(repository) == ".pipeline/profile.yaml"
    monkeypatch.setenv("TRANSPIPE_PROFILE", "wikimedia")
    transpipe("generate")
    assert profile_of(repository) == "wikimedia"
    transpipe("generate", "--profile", "own.yaml")
    assert profile_of(repository) == "own.yaml"


def test_the_users_own_profile_is_read_but_not_for_files_of_the_repository(
    repository: Path, transpipe: Command, tmp_path: Path
) -> None:
    write(tmp_path, {"config/transpipe/profile.yaml": "extends: wikimedia\n"})
    ran = transpipe("generate")
    assert ran.code == 2
    assert "lies outside the repository" in ran.err
    assert outputs(repository) == {}
    assert transpipe("generate", "--out", tmp_path / "out").code == 0
    assert profile_of(tmp_path / "out") == "profile.yaml"
    assert str(tmp_path) not in "".join(tree(tmp_path / "out").values())


# ---- what it refuses ----


def test_errors_write_nothing_and_show_the_place(repository: Path, transpipe: Command) -> None:
    write(repository, {CONFIG_PATH: CONFIG.replace("name: lint", "nmae: lint")})
    ran = transpipe("generate")
    assert (ran.code, ran.out) == (1, "")
    assert ".pipeline/config.yaml:7:9: error:" in ran.err
    assert "        ^^^^" in ran.err
    assert outputs(repository) == {}


@pytest.mark.parametrize("flavour", ["github", "forgejo", "gitea"])
def test_a_workflow_of_a_persons_is_avoided_by_another_prefix_because_no_other_folder_is_read(
    repository: Path, transpipe: Command, flavour: str
) -> None:
    profile = f"targets: [github]\ngithub: {{flavour: {flavour}}}\n"
    mine = f".{flavour}/workflows/pipeline-test.yml"
    write(repository, {mine: "on: push\n", ".pipeline/profile.yaml": profile})
    assert (
        "hint: Give the workflows other names with `github: {prefix: …}` in the profile," in transpipe("generate").err
    )
    write(repository, {".pipeline/profile.yaml": profile.replace(f"{flavour}}}", f"{flavour}, prefix: ci-}}")})
    assert transpipe("generate").code == 0
    assert (repository / mine).read_text() == "on: push\n"


def test_a_file_of_a_persons_is_refused_and_nothing_is_written(repository: Path, transpipe: Command) -> None:
    write(repository, {".gitlab-ci.yml": "mine: true\n"})
    ran = transpipe("generate")
    assert ran.code == 1
    assert "[foreign-output]" in ran.err
    assert outputs(repository) == {".gitlab-ci.yml": "mine: true\n"}
    assert transpipe("generate", "-t", "jenkins", "-t", "zuul").code == 0
    assert (repository / ".gitlab-ci.yml").read_text() == "mine: true\n"
    assert transpipe("generate", "--force").code == 0
    assert set(outputs(repository)) == set(OUTPUTS)


def test_an_output_in_another_place_by_the_profile(repository: Path, transpipe: Command) -> None:
    write(
        repository,
        {
            ".gitlab-ci.yml": "include: {local: .pipeline/gitlab-ci.yml}\n",
            ".pipeline/profile.yaml": "targets: {gitlab: .pipeline/gitlab-ci.yml}\n",
        },
    )
    assert transpipe("generate") == (0, "", "wrote .pipeline/gitlab-ci.yml\n")


def test_a_hand_edit_is_refused(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    edited = (repository / "Jenkinsfile").read_text() + "// mine\n"
    write(repository, {"Jenkinsfile": edited, CONFIG_PATH: CONFIG + "# more\n"})
    before = outputs(repository)
    ran = transpipe("generate")
    assert ran.code == 1
    assert "[edited-output]" in ran.err
    assert outputs(repository) == before
    assert transpipe("generate", "--force").code == 0
    assert "// mine" not in (repository / "Jenkinsfile").read_text()


def test_no_output_leaves_by_a_link(repository: Path, transpipe: Command, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (repository / ".zuul.d").symlink_to(tmp_path / "outside")
    ran = transpipe("generate")
    assert ran.code == 1
    assert "[output-outside]" in ran.err
    assert outputs(repository) == {}
    assert not any((tmp_path / "outside").iterdir())


def test_zuuls_other_places_hide_ours(repository: Path, transpipe: Command) -> None:
    write(repository, {".zuul.yaml": "[]\n"})
    ran = transpipe("generate")
    assert ran.code == 1
    assert "[hidden-output]" in ran.err
    assert outputs(repository) == {}
    assert transpipe("generate", "-t", "gitlab").code == 0


def test_what_the_profile_lacks_for_a_target_is_shown(repository: Path, transpipe: Command) -> None:
    write(
        repository,
        {
            CONFIG_PATH: (
                "project: team/ores\npipelines:\n  out:\n    blubberfile: blubber.yaml\n"
                "    stages: [{name: unit, build: unit, publish: {image: true}}]\n"
            ),
        },
    )
    ran = transpipe("generate")
    assert ran.code == 1
    assert "The profile `default` has no registry, which Jenkins and Zuul need to publish." in ran.err
    assert "registry: {public: HOST}" in ran.err
    assert transpipe("generate", "-t", "gitlab").code == 0


@pytest.mark.parametrize("target", ["jenkins", "gitlab", "zuul"])
def test_a_credential_needs_a_name_on_the_target(repository: Path, transpipe: Command, target: str) -> None:
    write(
        repository,
        {
            ".pipeline/profile.yaml": "credentials: {key: {kind: secret-text}}\n",
            CONFIG_PATH: (
                "project: team/ores\npipelines:\n  test:\n    blubberfile: blubber.yaml\n    events: [merge]\n"
                "    stages: [{name: unit, build: unit, run: {credentials: [{id: key, name: KEY}]}}]\n"
            ),
        },
    )
    ran = transpipe("generate", "-t", target)
    assert ran.code == (0 if target == "jenkins" else 1)
    assert (f"has no name on {'GitLab' if target == 'gitlab' else 'Zuul'}" in ran.err) == (target != "jenkins")


# ---- what it cannot say ----

UNSUPPORTED = """\
project: team/ores
pipelines:
  out:
    blubberfile: blubber.yaml
    events: [change, merge]
    stages: [{name: unit, build: unit, publish: {image: true}}]
"""


def test_what_a_target_cannot_say_is_an_error_unless_accepted(repository: Path, transpipe: Command) -> None:
    write(repository, {CONFIG_PATH: UNSUPPORTED})
    ran = transpipe("generate", "-t", "zuul", "--profile", "wikimedia")
    assert ran.code == 1
    assert "Zuul cannot do this in stage `unit` of pipeline `out` (`secrets-for-change`)." in ran.err
    warned = transpipe("generate", "-t", "zuul", "--profile", "wikimedia", "--unsupported", "warn")
    assert warned.code == 0
    assert "warning:" in warned.err
    header = parse((repository / ".zuul.d/transpipe.yaml").read_text())
    assert header
    assert header.inputs
    assert header.inputs.options == (("unsupported", "warn"),)


def test_a_loss_that_the_profile_accepts_is_only_in_the_header(repository: Path, transpipe: Command) -> None:
    write(
        repository,
        {
            CONFIG_PATH: UNSUPPORTED,
            ".pipeline/profile.yaml": "extends: wikimedia\nunsupported: [secrets-for-change]\n",
        },
    )
    ran = transpipe("generate", "-t", "zuul")
    assert ran == (0, "", ran.err)
    assert "warning" not in ran.err
    head = (repository / ".zuul.d/transpipe.yaml").read_text().partition("- job")[0]
    assert "secrets-for-change" in head or "change" in head


def test_zuul_needs_the_projects_name(repository: Path, transpipe: Command) -> None:
    write(repository, {CONFIG_PATH: CONFIG.replace("project: team/ores\n", "")})
    ran = transpipe("generate")
    assert ran.code == 1
    assert "[project-unknown]" in ran.err
    assert transpipe("generate", "--project", "team/ores").code == 0
    assert transpipe("generate", "-t", "jenkins", "-t", "gitlab", "--force").code == 0


# ---- what it deletes ----


def test_what_is_no_longer_made_is_deleted(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    write(repository, {CONFIG_PATH: CONFIG.replace("  test:", "  unit:")})
    ran = transpipe("generate")
    assert ran.code == 0
    assert "deleted .pipeline/zuul/test.yaml" in ran.err
    assert not (repository / ".pipeline/zuul/test.yaml").exists()
    assert (repository / ".pipeline/zuul/unit.yaml").exists()


def test_a_target_that_the_profile_drops_is_deleted(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    write(repository, {".pipeline/profile.yaml": "targets: [gitlab]\n"})
    transpipe("generate")
    assert set(outputs(repository)) == {".gitlab-ci.yml"}
    assert not (repository / ".zuul.d").exists()


def test_an_edited_file_that_is_no_longer_made_stays(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    playbook = repository / ".pipeline/zuul/test.yaml"
    playbook.write_text(playbook.read_text() + "# mine\n")
    write(repository, {CONFIG_PATH: CONFIG.replace("  test:", "  unit:")})
    ran = transpipe("generate")
    assert ran.code == 0
    assert "[edited-orphan]" in ran.err
    assert playbook.exists()


def test_choosing_a_target_leaves_the_others_alone(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    before = outputs(repository)
    assert transpipe("generate", "-t", "gitlab") == (0, "", "nothing to do: all outputs are fresh\n")
    assert transpipe("generate", "--check", "-t", "zuul").code == 0
    assert outputs(repository) == before


def test_what_is_no_longer_made_is_deleted_also_after_a_run_for_another_target(
    repository: Path, transpipe: Command
) -> None:
    transpipe("generate")
    write(repository, {CONFIG_PATH: CONFIG.replace("  test:", "  unit:")})
    assert transpipe("generate", "-t", "jenkins") == (0, "", "wrote Jenkinsfile\n")
    assert (repository / ".pipeline/zuul/test.yaml").exists()
    checked = transpipe("generate", "--check")
    assert (checked.code, "[orphaned-output]" in checked.out) == (1, True)
    assert "deleted .pipeline/zuul/test.yaml" in transpipe("generate").err
    assert transpipe("generate", "--check").code == 0


def test_a_run_for_one_target_lists_nothing_that_is_gone(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    (repository / ".gitlab-ci.yml").unlink()
    write(repository, {CONFIG_PATH: CONFIG.replace("  test:", "  unit:")})
    transpipe("generate", "-t", "jenkins")
    header = parse((repository / "Jenkinsfile").read_text())
    assert header
    assert {target for target, _ in header.outputs} == {"jenkins", "zuul"}


# ---- --stdout, --out, --diff, --check ----


def test_stdout_prints_the_one_output_and_writes_nothing(repository: Path, transpipe: Command) -> None:
    ran = transpipe("generate", "--stdout", "-t", "gitlab")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("# Generated by transpipe from .pipeline/config.yaml")
    assert outputs(repository) == {}
    transpipe("generate", "-t", "gitlab")
    assert (repository / ".gitlab-ci.yml").read_text() == ran.out


def test_stdout_needs_exactly_one_file(repository: Path, transpipe: Command) -> None:
    ran = transpipe("generate", "--stdout")
    assert (ran.code, ran.out) == (2, "")
    assert "--stdout needs exactly one file, not 5: Jenkinsfile," in ran.err


def test_out_writes_elsewhere(repository: Path, transpipe: Command, tmp_path: Path) -> None:
    ran = transpipe("generate", "--out", tmp_path / "out")
    assert ran.code == 0
    assert set(tree(tmp_path / "out")) == set(OUTPUTS)
    assert outputs(repository) == {}


def test_check_is_silent_when_all_is_fresh(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    assert transpipe("generate", "--check") == (0, "", "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {CONFIG_PATH: CONFIG + "# more\n"},
            "`Jenkinsfile` is stale because the config .pipeline/config.yaml has changed.",
        ),
        (
            {".pipeline/blubber.yaml": "version: v4\nvariants: {unit: {}, lint: {}, more: {}}\n"},
            "`Jenkinsfile` is stale because the variants of .pipeline/blubber.yaml have changed.",
        ),
        (
            {".pipeline/profile.yaml": "targets: [jenkins]\n"},
            "`Jenkinsfile` is stale because the profile .pipeline/profile.yaml is new.",
        ),
        ({"Jenkinsfile": "mine"}, "`Jenkinsfile` was not written by transpipe."),
    ],
    ids=["the config", "a variant", "the profile", "a foreign file"],
)
def test_check_says_what_moved(repository: Path, transpipe: Command, change: dict[str, str], said: str) -> None:
    transpipe("generate")
    write(repository, change)
    before = tree(repository)
    ran = transpipe("generate", "--check")
    assert (ran.code, ran.err) == (1, "")
    assert said in ran.out
    assert "`transpipe generate" in ran.out
    assert tree(repository) == before


def test_a_new_base_image_makes_nothing_stale(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    blubberfile = repository / ".pipeline/blubber.yaml"
    blubberfile.write_text(blubberfile.read_text().replace("debian:12", "debian:13"))
    assert transpipe("generate", "--check").code == 0


def test_check_shows_the_command_that_mends_it(repository: Path, transpipe: Command) -> None:
    ran = transpipe("generate", "--check", "--profile", "wikimedia", "--project", "a&b")
    assert "`Jenkinsfile` is missing." in ran.out
    assert "Run `transpipe generate --profile wikimedia --project 'a&b'`." in ran.out


def test_check_names_an_edited_output_and_orphans(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    write(
        repository,
        {
            "Jenkinsfile": (repository / "Jenkinsfile").read_text() + "// mine\n",
            CONFIG_PATH: CONFIG.replace("  test:", "  unit:"),
        },
    )
    out = transpipe("generate", "--check").out
    assert "`Jenkinsfile` was edited by hand. In addition, the config" in out
    assert "`.pipeline/zuul/test.yaml` is no longer generated." in out


def test_check_as_json(repository: Path, transpipe: Command) -> None:
    ran = transpipe("generate", "--check", "--format", "json", "-t", "gitlab")
    (found,) = json.loads(ran.out)
    assert (ran.code, found["code"], found["severity"], found["file"]) == (1, "missing-output", "error", None)
    write(repository, {".gitlab-ci.yml": "mine: {}\n"})
    (found,) = json.loads(transpipe("generate", "--check", "--format", "json", "-t", "gitlab").out)
    assert (found["code"], found["file"], found["line"]) == ("foreign-output", ".gitlab-ci.yml", None)


def test_diff_shows_what_would_change_and_exits_0(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    write(repository, {CONFIG_PATH: CONFIG.replace("  test:", "  unit:")})
    before = tree(repository)
    ran = transpipe("generate", "--diff")
    assert ran.code == 0
    assert "--- a/Jenkinsfile\n+++ b/Jenkinsfile\n" in ran.out
    assert "--- a/.pipeline/zuul/test.yaml\n+++ /dev/null\n" in ran.out
    assert "--- /dev/null\n+++ b/.pipeline/zuul/unit.yaml\n" in ran.out
    assert tree(repository) == before
    assert transpipe("generate", "--diff", "--check").code == 1


def test_diff_and_check_are_silent_when_all_is_fresh(repository: Path, transpipe: Command) -> None:
    transpipe("generate")
    assert transpipe("generate", "--diff", "--check") == (0, "", "")


# ---- many repositories ----


@pytest.mark.parametrize("jobs", [1, 2])
def test_many_repositories_in_their_order_with_the_worst_status(
    tmp_path: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "c"):
        make(tmp_path / name)
    write(tmp_path, {f"b/{CONFIG_PATH}": "pipeline: {}\n"})
    ran = transpipe("generate", "a", "b", "c", "-j", jobs, "-t", "gitlab")
    assert ran.code == 1
    assert ran.err.startswith("wrote a/.gitlab-ci.yml\nb/.pipeline/config.yaml:1:1: error:")
    assert ran.err.endswith("wrote c/.gitlab-ci.yml\n3 repositories: 2 written, 1 with errors\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--stdout", "--diff"),
        ("--stdout", "--format", "json"),
        ("--diff", "--format", "sarif"),
        ("--format", "xml"),
        ("--out", "x", "a", "b"),
        ("-t", "travis"),
        ("--unsupported", "maybe"),
        ("-j", "0"),
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense_together(repository: Path, transpipe: Command, arguments: tuple[str, ...]) -> None:
    assert transpipe("generate", *arguments).code == 2
    assert outputs(repository) == {}


def test_no_config_reads_the_sites_own_credential(repository: Path, transpipe: Command) -> None:
    run = "{credentials: [{id: gerrit.pipelinebot, name: BOT}]}"
    config = CONFIG.replace("- name: unit", f"- name: unit\n        build: unit\n        run: {run}")
    write(repository, {CONFIG_PATH: config})
    ran = transpipe("generate", "--profile", "wikimedia")
    assert ran.code == 1
    assert "The site keeps `gerrit.pipelinebot` for its own steps: no config may read it." in ran.err


# ---- --print-phase ----


@pytest.mark.parametrize("phase", ["document", "workflow", "plan"])
def test_a_phase_is_printed_as_yaml_and_nothing_is_written(repository: Path, transpipe: Command, phase: str) -> None:
    before = tree(repository)
    ran = transpipe("generate", "--print-phase", phase, "--project", "a/b")
    assert (ran.code, ran.err) == (0, "")
    printed = yaml.safe_load(ran.out)
    assert printed.get("type") == {"workflow": "Workflow", "plan": "Plan"}.get(phase)
    assert [*printed["pipelines"]]
    assert ran == transpipe("generate", "--print-phase", phase, "--project", "a/b")
    assert tree(repository) == before


def test_each_phase_of_the_driver_can_be_printed() -> None:
    assert [name.value for name in PhaseName] == [phase.value for phase in Phase]


def test_a_phase_that_errors_stopped_is_not_printed(repository: Path, transpipe: Command) -> None:
    write(repository, {CONFIG_PATH: CONFIG.replace("blubberfile:", "blubberfil:")})
    for phase in Phase:
        ran = transpipe("generate", "--print-phase", phase)
        assert (ran.code, ran.out) == (1, "")
        assert "`blubberfil`" in ran.err


def test_errors_of_later_phases_do_not_keep_one_from_being_printed(repository: Path, transpipe: Command) -> None:
    write(repository, {CONFIG_PATH: CONFIG.replace("blubber.yaml", "none.yaml")})
    assert transpipe("generate", "--print-phase", "workflow").code == 1
    ran = transpipe("generate", "--print-phase", "document")
    assert (ran.code, ran.err) == (0, "")
    assert "none.yaml" in ran.out


def test_what_a_phase_shows_is_the_configs_and_nothing_of_the_environment(
    repository: Path, transpipe: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSPIPE_CREDENTIAL_TOKEN", "hunter2")
    for phase in Phase:
        ran = transpipe("generate", "--print-phase", phase)
        assert "hunter2" not in ran.out
        assert str(repository) not in ran.out


@pytest.mark.parametrize(
    "more",
    [
        ("--check",),
        ("--diff",),
        ("--stdout",),
        ("--out", "x"),
        ("--force",),
        ("-t", "zuul"),
        ("--format", "json"),
        (".", "."),
    ],
    ids=" ".join,
)
def test_a_phase_is_printed_by_itself(repository: Path, transpipe: Command, more: tuple[str, ...]) -> None:
    ran = transpipe("generate", "--print-phase", "plan", *more)
    assert ran.code == 2
    assert "--print-phase takes one PATH" in ran.err


def test_an_output_elsewhere_does_not_overwrite_an_input_either(repository: Path, transpipe: Command) -> None:
    write(repository, {".pipeline/profile.yaml": "targets: {gitlab: config.yaml}\n"})
    ran = transpipe("generate", "--out", repository / ".pipeline", "--force")
    assert ran.code == 1
    assert "would overwrite `.pipeline/config.yaml`" in ran.err
    assert (repository / CONFIG_PATH).read_text() == CONFIG


def test_force_does_not_overwrite_an_input(repository: Path, transpipe: Command) -> None:
    write(repository, {".pipeline/profile.yaml": "targets: {gitlab: .pipeline/blubber.yaml}\n"})
    assert "[output-is-input]" in transpipe("generate", "--force").err
